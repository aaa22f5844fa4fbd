"""What a guest's slip says. Frozen values; none holds a digit of a PIN."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from accesscodes.models import AccessCode
from accesscodes.web import presenters, wall_time
from accesscodes.web.access import Desk
from accesscodes.web.code_page import Known
from accesscodes.web.states import Handover

UNGROUPED = 5
"""So many digits are one group."""


@dataclass(frozen=True, slots=True)
class House:
    """What all slips of a property have in common; what is empty is left out."""

    name: str
    phone: str
    keypad_hint: str
    guest_page_url: str


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip. `window` is a whole sentence, `message` as in `presenters.guest_message`.

    `note` is what the guest has to know besides. `is_printable`: there is a PIN, and its code is
    not gone.
    """

    uid: UUID
    guest: str
    door: str
    window: str
    note: str
    message: str
    handover: Handover
    is_printable: bool


def house_of(desk: Desk) -> House:
    """Return what stands on every slip of the property."""
    house = desk.house
    return House(house.name, house.phone, house.keypad_hint, house.guest_page_url)


def slip_of(known: Known, desk: Desk) -> Slip:
    """Return the slip of one code."""
    code = known.code
    window = "Works until the front desk removes it."
    if code.starts_at is not None and code.ends_at is not None:
        starts = wall_time.full_moment(code.starts_at, desk.zone, desk.now)
        ends = wall_time.full_moment(code.ends_at, desk.zone, desk.now)
        window = f"Works from {starts} to {ends} ({desk.zone_name})."
    note = ""
    if code.wish().is_to_be_used_early(code.terms()):
        note = "Use it within 24 hours of its start, or it never works."
    elif code.is_one_time_use:
        note = "It opens the door once."
    return Slip(
        code.uid,
        code.name,
        code.device.display_name,
        window,
        note,
        presenters.guest_message(code, desk.zone, desk.now),
        known.handover,
        is_printable=code.pin is not None and code.gone_at is None,
    )


def in_groups(digits: str) -> str:
    """Return the digits of a PIN in groups that are easy to keep in mind: 4829, 482 915."""
    if len(digits) <= UNGROUPED:
        return digits
    size = 4 if len(digits) % 4 == 0 else 3
    return " ".join(digits[at : at + size] for at in range(0, len(digits), size))


def back_to(desk: Desk, codes: Sequence[AccessCode]) -> str:
    """Return where somebody goes after printing."""
    if len(codes) == 1:
        return reverse("code-detail", args=[desk.house.slug, codes[0].uid])
    return reverse("code-list", args=[desk.house.slug])
