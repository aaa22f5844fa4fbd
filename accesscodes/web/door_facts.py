"""What is known of the door at which a guest stands: its keypad, its lock, and this code on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from accesscodes.confidence import About, Confidence, Level, confidence
from accesscodes.web import lock_presenters, wall_time
from accesscodes.web.access import Desk
from accesscodes.web.code_page import Known
from accesscodes.web.lock_presenters import CheckLine
from accesscodes.web.states import Tone

LOOKED_AT = ("keypad", "keypad_battery", "lock_battery", "connection")
"""The lines of "What we checked" that matter to somebody who types a PIN."""

PROVEN = frozenset({Level.ACKNOWLEDGED, Level.READ_BACK, Level.USED})


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """The lines of the card. `asked` says how a "Check the lock now" stands."""

    lines: tuple[CheckLine, ...]
    asked: str
    is_asking: bool


def sure_of(desk: Desk, known: Known) -> Confidence:
    """Return how sure it is that the lock holds this code. One query."""
    code = known.code
    return confidence(
        code.wish(), code.installed(), code.terms(), desk.now, opened_at=code.opened_at
    )


def proven_words(desk: Desk, known: Known, sure: Confidence) -> str:
    """Return that the lock holds what is wanted and when that was seen last, or ""."""
    if known.code.is_offline or sure.about is not About.PRESENCE or sure.level not in PROVEN:
        return ""
    seen_at = known.code.installed().seen_at
    if seen_at is None:
        return ""
    age = wall_time.span(desk.now - seen_at)
    return f"It is on the lock, seen there {_moment(desk, seen_at)}, {age} ago."


def lines(desk: Desk, known: Known, sure: Confidence, proven: str) -> tuple[CheckLine, ...]:
    """Return the lines of the card; `proven` is from `proven_words`."""
    return tuple(_lines(desk, known, sure, proven))


def _lines(desk: Desk, known: Known, sure: Confidence, proven: str) -> Iterator[CheckLine]:
    if proven:
        rest = " Sending it again would change nothing."
        yield CheckLine("This code", Tone.OK, "circle-check", proven, rest, "")
    else:
        yield CheckLine("This code", Tone.WARN, "triangle-alert", sure.means, "", "")
    opened_at = known.code.opened_at
    if opened_at is not None:
        words = wall_time.capital(_moment(desk, opened_at))
        yield CheckLine("Last opening with this code", Tone.OK, "door-open", words, "", "")
    else:
        words = "None that we know of"
        yield CheckLine("Last opening with this code", Tone.IDLE, "circle-minus", words, "", "")
    checks = [check for check in known.verdict.checks if check.key in LOOKED_AT]
    yield from lock_presenters.check_lines(checks, desk.zone, desk.now)
    reported_at = known.verdict.reported_at
    words = "Never" if reported_at is None else wall_time.capital(_moment(desk, reported_at))
    # The account goes on reporting a lock that is silent: this is no contact with the lock itself.
    yield CheckLine("Account reported", Tone.IDLE, "clock", words, "", "")


def _moment(desk: Desk, at: datetime) -> str:
    return wall_time.moment(at, desk.zone, desk.now)
