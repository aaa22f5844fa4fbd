"""A small world on a hand-moved clock: virtual locks, the real engine, people who do things.

The engine, the models and the SQL are the real ones. Time is moved from one due moment to the
next, so hours pass in milliseconds. What is physically on a lock is read from its own memory,
never from what Locksite believes.
"""

import random
import uuid
from datetime import datetime, timedelta

from accesscodes.engine import lease as leases
from accesscodes.engine.reconcile import reconcile
from accesscodes.engine.watchdog import watch
from accesscodes.ledger import LeaseLost
from accesscodes.models import AccessCode, EngineBeat
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.models import Device, ProviderAccount, VirtualLock
from properties.providers.registry import driver_for
from properties.providers.virtual.keypad import Opening
from properties.providers.virtual.people import type_pin
from properties.providers.virtual.store import memory_of
from properties.sync import refresh_account
from tests.clock import Clock
from tests.factories import AccountFactory, PropertyFactory, VirtualLockFactory


class Killed(BaseException):
    """The engine process ends here, between two steps."""


class World:
    """One property with virtual locks, and engines that come and go."""

    def __init__(
        self,
        *makes: str,
        seed: int = 0,
        clock: Clock | None = None,
        traits: dict | None = None,
    ):
        self.clock = clock or Clock()
        self.rand = random.Random(seed)
        self.doors = self.clock.doors(seed)
        self.property = PropertyFactory()
        self.account: ProviderAccount = AccountFactory(due_at=self.now)
        self.locks = [
            VirtualLockFactory(account=self.account, make=make, traits=traits or {})
            for make in makes or ("schlage",)
        ]
        self.refresh()
        Device.objects.update(property=self.property)
        self.driver_for = driver_for
        self.reconcile = reconcile
        self.new_engine()

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def actor(self):
        return SYSTEM

    def device(self, lock: VirtualLock | None = None) -> Device:
        return Device.objects.get(remote_id=str((lock or self.locks[0]).uid))

    def refresh(self) -> None:
        """Let the account tell about its locks, as the engine's own job does."""
        self.account.refresh_from_db()
        refresh_account(self.account, doors=self.doors)

    def new_engine(self) -> None:
        """Start a new engine process; one that ran before is dead from now on."""
        self.engine_id = uuid.uuid4()
        EngineBeat.objects.create(
            engine_id=self.engine_id, host="test", pid=1, started_at=self.now, beat_at=self.now
        )

    def beat(self) -> None:
        EngineBeat.objects.filter(pk=self.engine_id).update(beat_at=self.now)

    # ---- the engine -----------------------------------------------------------------------------

    def work(self) -> int:
        """Work once on every lock that is due; return on how many."""
        self.beat()
        worked = 0
        for pk in leases.due_locks(self.now, 100):
            lease = leases.take(pk, self.engine_id, self.now)
            if lease is None:
                continue
            worked += 1
            try:
                wake_at = self.reconcile(lease, self.doors, self.driver_for)
            except Killed:
                self.new_engine()
                continue
            except LeaseLost:
                continue
            leases.give_back(lease, wake_at)
        return worked

    def run(self, span: timedelta | None = None, **parts) -> None:
        """Let the engine work for a while: from one due moment to the next."""
        until = self.now + (span if span is not None else timedelta(**parts))
        while True:
            for _ in range(20):
                if not self.work():
                    break
            due = self._next_due()
            if due is None or due >= until:
                break
            self.clock.now = max(due, self.now + timedelta(milliseconds=1))
        self.clock.now = max(until, self.now)
        self.work()

    def _next_due(self) -> datetime | None:
        moments = []
        for device in Device.objects.exclude(due_at=None):
            free_at = device.lease_until or device.due_at
            if device.lease_owner and device.lease_owner != self.engine_id:
                free_at = min(free_at, self.now + timedelta(seconds=21))
            moments.append(max(device.due_at, free_at, self.now))
        return min(moments, default=None)

    def settle(self, span: timedelta = timedelta(minutes=90)) -> None:
        """Give the engine quiet time without faults."""
        self.run(span)
        watch(self.now)

    # ---- the truth ------------------------------------------------------------------------------

    def on_lock(self, lock: VirtualLock | None = None) -> set[str]:
        """Return the PINs that are physically in a lock's memory."""
        lock = VirtualLock.objects.get(pk=(lock or self.locks[0]).pk)
        return {entry.pin.digits for entry in memory_of(lock, self.now).values()}

    def type(self, digits: str, lock: VirtualLock | None = None) -> Opening:
        """Type a PIN at the door."""
        return type_pin(
            VirtualLock.objects.get(pk=(lock or self.locks[0]).pk), Pin(digits), now=self.now
        )

    def digits(self, code: AccessCode) -> str:
        return AccessCode.objects.get(pk=code.pk).pin.open(bound_to=code.uid).digits

    def die_after_next(self, call: str) -> None:
        """Kill the engine once, right after the lock has done its next `call`."""

        def die():
            raise Killed

        self.do_during_next(call, die)

    def do_during_next(self, call: str, deed) -> None:
        """Let something happen once, after the lock has done its next `call`, before it
        answers."""
        waiting = [deed]
        self.driver_for = lambda account, doors: InterruptedDriver(
            driver_for(account, doors), call, waiting
        )


class InterruptedDriver:
    """A driver during whose next `call` something happens, between the lock's deed and its
    answer."""

    def __init__(self, driver, call: str, waiting: list):
        self._driver, self._call, self._waiting = driver, call, waiting

    def __getattr__(self, name: str):
        deed = getattr(self._driver, name)

        def done(*args):
            receipt = deed(*args)
            if name == self._call and self._waiting:
                self._waiting.pop()()
            return receipt

        return done
