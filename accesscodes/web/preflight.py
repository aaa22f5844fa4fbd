"""What doors make of a code before anything is saved: when it loads, room, other guests. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from accesscodes import pin_rules
from accesscodes.choices import Kind
from accesscodes.lateness import chance_of
from accesscodes.models import AccessCode, terms_of
from accesscodes.pin_rules import PinRules
from accesscodes.slot_forecast import Stay, first_overflow, most_at_once
from accesscodes.values import Wish
from accesscodes.web import wall_time
from accesscodes.web.reading import Place
from accesscodes.web.states import Tone
from accesscodes.web.wall_time import in_words

ALL_HAVE_ROOM = "All of these locks have room on these dates."

NAMED = 3
"""How many other guests are named at a door; of the rest it is said how many they are."""


@dataclass(frozen=True, slots=True)
class PlanNote:
    """One sentence with its tone."""

    tone: Tone
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """When a code is to work, and by whose clock that is said; both times or neither."""

    starts_at: datetime | None
    ends_at: datetime | None
    zone: tzinfo
    now: datetime

    def wish(self) -> Wish:
        """Return what the lock would be asked for."""
        kind = Kind.ONGOING if self.starts_at is None else Kind.TIME_BOUND
        return Wish(0, 1, "", None, kind, self.now, self.starts_at, self.ends_at)


def _warning(text: str, icon: str = "triangle-alert") -> PlanNote:
    return PlanNote(Tone.WARN, icon, text)


def _remark(text: str) -> PlanNote:
    return PlanNote(Tone.GO, "info", text)


def _good(text: str) -> PlanNote:
    return PlanNote(Tone.OK, "circle-check", text)


# ---- When it is put on the locks ----------------------------------------------------------------


def loading(places: Sequence[Place], asked: Asked) -> str:
    """Return when the code is put on the locks, apart where that is not the same for all."""
    by_words: dict[str, list[str]] = {}
    for place in places:
        by_words.setdefault(_loads(place, asked), []).append(place.name)
    if len(by_words) == 1:
        return next(iter(by_words))
    return "; ".join(
        f"{in_words(doors)}: {wall_time.uncapital(words)}" for words, doors in by_words.items()
    )


def _loads(place: Place, asked: Asked) -> str:
    load_from = asked.wish().load_from(terms_of(place.lock.device))
    if load_from <= asked.now:
        return "At once"
    lead = "" if asked.starts_at is None else wall_time.span(asked.starts_at - load_from)
    if lead == "3 days":
        lead = "72 h"
    return f"From {wall_time.moment(load_from, asked.zone, asked.now)}, {lead} early"


def _handing_over(place: Place, asked: Asked) -> PlanNote:
    """Return what the loading means for handing the PIN over."""
    device, wish, terms = place.lock.device, asked.wish(), terms_of(place.lock.device)
    if place.lock.verdict.silence is not None:
        return _warning(
            "The lock is offline. The code is sent as soon as it is back. "
            "Hand the PIN over when it is on the lock."
        )
    if PinRules.from_properties(device.properties).assigns_pins:
        return _remark(pin_rules.HINTS["cannot_specify_pin_code"])
    if asked.starts_at is None or asked.starts_at <= asked.now:
        return _remark("Hand the PIN over when it is on the lock. That takes a moment.")
    if wish.puts_window_on(terms):
        if wish.load_from(terms) <= asked.now:
            return _remark(
                "Hand the PIN over when it is on the lock. That takes a moment. "
                "It opens the door only inside the dates."
            )
        return _remark("You can hand over the PIN now. It opens the door only inside the dates.")
    early = wall_time.span(device.property.just_in_time_lead) if device.property else "1 h"
    return _remark(f"This lock keeps no timetable: the PIN may open the door up to {early} early.")


# ---- Room, and how the locks did before ---------------------------------------------------------


def _room(place: Place, asked: Asked) -> PlanNote | None:
    """Say whether the lock has a slot on these dates; nothing where its size is not known."""
    device, ends_at = place.lock.device, asked.ends_at
    size = device.capabilities.max_codes
    if size is None:
        return None
    since = max(asked.wish().load_from(terms_of(device)), asked.now)
    wanted = Stay(since, ends_at)
    held = most_at_once([*place.planned, wanted], since, ends_at)
    if held <= size:
        return _good(
            f"The lock has room on these dates: {held} of {size} code slots, with this code."
        )
    inside = [
        Stay(max(stay.since, since), stay.until)
        for stay in place.planned
        if (ends_at is None or stay.since < ends_at) and (stay.until is None or stay.until > since)
    ]
    full_at = first_overflow([*inside, wanted], size) or since
    when = wall_time.full_moment(full_at, asked.zone, asked.now)
    return _warning(
        f"The lock's {size} slots are all taken from {when}. This code may have to wait."
    )


def _lateness(place: Place) -> PlanNote | None:
    chance = chance_of(place.settings)
    if chance is None or not chance.late:
        return None
    text = f"{chance.late} of the last {chance.codes} codes came late to this lock."
    return _warning(text, "hourglass")


def _usual(places: Sequence[Place]) -> PlanNote | None:
    """Say how long the locks usually take; nothing where the codes of one are too few."""
    chances = [chance_of(place.settings) for place in places]
    known = [chance for chance in chances if chance is not None and chance.usual is not None]
    if len(known) < len(places):
        return None
    longest = max(chance.usual or timedelta(0) for chance in known)
    usual = wall_time.span(max(longest, timedelta(seconds=1)))
    if len(known) > 1:
        return _remark(f"Usually on all of these locks within {usual}.")
    return _remark(f"Usually on the lock within {usual} (last {known[0].codes} codes).")


def notes(places: Sequence[Place], asked: Asked) -> tuple[PlanNote, ...]:
    """Return what is to be known of the doors; what does not hold for all names its doors."""
    number = len(places)
    room = [(place.name, _room(place, asked)) for place in places]
    if number > 1 and all(note is not None and note.tone is Tone.OK for _, note in room):
        room = [(place.name, _good(ALL_HAVE_ROOM)) for place in places]
    elif number > 1:
        room = [(door, note) for door, note in room if note and note.tone is not Tone.OK]
    return (
        *_told([(place.name, _handing_over(place, asked)) for place in places], number),
        *_told(room, number),
        *_told([(place.name, _lateness(place)) for place in places], number),
        *_told([("", _usual(places))], 1),
    )


def _told(by_door: Iterable[tuple[str, PlanNote | None]], number: int) -> Iterator[PlanNote]:
    """Yield each note once, with the names of its doors unless it holds for all `number`."""
    doors: dict[PlanNote, list[str]] = {}
    for door, note in by_door:
        if note is not None:
            doors.setdefault(note, []).append(door)
    for note, names in doors.items():
        if len(names) == number:
            yield note
        else:
            yield replace(note, text=f"{in_words(names)}: {note.text}")


# ---- Other guests -------------------------------------------------------------------------------


Stays = Sequence[tuple[str, Sequence[AccessCode]]]
"""Doors by their names, with the codes of others there."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """That other guests have codes at the same time; `lines` tell it door by door for several."""

    text: str
    lines: tuple[str, ...] = ()


def overlap_at(doors: Stays, asked: Asked) -> Overlap | None:
    """Return what to say of other guests at the same time; ``None`` where there are none.

    Codes without dates are no stays, and overlap nobody.
    """
    found = [
        (door, _guests(crossing, asked))
        for door, codes in doors
        if (crossing := _crossing(codes, asked))
    ]
    if not found:
        return None
    if len(doors) == 1:
        return Overlap(f"Overlaps {found[0][1]}. Continue if they share the door.")
    return Overlap(
        "Overlaps other guests. Continue if they share the door.",
        tuple(f"{door}: {guests}" for door, guests in found),
    )


def _crossing(codes: Sequence[AccessCode], asked: Asked) -> list[AccessCode]:
    if asked.starts_at is None or asked.ends_at is None:
        return []
    return [
        code
        for code in codes
        if code.withdrawn_at is None
        and code.starts_at is not None
        and code.ends_at is not None
        and code.starts_at < asked.ends_at
        and asked.starts_at < code.ends_at
    ]


def _guests(codes: Sequence[AccessCode], asked: Asked) -> str:
    windows = [
        wall_time.window(code.starts_at, code.ends_at, asked.zone, asked.now) for code in codes
    ]
    if len(codes) == 1:
        return f"{codes[0].name}, {windows[0]}"
    guests = [f"{code.name} ({window})" for code, window in zip(codes, windows, strict=True)]
    return in_words(guests, most=NAMED)


def is_free(doors: Stays, asked: Asked) -> bool:
    """Return whether there are stays at these doors, and none at the same time."""
    has_stays = any(
        code.starts_at is not None and code.ends_at is not None
        for _, codes in doors
        for code in codes
    )
    return asked.starts_at is not None and has_stays and overlap_at(doors, asked) is None
