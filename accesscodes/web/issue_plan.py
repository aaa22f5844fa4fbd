"""What will happen when the form for a new code is sent as it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from accesscodes.models import AccessCode
from accesscodes.pin_rules import PinRules
from accesscodes.web import preflight, progress, wall_time
from accesscodes.web.access import Desk
from accesscodes.web.forms import IssueForm
from accesscodes.web.preflight import Asked, Overlap, PlanNote
from accesscodes.web.reading import KnownLock, Place
from accesscodes.web.states import Tone
from properties.capabilities import Cause, refusal
from properties.models import Device

NEIGHBOURS = 6
"""How many other codes are listed beside the form, at most."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form about one door or several, looked through; the door of the page comes first."""

    desk: Desk
    places: Sequence[Place]
    form: IssueForm
    rules: PinRules

    @property
    def lock(self) -> KnownLock:
        """Return the lock of the page."""
        return self.places[0].lock

    @property
    def more(self) -> list[KnownLock]:
        """Return the other locks that get a code."""
        return [place.lock for place in self.places[1:]]

    @property
    def devices(self) -> list[Device]:
        """Return the locks that get a code, the one of the page first."""
        return [place.lock.device for place in self.places]

    @property
    def stop(self) -> Cause | None:
        """Return why this lock cannot take the kind of code that is asked for."""
        return refusal(
            self.lock.verdict,
            is_time_bound=not self.form.is_ongoing,
            is_offline=self.is_offline,
        )

    @property
    def is_offline(self) -> bool:
        """Return whether the form is about an offline code."""
        return self.form.offer is not None

    @property
    def draws_pin(self) -> bool:
        """Return whether the PIN is drawn or chosen here, and not by the lock's maker."""
        return not (self.is_offline or self.rules.assigns_pins)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another code at the same door; `door` is its name where there are several."""

    name: str
    window: str
    door: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen when the form is sent as it stands.

    `overlap` stands below the dates; `is_free`: there are other stays, and none at the same time.
    """

    doors: str
    guest: str
    works: str
    loads: str
    line: str
    timeline: progress.Timeline | None
    notes: tuple[PlanNote, ...]
    neighbours: tuple[Neighbour, ...]
    overlap: Overlap | None = None
    is_free: bool = False
    more_doors: int = 0


def plan_of(sheet: Sheet) -> Plan:
    """Return the plan of a form, as far as its fields make sense yet."""
    form, desk = sheet.form, sheet.desk
    zone, now = desk.zone, desk.now
    is_whole = form.is_ongoing or (
        form.starts_at is not None and form.ends_at is not None and form.starts_at < form.ends_at
    )
    starts_at = None if form.is_ongoing else form.starts_at
    ends_at = None if form.is_ongoing else form.ends_at
    if form.window is not None:
        starts_at, ends_at = form.window.starts_at, form.window.ends_at
    works = "Choose the dates"
    if form.is_ongoing:
        works = "From now until removed"
    elif is_whole and starts_at is not None and ends_at is not None:
        works = (
            f"{wall_time.full_moment(starts_at, zone, now)} to "
            f"{wall_time.full_moment(ends_at, zone, now)}"
        )
    asked = Asked(starts_at, ends_at, zone, now)
    loads = ""
    notes: tuple[PlanNote, ...] = ()
    if sheet.is_offline:
        loads, notes = "Never: nothing is sent to the lock", _offline_notes(sheet)
    elif is_whole:
        loads, notes = preflight.loading(sheet.places, asked), preflight.notes(sheet.places, asked)
    others = [(place.name, place.neighbours) for place in sheet.places]
    return Plan(
        doors=wall_time.in_words([place.name for place in sheet.places]),
        guest=str(form.data.get("name", "")).strip() or "–",
        works=works,
        loads=loads,
        line=works if not form.nights else f"{works}, {form.nights}",
        timeline=progress.timeline(starts_at, ends_at, zone, now) if is_whole else None,
        notes=notes,
        neighbours=_neighbours(sheet),
        overlap=preflight.overlap_at(others, asked) if is_whole else None,
        is_free=is_whole and preflight.is_free(others, asked),
        more_doors=len(sheet.more),
    )


def _neighbours(sheet: Sheet) -> tuple[Neighbour, ...]:
    """Return the next codes at these doors, whatever their dates, by start."""
    desk = sheet.desk
    found: list[tuple[AccessCode, str]] = [
        (code, place.name if sheet.more else "")
        for place in sheet.places
        for code in place.neighbours
    ]
    found.sort(key=lambda pair: (pair[0].starts_at or desk.now, pair[0].name))
    return tuple(
        Neighbour(
            code.name, wall_time.window(code.starts_at, code.ends_at, desk.zone, desk.now), door
        )
        for code, door in found[:NEIGHBOURS]
    )


def _offline_notes(sheet: Sheet) -> tuple[PlanNote, ...]:
    """Return what is to be known before an offline code is issued: afterwards it is too late."""
    form, zone, now = sheet.form, sheet.desk.zone, sheet.desk.now
    window = form.window
    notes = []
    if window is not None and (window.starts_at, window.ends_at) != (form.starts_at, form.ends_at):
        words = wall_time.window(window.starts_at, window.ends_at, zone, now)
        text = f"Rounded to what this lock offers: it works {words}."
        notes.append(PlanNote(Tone.WARN, "clock", text))
    if form.is_one_time:
        text = "It opens the door once. After that the PIN is used up."
        notes.append(PlanNote(Tone.GO, "info", text))
    within = sheet.lock.device.capabilities.first_use_within
    if window is not None and within and window.ends_at - window.starts_at > within:
        text = "The guest must use it within 24 hours of its start, or it never works."
        notes.append(PlanNote(Tone.WARN, "triangle-alert", text))
    return tuple(notes)
