"""What a lock's page offers beside its verdict: Plan B, the door from here, the slots gauge."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from accesscodes import bolts, slot_forecast
from accesscodes.choices import AttemptStatus
from accesscodes.models import ActionAttempt
from accesscodes.slot_forecast import Stay
from accesscodes.web import wall_time
from accesscodes.web.access import Desk
from accesscodes.web.lock_presenters import VerdictPanel
from accesscodes.web.states import Tone
from properties.models import Device

TOLD_FOR = timedelta(minutes=10)
"""How long the page tells how moving the door from here went."""


@dataclass(frozen=True, slots=True)
class PlanB:
    """What to do when no code gets the guest in. The key-box code itself is not in here.

    `is_needed`: the next code may not get onto the lock. Otherwise it is folded away, yet within
    reach: a guest may stand at the door of a lock that seems to be well.
    """

    lock_uid: UUID
    text: str
    has_key_box: bool
    may_reveal: bool
    is_needed: bool


def plan_b_of(desk: Desk, device: Device, panel: VerdictPanel) -> PlanB | None:
    """Return Plan B; ``None`` where none is written down and none is needed."""
    house, is_needed = desk.house, panel.offers_plan_b
    if not is_needed and not house.has_plan_b:
        return None
    return PlanB(
        device.uid,
        house.plan_b.strip(),
        house.key_box is not None,
        desk.may_reveal,
        is_needed,
    )


@dataclass(frozen=True, slots=True)
class Gauge:
    """How full the lock's memory is. `overflow`: when its planned codes no longer fit, or "".

    Up to `roomy` there is room enough; with more than `last` there is none.
    """

    used: int
    size: int
    overflow: str

    @property
    def roomy(self) -> int:
        """Return how many codes leave a fifth of the memory free."""
        return self.size * 4 // 5

    @property
    def last(self) -> int:
        """Return how many codes leave one slot free."""
        return max(self.size - 1, 0)


def gauge_of(
    used: int, size: int | None, stays: list[Stay], zone: tzinfo, now: datetime
) -> Gauge | None:
    """Return the gauge; ``None`` where the size of the memory is not known."""
    if size is None:
        return None
    full_at = slot_forecast.first_overflow(stays, size)
    overflow = ""
    if full_at is not None:
        when = "now" if full_at <= now else f"from {wall_time.full_moment(full_at, zone, now)}"
        overflow = f"The planned codes need more than {size} slots {when}."
    return Gauge(used, size, overflow)


@dataclass(frozen=True, slots=True)
class Bolt:
    """Moving the door from here: what is offered, and how the last try went."""

    uid: UUID
    door: str
    may_unlock: bool
    may_lock: bool
    tone: Tone
    icon: str
    told: str
    is_waiting: bool


def bolt_of(desk: Desk, device: Device) -> Bolt | None:
    """Return what can be done with the door from here; ``None`` where nothing, or not by them.

    Writes that the last try is over, if it is. One query.
    """
    flags = device.flags
    may_unlock = flags.get("can_remotely_unlock") is True
    may_lock = flags.get("can_remotely_lock") is True
    if not desk.may_issue or not (may_unlock or may_lock):
        return None
    attempt = (
        ActionAttempt.objects.filter(
            device=device,
            action_type__in=[bolts.LOCK, bolts.UNLOCK],
            created_at__gt=desk.now - TOLD_FOR,
        )
        .order_by("-id")
        .first()
    )
    tone, icon, told = Tone.IDLE, "", ""
    if attempt is not None:
        bolts.settle(attempt, desk.now)
        tone, icon, told = _told(attempt, desk)
    return Bolt(
        device.uid,
        device.display_name,
        may_unlock,
        may_lock,
        tone,
        icon,
        told,
        is_waiting=tone is Tone.GO,
    )


def _told(attempt: ActionAttempt, desk: Desk) -> tuple[Tone, str, str]:
    is_lock = attempt.action_type == bolts.LOCK
    at = wall_time.moment(attempt.created_at, desk.zone, desk.now)
    match attempt.status:
        case AttemptStatus.SUCCESS:
            done = "locked" if is_lock else "unlocked"
            return Tone.OK, "circle-check", f"The lock says that it {done} ({at})."
        case AttemptStatus.ERROR:
            done = "lock" if is_lock else "unlock"
            return Tone.BAD, "circle-x", f"It did not {done} ({at}). {attempt.error_message}"
        case _:
            done = "lock" if is_lock else "unlock"
            return (
                Tone.GO,
                "loader-circle",
                f"Asked to {done} ({at}). The lock answers in seconds.",
            )
