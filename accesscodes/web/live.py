"""Keeping a page up to date with one small request: what changed since the page last heard?

The page sends back what it shows as a row of short marks, one for each part. A mark is a letter
for the part's state and a digest of everything it prints, so that only parts which look different
are sent, and so that the step from one state to another can be announced. The server remembers
nothing.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse

from accesscodes.models import AccessCode
from accesscodes.web.states import STATES, CodeState
from locksite.htmx import STOP_POLLING, HtmxHttpRequest, render_fragments

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MARK = 6

FRESH_FOR = timedelta(minutes=2)
QUICK, IDLE = 1, 2
"""Seconds between two looks: while something is on its way or has just changed, and else.

A change is to be on the screen within 3 s, also on a page on which nothing has happened for hours.
"""

TURNS = {QUICK: 10, IDLE: 60}
"""Seconds after which the words on a page are old, by the pace of its looks."""

_EACH_SECOND = 1
"""The same while a delete can still be undone: its seconds are counted down."""

_KNOWN_TURNS = (_EACH_SECOND, *TURNS.values())

MOVING = frozenset(
    {
        "undo",
        "removing",
        "slow_remove",
        "new_pin",
        "updating",
        "setting",
        "slow_set",
        "computing",
    }
)
_STATE_KEYS = [row.key for row in STATES]
_UNDO = ALPHABET[_STATE_KEYS.index("undo")]
ANNOUNCED = {
    "set": "is on the lock",
    "loaded": "is on the lock",
    "offline_ok": "has its PIN",
    "gone": "is removed from the lock",
    "failed": "could not be put on the lock",
    "duplicate": "could not be put on the lock",
    "full": "could not be put on the lock",
    "refused": "was not accepted by the lock",
    "stuck_remove": "could not be removed from the lock",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One element of a page that may change: its id, its template, what it prints.

    `context` holds presenters' values only. `letter` stands for its state; `announcement` is read
    out when the state changes to this one.
    """

    id: str
    template: str
    context: Mapping[str, Any]
    letter: str = "A"
    announcement: str = ""

    @property
    def mark(self) -> str:
        """Return the letter and a digest of all that is printed."""
        return self.letter + _digest(repr(sorted(self.context.items())), MARK - 1)


@dataclass(frozen=True, slots=True)
class Live:
    """The element that asks: where, how often (``None``: never again), and what the page shows."""

    url: str
    seconds: int | None
    stamp: str
    clock: str


@dataclass(frozen=True, slots=True)
class Board:
    """What may change on one page.

    `parts` are always there; `rows` are the rows of its list, and `whole` is that list, which
    replaces all of them when the rows are others than the page shows, or when they are the same
    and stand elsewhere: `shape` names their places, where those can change. `query` leads back to
    the same board.
    """

    parts: Sequence[Part]
    query: Mapping[str, str]
    seconds: int | None
    rows: Sequence[Part] = ()
    whole: Part | None = None
    shape: str = ""

    @property
    def ordered(self) -> list[Part]:
        """Return parts and rows in the order of their ids."""
        return sorted((*self.parts, *self.rows), key=lambda part: part.id)

    @property
    def stamp(self) -> str:
        """Return the marks of all parts by id, after a mark for the ids and one for the shape."""
        ordered = self.ordered
        frame = _digest("\n".join(part.id for part in ordered), MARK)
        marks = "".join(part.mark for part in ordered)
        return frame + _digest(self.shape, MARK) + marks

    def element(self, path: str, clock: str, seen: str) -> Live:
        """Return the element that asks for changes of this board; `seen` is from `seen_mark`."""
        query = urlencode({**self.query, "t": seen, "v": self.stamp})
        return Live(f"{path}?{query}", self.seconds, self.stamp, clock)


def _digest(text: str, length: int) -> str:
    raw = blake2b(text.encode(), digest_size=8).digest()
    return base64.urlsafe_b64encode(raw).decode()[:length]


def turn_of(board: Board) -> int:
    """Return after how many seconds the words of this board are old."""
    is_counting = any(part.letter == _UNDO for part in board.ordered)
    return _EACH_SECOND if is_counting else TURNS.get(board.seconds or IDLE, TURNS[IDLE])


def seen_mark(news: Sequence[str], engine: str, turn: int, now: datetime) -> str:
    """Return the mark of all that a page was made from: the news, the engine, and the time.

    The time counts in steps of `turn` seconds, which stands before the mark.
    """
    step = int(now.timestamp()) // turn
    return f"{turn}-{_digest(repr((tuple(news), engine, step)), 8)}"


def is_as_seen(seen: str, news: Sequence[str], engine: str, now: datetime) -> bool:
    """Return whether nothing has changed since a page got this mark."""
    turn = next((turn for turn in _KNOWN_TURNS if seen.startswith(f"{turn}-")), None)
    return turn is not None and seen == seen_mark(news, engine, turn, now)


def letter_of(state: CodeState) -> str:
    """Return the letter of a code's state."""
    return ALPHABET[_STATE_KEYS.index(state.key)]


def letter_of_lock(number: int) -> str:
    """Return a letter for a lock's state, numbered from 0, that stands for no state of a code."""
    return ALPHABET[len(_STATE_KEYS) + number]


def announcement_of(state: CodeState, door: str, name: str) -> str:
    """Return what is read out when a code gets into this state, or ""."""
    words = ANNOUNCED.get(state.key)
    return "" if words is None else f"{door}: code for {name} {words}."


def pace(states: Sequence[CodeState], changed_at: Sequence[datetime], now: datetime) -> int:
    """Return how soon to look again, in seconds."""
    newest = max(changed_at, default=None)
    if newest is not None and now - newest < FRESH_FOR:
        return QUICK
    return QUICK if any(state.key in MOVING for state in states) else IDLE


def changed_at(code: AccessCode) -> datetime:
    """Return when a code changed last, as far as its own row tells."""
    known = (
        code.created_at,
        code.diverged_since,
        code.proven_at,
        code.withdrawn_at,
        code.gone_at,
    )
    return max(at for at in known if at is not None)


def answer(
    request: HtmxHttpRequest, board: Board, live: Live, shared: Mapping[str, Any]
) -> HttpResponse:
    """Answer one look: the parts that changed, which may be none, and the next look.

    286 ends the looking where nothing can change any more.
    """
    shown = request.GET.get("v", "")
    is_over = board.seconds is None
    changed, announcements = _changes(board, shown)
    fragments: list[tuple[str, Mapping[str, Any]]] = [
        (part.template, {**shared, **part.context}) for part in changed
    ]
    if announcements:
        fragments.append(("components/_announce.html", {"sentences": announcements}))
    return render_fragments(
        request,
        ("components/_live.html", {"live": live}),
        *fragments,
        status=STOP_POLLING if is_over else 200,
    )


def _changes(board: Board, shown: str) -> tuple[list[Part], list[str]]:
    ordered = board.ordered
    marks = [shown[at : at + MARK] for at in range(0, len(shown), MARK)]
    everything = [*board.parts, *([board.whole] if board.whole is not None else [])]
    if len(marks) != len(ordered) + 2 or marks[0] != board.stamp[:MARK]:
        return everything, []
    pairs = list(zip(ordered, marks[2:], strict=True))
    is_same_shape = marks[1] == board.stamp[MARK : 2 * MARK]
    changed = [part for part, mark in pairs if part.mark != mark]
    if not is_same_shape:
        changed = everything
    spoken = [
        part.announcement for part, mark in pairs if part.announcement and part.letter != mark[:1]
    ]
    return changed, spoken
