"""How far a code has come, and where its window lies in time. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from accesscodes.choices import EventType
from accesscodes.web import wall_time
from accesscodes.web.states import CodeFacts, CodeState, Tone

# ---- The steps ----------------------------------------------------------------------------------


class StepState(StrEnum):
    """How one step stands."""

    DONE = "done"
    NOW = "now"
    WARN = "warn"
    BAD = "bad"
    TODO = "todo"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a code's life. `time` is when it was reached, or when it is due."""

    key: str
    label: str
    state: StepState
    icon: str
    time: str


@dataclass(frozen=True, slots=True)
class Track:
    """When the stations of a code's life were reached; ``None``: not, or not known."""

    created_at: datetime
    first_try_at: datetime | None = None
    on_lock_at: datetime | None = None
    gone_at: datetime | None = None
    known_at: datetime | None = None


def track_of(
    code: CodeFacts,
    events: Iterable[tuple[str, datetime]],
    first_try_at: datetime | None,
) -> Track:
    """Return the stations from a code's events (type, instant) in any order."""
    arrivals = {EventType.SET_ON_DEVICE, EventType.SCHEDULED_ON_DEVICE}
    events = list(events)
    reached = [at for event_type, at in events if event_type in arrivals]
    told = [at for event_type, at in events if event_type == EventType.CODE_CHANGED]
    return Track(
        code.wish.created_at,
        first_try_at,
        min(reached, default=None),
        code.summary.gone_at,
        min(told, default=None),
    )


_PROBLEM = {Tone.BAD: StepState.BAD, Tone.WARN: StepState.WARN}
_REMOVAL = {"undo", "removing", "slow_remove", "stuck_remove", "expired"}
_ICONS = {
    StepState.DONE: "check",
    StepState.BAD: "x",
    StepState.WARN: "clock",
}


def steps(code: CodeFacts, state: CodeState, track: Track, now: datetime) -> tuple[Step, ...]:
    """Return the steps of a code: Created → Scheduled → Sending → On the lock → Removed.

    Ongoing codes skip Scheduled; offline codes know Created, Ready and Ended only.
    """
    zone = code.zone

    def when(at: datetime | None) -> str:
        return "" if at is None else wall_time.short_moment(at, zone, now)

    def step(key: str, label: str, standing: StepState, time: str, todo_icon: str) -> Step:
        icon = _ICONS.get(standing, todo_icon)
        return Step(key, label, standing, icon, time)

    created = step("created", "Created", StepState.DONE, when(track.created_at), "check")
    if code.wish.is_offline:
        is_over = state.key == "gone"
        standing = StepState.DONE
        if code.wish.awaits_computing:
            standing = StepState.TODO if is_over else _PROBLEM.get(state.tone, StepState.NOW)
        known_at = None if code.wish.awaits_computing else track.known_at or track.created_at
        ready = step("ready", "Ready", standing, when(known_at), "loader-circle")
        ended = step(
            "ended",
            "Ended",
            StepState.DONE if is_over else StepState.TODO,
            when(code.wish.ends_at),
            "minus",
        )
        return created, ready, ended

    place = _place(code, state, now)
    standing = _PROBLEM.get(state.tone, StepState.NOW)
    load_from = code.wish.load_from(code.terms)

    def stands(position: int) -> StepState:
        if position < place:
            return StepState.DONE
        return standing if position == place else StepState.TODO

    if state.key == "gone":
        standing = StepState.DONE
    elif place == _ON_LOCK:
        standing = StepState.WARN if state.tone is Tone.WARN else StepState.DONE
    line = [created]
    if code.wish.starts_at is not None:
        due = when(max(load_from, track.created_at))
        line.append(step("scheduled", "Scheduled", stands(1), due if place == 1 else "", "clock"))
    was_skipped = place == _REMOVED and track.on_lock_at is None
    line.append(
        step(
            "sending",
            "Sending",
            StepState.TODO if was_skipped and track.first_try_at is None else stands(2),
            _tries(code, track, zone, now) if place == 2 else when(track.first_try_at),
            "loader-circle",
        )
    )
    line.append(
        step(
            "on_lock",
            "On the lock",
            StepState.TODO if was_skipped else stands(_ON_LOCK),
            when(track.on_lock_at),
            "check",
        )
    )
    removed_at = track.gone_at or (code.wish.ends_at if place < _REMOVED else None)
    label = "Removing" if state.key in _REMOVAL else "Removed"
    line.append(step("removed", label, stands(_REMOVED), when(removed_at), "minus"))
    return tuple(line)


