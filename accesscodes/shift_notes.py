"""Notes that staff leave for the next shift, and what must not stand in them."""

import unicodedata
from collections import defaultdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from accesscodes.choices import Placement
from accesscodes.digits import possible_pins
from accesscodes.models import AccessCode, Installation, ShiftNote, UnmanagedCode
from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from locksite.pins import index_of
from properties.models import Property

TEXT_LIMIT: Final = ShiftNote.TEXT_LIMIT


def leave_note(house: Property, text: str, *, actor: Actor, now: datetime) -> ShiftNote:
    """Write a note down for the next shift and return it.

    Raises `RuleBroken` on `text`: nothing in it, too long, or a PIN that opens a door of this
    house, or is to. A note is read by people who may see no PINs, and stays when the code is gone.
    """
    cleaned = _cleaned(text)
    if not cleaned:
        raise RuleBroken("invalid_input", "Write what the next shift has to know.", "text")
    if len(cleaned) > TEXT_LIMIT:
        message = f"Use at most {TEXT_LIMIT} characters. These are {len(cleaned)}."
        raise RuleBroken("invalid_input", message, "text")
    if _holds_pin(house, cleaned):
        message = "A PIN of a code stands in this note. Leave it out; name the code instead."
        raise RuleBroken("invalid_input", message, "text")
    with write_transaction():
        note = ShiftNote.objects.create(
            property=house, author=actor.label, text=cleaned, created_at=now
        )
        _note_down(note, "shift_note.leave", actor, now)
    return note


def mark_done(note: ShiftNote, *, actor: Actor, now: datetime) -> None:
    """Write down that nothing is left to do about a note; a second time changes nothing."""
    with write_transaction():
        rows = ShiftNote.objects.filter(pk=note.pk, done_at=None)
        if rows.update(done_at=now, done_by=actor.label):
            _note_down(note, "shift_note.done", actor, now)


def _cleaned(text: str) -> str:
    """Return the text with plain line ends and without control and direction marks."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        letter
        for letter in composed
        if letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
    ).strip()


def _holds_pin(house: Property, text: str) -> bool:
    """Return whether digits in the text are on a lock of the house, or about to be. Three queries.

    A PIN that was changed opens the door until the lock has the new one: it counts as well.
    """
    pins = [Pin(digits) for digits in possible_pins(text)]
    if not pins:
        return False
    held: dict[UUID, set[str]] = defaultdict(set)
    everybodys: tuple[QuerySet[Any], ...] = (
        AccessCode.objects.live(),
        UnmanagedCode.objects.live(),
    )
    for rows in everybodys:
        here = rows.filter(device__property=house, pin_index__isnull=False)
        for lock, index in here.values_list("device__uid", "pin_index"):
            held[lock].add(str(index))
    entries = Installation.objects.exclude(placement=Placement.ABSENT)
    for lock, indexes in entries.filter(device__property=house).values_list(
        "device__uid", "known_pins"
    ):
        held[lock].update(indexes)
    return any(index_of(lock, pin) in indexes for lock, indexes in held.items() for pin in pins)


def _note_down(note: ShiftNote, action: str, actor: Actor, now: datetime) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=note.property_id,
        object_type="shift_note",
        object_uid=note.uid,
    )
