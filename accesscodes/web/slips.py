"""What a guest's slip says. Frozen values; none holds a digit of a PIN."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from accesscodes.models import AccessCode
from accesscodes.web import wall_time
from accesscodes.web.access import Desk
from accesscodes.web.code_page import Known
from accesscodes.web.states import Handover


@dataclass(frozen=True, slots=True)
class House:
    """What all slips of a property have in common."""

    name: str


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip. `window` is a whole sentence; `from_to` are its ends for a message, or nothing.

    `is_printable`: there is a PIN, and its code is not gone.
    """

    uid: UUID
    guest: str
    door: str
    window: str
    from_to: tuple[str, str] | None
    handover: Handover
    is_printable: bool


def house_of(desk: Desk) -> House:
    """Return what stands on every slip of the property."""
    return House(desk.house.name)


def slip_of(known: Known, desk: Desk) -> Slip:
    """Return the slip of one code."""
    code = known.code
    from_to = None
    window = "Works until the front desk removes it."
    if code.starts_at is not None and code.ends_at is not None:
        from_to = (
            wall_time.full_moment(code.starts_at, desk.zone, desk.now),
            wall_time.full_moment(code.ends_at, desk.zone, desk.now),
        )
        window = f"Works from {from_to[0]} to {from_to[1]} ({desk.zone_name})."
    return Slip(
        code.uid,
        code.name,
        code.device.display_name,
        window,
        from_to,
        known.handover,
        is_printable=code.pin is not None and code.gone_at is None,
    )


def in_groups(digits: str) -> str:
    """Return the digits of a PIN in groups that are easy to keep in mind: 4829, 482 915."""
    size = 4 if len(digits) % 4 == 0 else 3
    if len(digits) <= 5:
        return digits
    return " ".join(digits[at : at + size] for at in range(0, len(digits), size))


def back_to(desk: Desk, codes: Sequence[AccessCode]) -> str:
    """Return where somebody goes after printing."""
    if len(codes) == 1:
        return reverse("code-detail", args=[desk.house.slug, codes[0].uid])
    return reverse("code-list", args=[desk.house.slug])
