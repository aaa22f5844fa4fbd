"""What will happen when the form for a new code is sent as it stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accesscodes import pin_rules
from accesscodes.choices import Kind
from accesscodes.lateness import Setting, chance_of
from accesscodes.models import AccessCode, terms_of
from accesscodes.pin_rules import PinRules
from accesscodes.slot_forecast import Stay, first_overflow, most_at_once
from accesscodes.values import Wish
from accesscodes.web import progress, wall_time
from accesscodes.web.access import Desk
from accesscodes.web.forms import IssueForm
from accesscodes.web.reading import KnownLock
from accesscodes.web.states import Tone
from properties.capabilities import Cause, refusal
from properties.models import Device


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form about one lock, looked through."""

    desk: Desk
    lock: KnownLock
    form: IssueForm
    rules: PinRules
    neighbours: Sequence[AccessCode]
    planned: Sequence[Stay] = ()
    settings: Sequence[Setting] = ()
    more: Sequence[KnownLock] = ()

    @property
    def devices(self) -> list[Device]:
        """Return the locks that get a code, the one of the page first."""
        return [self.lock.device, *(lock.device for lock in self.more)]

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
    """Another code at the same door."""

    name: str
    window: str


@dataclass(frozen=True, slots=True)
class PlanNote:
    """One sentence of the plan with its tone."""

    tone: Tone
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen when the form is sent as it stands."""

    door: str
    doors: str
    guest: str
    works: str
    loads: str
    line: str
    timeline: progress.Timeline | None
    notes: tuple[PlanNote, ...]
    neighbours: tuple[Neighbour, ...]
    overlap: PlanNote | None
    more_doors: int = 0


def plan_of(sheet: Sheet) -> Plan:
    """Return the plan of a form, as far as its fields make sense yet."""
    form, desk, device = sheet.form, sheet.desk, sheet.lock.device
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
    loads, notes = _loading(sheet, starts_at, ends_at) if is_whole else ("", ())
    if is_whole and not sheet.is_offline:
        notes += tuple(_room(sheet, starts_at, ends_at)) + tuple(_chance(sheet))
    if sheet.is_offline:
        loads, notes = "Never: nothing is sent to the lock", _offline_notes(sheet)
    line = works if not form.nights else f"{works}, {form.nights}"
    return Plan(
        door=device.display_name,
        doors=", ".join(each.display_name for each in sheet.devices),
        guest=str(form.data.get("name", "")).strip() or "–",
        works=works,
        loads=loads,
        line=line,
        timeline=progress.timeline(starts_at, ends_at, zone, now) if is_whole else None,
        notes=notes,
        neighbours=tuple(
            Neighbour(
                code.name,
                wall_time.window(code.starts_at, code.ends_at, zone, now),
            )
            for code in sheet.neighbours[:6]
        ),
        overlap=_overlap(sheet, starts_at, ends_at) if is_whole else None,
        more_doors=len(sheet.more),
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


def _loading(
    sheet: Sheet, starts_at: datetime | None, ends_at: datetime | None
) -> tuple[str, tuple[PlanNote, ...]]:
    """Return when the code is put on the lock, and what that means for handing it over."""
    desk, device = sheet.desk, sheet.lock.device
    now, terms = desk.now, terms_of(sheet.lock.device)
    wish = Wish(
        0, 1, "", None, Kind.TIME_BOUND if starts_at else Kind.ONGOING, now, starts_at, ends_at
    )
    load_from = wish.load_from(terms)
    lead = "" if starts_at is None else wall_time.span(starts_at - load_from)
    if lead == "3 days":
        lead = "72 h"
    loads = "At once"
    if load_from > now:
        loads = f"From {wall_time.moment(load_from, desk.zone, now)}, {lead} early"
    if sheet.lock.verdict.silence is not None:
        return loads, (
            PlanNote(
                Tone.WARN,
                "triangle-alert",
                "The lock is offline. The code is sent as soon as it is back. "
                "Hand the PIN over when it is on the lock.",
            ),
        )
    if sheet.rules.assigns_pins:
        return loads, (PlanNote(Tone.GO, "info", pin_rules.HINTS["cannot_specify_pin_code"]),)
    if starts_at is not None and starts_at > now:
        if wish.puts_window_on(terms):
            text = "You can hand over the PIN now. It opens the door only inside the dates."
        else:
            early = wall_time.span(device.property.just_in_time_lead) if device.property else "1 h"
            text = f"This lock keeps no timetable: the PIN may open the door up to {early} early."
        return loads, (PlanNote(Tone.GO, "info", text),)
    return loads, (
        PlanNote(
            Tone.GO, "info", "Hand the PIN over when it is on the lock. That takes a moment."
        ),
    )


def _room(
    sheet: Sheet, starts_at: datetime | None, ends_at: datetime | None
) -> Iterator[PlanNote]:
    """Say whether the lock has a slot on these dates; nothing where its size is not known."""
    desk, device = sheet.desk, sheet.lock.device
    size = device.capabilities.max_codes
    if size is None:
        return
    wish = Wish(
        0,
        1,
        "",
        None,
        Kind.TIME_BOUND if starts_at else Kind.ONGOING,
        desk.now,
        starts_at,
        ends_at,
    )
    since = max(wish.load_from(terms_of(device)), desk.now)
    wanted = Stay(since, ends_at)
    held = most_at_once([*sheet.planned, wanted], since, ends_at)
    if held <= size:
        text = f"The lock has room on these dates: {held} of {size} code slots, with this code."
        yield PlanNote(Tone.OK, "circle-check", text)
        return
    inside = [
        Stay(max(stay.since, since), stay.until)
        for stay in sheet.planned
        if (ends_at is None or stay.since < ends_at) and (stay.until is None or stay.until > since)
    ]
    full_at = first_overflow([*inside, wanted], size) or since
    when = wall_time.full_moment(full_at, desk.zone, desk.now)
    text = f"The lock's {size} slots are all taken from {when}. This code may have to wait."
    yield PlanNote(Tone.WARN, "triangle-alert", text)


def _chance(sheet: Sheet) -> Iterator[PlanNote]:
    """Say how the lock did with its last codes; nothing where they are too few."""
    chance = chance_of(sheet.settings)
    if chance is None:
        return
    if chance.late:
        text = f"{chance.late} of the last {chance.codes} codes came late to this lock."
        yield PlanNote(Tone.WARN, "hourglass", text)
    if chance.usual is not None:
        usual = wall_time.span(max(chance.usual, timedelta(seconds=1)))
        text = f"Usually on the lock within {usual} (last {chance.codes} codes)."
        yield PlanNote(Tone.GO, "info", text)


def _overlap(
    sheet: Sheet, starts_at: datetime | None, ends_at: datetime | None
) -> PlanNote | None:
    """Return a note about other guests at the same time; ``None`` where nobody else has a code."""
    zone, now = sheet.desk.zone, sheet.desk.now
    stays = [
        code
        for code in sheet.neighbours
        if code.starts_at is not None and code.ends_at is not None
    ]
    if starts_at is None or ends_at is None or not stays:
        return None
    crossing = [
        code
        for code in stays
        if (code.starts_at or now) < ends_at and starts_at < (code.ends_at or now)
    ]
    if not crossing:
        return PlanNote(Tone.OK, "circle-check", "No overlap with another guest.")
    first = crossing[0]
    window = wall_time.window(first.starts_at, first.ends_at, zone, now)
    return PlanNote(
        Tone.WARN,
        "triangle-alert",
        f"Overlaps {first.name}, {window}. Continue if they share the door.",
    )
