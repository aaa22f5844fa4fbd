"""A cloud that keeps codes on locks by itself, in memory, and a world whose engine talks to it."""

import contextlib
import random
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accesscodes.engine.cloud import CloudDriver
from accesscodes.engine.reconcile import reconcile
from accesscodes.models import AccessCode
from locksite.masked import Pin
from properties.choices import Proof, ProviderKind
from properties.providers.base import (
    NOT_THERE,
    Capabilities,
    CloudWord,
    LockRef,
    Refused,
    RemoteCode,
    RemoteWish,
    Retry,
    Unreachable,
)
from tests.accesscodes.world import World
from tests.clock import Clock
from tests.factories import AccountFactory, DeviceFactory, PropertyFactory

LAG = timedelta(seconds=20)
"""How long the cloud takes to bring something to a lock."""


@dataclass(frozen=True)
class Kept:
    """A code as the cloud holds it, and since when it is as it is."""

    wish: RemoteWish
    changed_at: datetime
    is_managed: bool = True
    going_since: datetime | None = None

    def status(self, now: datetime) -> str:
        if self.going_since is not None:
            return "removing"
        if self.wish.starts_at is not None and now < self.wish.starts_at:
            return "unset"
        return "set" if self.is_on_lock(now) else "setting"

    def is_on_lock(self, now: datetime) -> bool:
        return now >= self.changed_at + LAG

    def overlaps(self, wish: RemoteWish) -> bool:
        def before(one: RemoteWish, other: RemoteWish) -> bool:
            return (
                one.ends_at is not None
                and other.starts_at is not None
                and one.ends_at <= other.starts_at
            )

        return not before(self.wish, wish) and not before(wish, self.wish)


