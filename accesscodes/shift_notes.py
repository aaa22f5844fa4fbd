"""Notes that staff leave for the next shift, and what must not stand in them."""

import unicodedata
from datetime import datetime
from typing import Final

from accesscodes.digits import possible_pins
from accesscodes.known_pins import KnownPins
from accesscodes.models import ShiftNote
from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
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
    if possible_pins(cleaned) and KnownPins.of(house).are_in(cleaned):
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


def _note_down(note: ShiftNote, action: str, actor: Actor, now: datetime) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=note.property_id,
        object_type="shift_note",
        object_uid=note.uid,
    )