_ON_LOCK, _REMOVED = 3, 4


def _place(code: CodeFacts, state: CodeState, now: datetime) -> int:
    """Return where the code stands: 1 scheduled, 2 sending, 3 on the lock, 4 removed."""
    if state.key == "gone" or state.key in _REMOVAL:
        return _REMOVED
    is_there = code.installed.content is not None and code.installed.is_on_lock
    if is_there and state.key not in {"changed", "inactive"}:
        return _ON_LOCK
    if not code.wish.belongs_on_lock(code.terms, now) and not code.installed.was_ever_sent:
        return 1 if code.wish.starts_at is not None else 2
    return 2


def _tries(code: CodeFacts, track: Track, zone: tzinfo, now: datetime) -> str:
    if track.first_try_at is None:
        return ""
    since = wall_time.short_moment(track.first_try_at, zone, now)
    tries = code.installed.attempts
    return f"{tries} tries since {since}" if tries > 1 else f"since {since}"


# ---- The window on a line of time ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """A point on the line, `x` in per cent. `anchor` is SVG's `text-anchor`."""

    kind: str
    x: int
    anchor: str
    label: str
    when: str
    is_roomy: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the line in per cent; `kind` picks its look."""

    kind: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture, and the sentence that stands for it."""

    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]
    sentence: str


_LEFT, _RIGHT = 3, 97
_LEAST_GAP = {1: 0, 2: 30, 3: 26, 4: 22, 5: 18}


def _positions(instants: Sequence[datetime]) -> list[int]:
    """Return a place for each of the sorted instants, far enough apart to be read."""
    if len(instants) == 1:
        return [_LEFT]
    room = _RIGHT - _LEFT
    least = _LEAST_GAP.get(len(instants), room // len(instants))
    gaps = [
        max((after - before) / timedelta(minutes=1), 0.0) ** 0.5
        for before, after in pairwise(instants)
    ]
    spare = room - least * len(gaps)
    whole = sum(gaps) or 1.0
    places = [float(_LEFT)]
    for gap in gaps:
        places.append(places[-1] + least + spare * gap / whole)
    return [round(place) for place in places]


def timeline(
    starts_at: datetime | None,
    ends_at: datetime | None,
    zone: tzinfo,
    now: datetime,
    *,
    created_at: datetime | None = None,
    first_try_at: datetime | None = None,
    is_late: bool = False,
    words: tuple[str, str] = ("Opens", "Stops"),
) -> Timeline | None:
    """Return the picture of a window, ``None`` for a code without one.

    `is_late` draws the time since the first try in the colour of trouble.
    """
    if starts_at is None or ends_at is None:
        return None
    points: list[tuple[datetime, str, str, bool]] = [
        (now, "now", "Now", False),
        (starts_at, "start", words[0], False),
        (ends_at, "end", words[1], False),
    ]
    if created_at is not None:
        points.append((created_at, "created", "Created", True))
    if is_late and first_try_at is not None and first_try_at < min(now, starts_at):
        points.append((first_try_at, "try", "First try", True))
    points.sort(key=lambda point: point[0])
    places = _positions([point[0] for point in points])
    at = {point[1]: place for point, place in zip(points, places, strict=True)}
    last = len(points) - 1
    marks = tuple(
        Mark(
            kind,
            place,
            "start" if number == 0 else "end" if number == last else "middle",
            label,
            "" if kind == "now" else wall_time.moment(instant, zone, now),
            is_roomy,
        )
        for number, ((instant, kind, label, is_roomy), place) in enumerate(
            zip(points, places, strict=True)
        )
    )
    kind = "over" if ends_at <= now else "open" if starts_at <= now else "ahead"
    bars = [Bar(kind, at["start"], at["end"] - at["start"])]
    if is_late and "try" in at and at["now"] > at["try"]:
        bars.insert(0, Bar("late", at["try"], at["now"] - at["try"]))
    sentence = (
        f"Works from {wall_time.full_moment(starts_at, zone, now)} "
        f"to {wall_time.full_moment(ends_at, zone, now)}."
    )
    return Timeline(marks, tuple(bars), sentence)