class FakeCloud:
    """A `CodeScheduler` that lags, refuses what clouds refuse, and loses answers when told to."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self.codes: dict[str, Kept] = {}
        self.calls: list[str] = []
        self.is_down = False
        self.answers_lost = 0
        self.calls_lost = 0
        # The next creation is not answered, and done so much later.
        self.creates_after: timedelta | None = None
        self._to_land: list[tuple[datetime, RemoteWish]] = []
        # A list shows a new code only then.
        self.lists_after = timedelta(0)
        self._made_at: dict[str, datetime] = {}
        self.hides_pins = self.chooses_pins = self.rounds_ends = False
        self.refuses_conversions = False
        self.problems: dict[str, CloudWord] = {}

    # ---- what people see and do there -----------------------------------------------------------

    def opens(self, digits: str) -> bool:
        """Return whether the lock opens for a PIN now."""
        self._move_on()
        now = self._clock.now
        return any(
            kept.wish.pin.digits == digits
            and kept.is_on_lock(now)
            and kept.status(now) in {"set", "removing"}
            for kept in self.codes.values()
        )

    def pins(self) -> list[str]:
        """Return the PINs of all codes that are not going, sorted."""
        self._move_on()
        return sorted(
            kept.wish.pin.digits for kept in self.codes.values() if kept.going_since is None
        )

    def add(self, digits: str, *, name: str = "Made there", is_managed: bool, **window) -> str:
        """Let others make a code."""
        wish = RemoteWish(name=name, pin=Pin(digits), **window)
        remote_id = str(uuid.uuid4())
        self.codes[remote_id] = Kept(wish, self._clock.now - LAG, is_managed=is_managed)
        return remote_id

    def change(self, remote_id: str, **changes) -> None:
        """Let others change a code."""
        kept = self.codes[remote_id]
        self.codes[remote_id] = replace(
            kept, wish=replace(kept.wish, **changes), changed_at=self._clock.now
        )

    # ---- what the engine asks for ---------------------------------------------------------------

    def list_codes(self, lock: LockRef):
        self._begin("list")
        now = self._clock.now
        return [
            RemoteCode(
                remote_id=remote_id,
                pin=None if self.hides_pins else kept.wish.pin,
                name=kept.wish.name,
                starts_at=kept.wish.starts_at,
                ends_at=kept.wish.ends_at,
                word=replace(
                    self.problems.get(remote_id, CloudWord(kept.status(now))),
                    is_scheduled=kept.is_on_lock(now),
                    is_managed=kept.is_managed,
                ),
            )
            for remote_id, kept in self.codes.items()
            if now >= self._made_at.get(remote_id, now) + self.lists_after
        ]

    def create(self, lock: LockRef, wish: RemoteWish) -> str:
        self._begin("create")
        if self.creates_after is not None:
            self._to_land.append((self._clock.now + self.creates_after, wish))
            self.creates_after = None
            raise Unreachable("provider_issue", "No answer in time.")
        remote_id = self._made(wish)
        self._end()
        return remote_id

    def _made(self, wish: RemoteWish) -> str:
        if self.chooses_pins:
            wish = replace(wish, pin=Pin(f"90{len(self._made_at):04}"))
        wish = self._rounded(wish)
        self._refuse_duplicate("", wish)
        remote_id = str(uuid.uuid4())
        self.codes[remote_id] = Kept(wish, self._clock.now)
        self._made_at[remote_id] = self._clock.now
        return remote_id

    def update(self, lock: LockRef, remote_id: str, wish: RemoteWish) -> None:
        self._begin("update")
        kept = self._known(remote_id)
        if self.chooses_pins:
            wish = replace(wish, pin=kept.wish.pin)
        wish = self._rounded(wish)
        self._refuse_duplicate(remote_id, wish)
        self.codes[remote_id] = replace(kept, wish=wish, changed_at=self._clock.now)
        self._end()

    def withdraw(self, lock: LockRef, remote_id: str, *, is_managed: bool) -> None:
        self._begin("withdraw")
        kept = self._known(remote_id)
        assert kept.is_managed == is_managed
        self.codes[remote_id] = replace(kept, going_since=kept.going_since or self._clock.now)
        self._end()

    def convert(self, lock: LockRef, remote_id: str, *, allows_outside_changes: bool) -> None:
        self._begin("convert")
        kept = self._known(remote_id)
        if self.refuses_conversions:
            raise Refused("provider_issue", "The maker does not allow it.", Retry.ON_WISH)
        wish = replace(kept.wish, allows_outside_changes=allows_outside_changes)
        self.codes[remote_id] = replace(kept, is_managed=True, wish=wish)
        self._end()

    def _rounded(self, wish: RemoteWish) -> RemoteWish:
        if not self.rounds_ends or wish.ends_at is None:
            return wish
        return replace(wish, ends_at=wish.ends_at.replace(minute=0) + timedelta(hours=1))

    def _known(self, remote_id: str) -> Kept:
        if remote_id not in self.codes:
            raise Refused(NOT_THERE, "There is no such code.", Retry.ON_LOCK_CHANGE)
        return self.codes[remote_id]

    def _refuse_duplicate(self, own_id: str, wish: RemoteWish) -> None:
        if any(
            remote_id != own_id and kept.wish.pin == wish.pin and kept.overlaps(wish)
            for remote_id, kept in self.codes.items()
        ):
            raise Refused(
                "duplicate_code_on_device", "Another code has this PIN.", Retry.ON_LOCK_CHANGE
            )

    def _begin(self, call: str) -> None:
        self.calls.append(call)
        self._move_on()
        if self.is_down:
            raise Unreachable("provider_issue", "The cloud does not answer.")
        if call != "list" and self.calls_lost:
            self.calls_lost -= 1
            raise Unreachable("provider_issue", "The call was lost.")

    def _end(self) -> None:
        if self.answers_lost:
            self.answers_lost -= 1
            raise Unreachable("provider_issue", "The answer was lost.")

    def _move_on(self) -> None:
        now = self._clock.now
        due = [wish for at, wish in self._to_land if at <= now]
        self._to_land = [(at, wish) for at, wish in self._to_land if at > now]
        for wish in due:
            with contextlib.suppress(Refused):
                self._made(wish)
        for remote_id, kept in list(self.codes.items()):
            ends_at = kept.wish.ends_at
            has_ended = ends_at is not None and ends_at <= now
            going_since = kept.going_since or (ends_at if has_ended else None)
            self.codes[remote_id] = replace(kept, going_since=going_since)
            if going_since is not None and going_since + LAG <= now:
                del self.codes[remote_id]


class CloudWorld(World):
    """One property with one lock that a cloud takes care of."""

    def __init__(self, *, seed: int = 0, **facts):
        self.clock = Clock()
        self.rand = random.Random(seed)
        self.doors = self.clock.doors(seed)
        self.property = PropertyFactory()
        self.account = AccountFactory(kind=ProviderKind.SEAM, name="Seam")
        self.cloud = FakeCloud(self.clock)
        able = Capabilities(keeps_window=True, schedules_itself=True, **facts)
        self.cloud.hides_pins = able.proof is Proof.SLOT_ONLY
        self.cloud.chooses_pins = able.assigns_pins
        self.lock = DeviceFactory(
            account=self.account,
            property=self.property,
            capability_facts=able.as_json(),
            due_at=self.now,
        )
        if able.assigns_pins:
            rule = {"constraint_type": "cannot_specify_pin_code"}
            self.lock.properties = {**self.lock.properties, "code_constraints": [rule]}
            self.lock.save()
        self.driver_for = lambda account, doors: CloudDriver(self.cloud, doors.now)
        self.reconcile = reconcile
        self.new_engine()

    def device(self, lock=None):
        self.lock.refresh_from_db()
        return self.lock

    def remote_id(self, code: AccessCode) -> str:
        return code.installations.get().remote_id
