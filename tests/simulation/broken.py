"""Engines that are broken on purpose, one rule each: a checker that lets one pass is worth little.

Each takes a way to put something in the place of something else, and breaks one rule with it. The
docstring says which.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from accesscodes import drift, entries, ledger, lifecycle, planning, values
from accesscodes.choices import Placement
from accesscodes.engine import lease as leases
from accesscodes.engine import reconcile, watchdog
from accesscodes.models import AccessCode, LockCommand
from properties.models import Device
from properties.providers.base import LockReading, ProviderError
from tests.simulation import schedule, scratch
from tests.simulation.known import CAUGHT_IN

Put = Callable[[Any, str, Any], None]
"""Puts a value in the place of an attribute, until the engine is whole again."""


SELDOM = timedelta(minutes=30)
"""As late as a look may be planned; what lies farther ahead is taken for a clock gone wrong."""


# ---- what a provider says, and what a reading shows ---------------------------------------------


def trusts_a_providers_yes(put: Put) -> None:
    """A write that was accepted counts as proven."""

    def after_acceptance(wish: Any, installed: Any, terms: Any, at: datetime) -> Any:
        if installed.placement is not Placement.WRITING:
            return replace(installed, is_acknowledged=True)
        return replace(
            installed,
            is_acknowledged=True,
            placement=Placement.PRESENT,
            content=installed.sent,
            seen_at=at,
        )

    put(entries, "after_acceptance", after_acceptance)


def believes_a_removal(put: Put) -> None:
    """A removal that was accepted counts as proven: the code is gone without a look."""

    def after_acceptance(wish: Any, installed: Any, terms: Any, at: datetime) -> Any:
        installed = replace(installed, is_acknowledged=True)
        if installed.placement is not Placement.ERASING:
            return installed
        return replace(installed, placement=Placement.ABSENT, content=None, absent_at=at)

    put(entries, "after_acceptance", after_acceptance)


def forgets_the_read_back(put: Put) -> None:
    """After its commands it looks at the clock and not at the lock, and comes back much later."""
    whole = reconcile._Pass._look

    def look(self: Any) -> bool:
        return True if self._has_looked else whole(self)

    put(reconcile._Pass, "_look", look)
    put(planning, "LOOK_WITH_WORK", SELDOM)
    put(planning, "LOOK_IDLE", SELDOM)


def never_looks_back(put: Put) -> None:
    """A settled lock is not looked at again before something is wanted of it."""
    put(planning, "LOOK_IDLE", SELDOM)


def treats_unreadable_as_empty(put: Put) -> None:
    """A lock that gives no answer counts as a lock that holds nothing."""
    whole = reconcile._Pass.__init__

    class Blind:
        def __init__(self, driver: Any, doors: Any) -> None:
            self._driver, self._doors = driver, doors

        def __getattr__(self, name: str) -> Any:
            return getattr(self._driver, name)

        def read(self, lock: Any) -> LockReading:
            try:
                reading: LockReading = self._driver.read(lock)
            except ProviderError:
                return LockReading(at=self._doors.now(), codes=())
            return reading

    def init(self: Any, lease: Any, doors: Any, driver_for: Any, **kwargs: Any) -> None:
        whole(self, lease, doors, driver_for, **kwargs)
        self._driver = Blind(self._driver, doors)

    put(reconcile._Pass, "__init__", init)


def rewrites_hidden_pins(put: Put) -> None:
    """A PIN that the lock hides counts as different from the one that is wanted."""
    whole = values.same_content

    def same_content(one: Any, other: Any, terms: Any) -> bool:
        is_hidden = terms.capabilities.proof != "readback"
        return not is_hidden and whole(one, other, terms)

    put(values, "same_content", same_content)


# ---- trying, waiting, giving up -----------------------------------------------------------------


def gives_up(put: Put) -> None:
    """After three tries nothing more is tried."""
    whole = planning._may_try

    def may_try(installed: Any, now: datetime) -> bool:
        return installed.attempts < 3 and whole(installed, now)

    put(planning, "_may_try", may_try)


def never_pauses(put: Put) -> None:
    """No pause after a failure, and no thought of how much a lock may be told in a minute."""
    put(planning, "_may_try", lambda installed, now: True)
    put(planning, "within_budget", lambda steps, sent, now: (list(steps), None))
    put(planning, "LOOK_WITH_WORK", timedelta(seconds=5))


def forgets_locks_that_failed(put: Put) -> None:
    """A lock that could not be read is left alone for half an hour."""

    def wake_blind(self: Any) -> datetime:
        now: datetime = self._doors.now()
        return now + SELDOM

    put(reconcile._Pass, "_wake_blind", wake_blind)


def leaves_removals_to_the_lock(put: Put) -> None:
    """What a lock ends by itself is not taken off."""
    whole = planning.plan_lock

    def plan_lock(
        codes: Sequence[Any], seen: Any, terms: Any, now: datetime, **kwargs: Any
    ) -> Any:
        ends = {code.wish.code_id for code in codes if code.wish.ends_at is not None}
        steps = whole(codes, seen, terms, now, **kwargs)
        return [
            step
            for step in steps
            if not (isinstance(step, planning.Remove) and step.code_id in ends)
        ]

    put(planning, "plan_lock", plan_lock)


# ---- one lock, one holder, written down first ---------------------------------------------------


def ignores_the_lease_token(put: Put) -> None:
    """A holder whose lease was taken over goes on writing."""
    whole = ledger.hold
    put(ledger, "hold", lambda device_id, lease: whole(device_id, None))


def gives_back_what_is_not_its_own(put: Put) -> None:
    """The end of the work ends anybody's lease, and sets when to look next."""

    def give_back(lease: Any, wake_at: datetime) -> None:
        Device.objects.filter(pk=lease.device_id).update(
            due_at=wake_at, lease_owner=None, lease_until=None
        )

    put(leases, "give_back", give_back)


def writes_down_afterwards(put: Put) -> None:
    """The command is written into the database when its answer is there."""
    begin, finish = ledger.begin, ledger.finish

    def late_begin(*args: Any, **kwargs: Any) -> LockCommand:
        command = begin(*args, **kwargs)
        LockCommand.objects.filter(pk=command.pk).delete()
        return command

    def late_finish(command: LockCommand, *args: Any, **kwargs: Any) -> None:
        command.save(force_insert=True)
        finish(command, *args, **kwargs)

    put(ledger, "begin", late_begin)
    put(ledger, "finish", late_finish)


# ---- slots, order, other people's codes ---------------------------------------------------------


def forgets_after_gone(put: Put) -> None:
    """A code that is gone is not looked for any more: what lands late stays."""
    put(entries, "AUDIT_AFTER_GONE", timedelta(0))
    put(drift, "recall", lambda codes, seen, foreign, writers: (seen, (), tuple(foreign)))


def moves_live_codes(put: Put) -> None:
    """Every write goes into another slot than the one before."""

    def slot_for(self: Any, code: Any) -> int:
        taken = {*self._seen, *self._claims, code.installed.slot}
        return next(slot for slot in range(1, 999) if slot not in taken)

    put(planning._Occupancy, "_slot_for", slot_for)


def writes_before_removing(put: Put) -> None:
    """New codes go on the lock before old ones are off it, whoever holds their PIN."""

    def plan_lock(
        codes: Sequence[Any], seen: Any, terms: Any, now: datetime, **kwargs: Any
    ) -> list[Any]:
        lock = planning._Occupancy(codes, seen, terms, frozenset())
        steps: list[Any] = []
        for code in codes:
            wants = planning._wants_writing(code, terms, now)
            if wants and planning._may_try(code.installed, now) and (slot := lock._slot_for(code)):
                lock._claims[slot] = code.wish.code_id
                steps.append(planning.Program(code.wish.code_id, slot))
        return steps or whole(codes, seen, terms, now, **kwargs)

    whole = planning.plan_lock
    put(planning, "plan_lock", plan_lock)


def removes_what_is_not_ours(put: Put) -> None:
    """Entries that nobody of us made are taken off."""
    whole = reconcile._Pass._look

    def look(self: Any) -> bool:
        is_good = whole(self)
        if is_good:
            ours = {code.installed().slot for code in self._codes.values()}
            for entry in self._entries:
                if entry.slot not in ours:
                    self._driver.remove(self._device.ref, entry.slot)
        return is_good

    put(reconcile._Pass, "_look", look)


def writes_over_what_is_not_ours(put: Put) -> None:
    """A slot counts as free when none of our codes is in it."""

    def slot_for(self: Any, code: Any) -> int:
        own: int | None = code.installed.slot
        if own is not None and code.installed.is_on_lock:
            return own
        return next(slot for slot in range(1, 999) if slot not in self._claims)

    put(planning._Occupancy, "_slot_for", slot_for)


def takes_any_entry_for_its_own(put: Put) -> None:
    """Whatever is in our slot is ours."""
    put(drift, "_passes_for_ours", lambda installed, entry, terms: True)


def comes_too_early(put: Put) -> None:
    """Codes go on every lock 72 hours ahead, also on those that keep no timetable."""

    def load_from(self: Any, terms: Any) -> datetime:
        begin: datetime = self.created_at
        return begin if self.starts_at is None else self.starts_at - values.NATIVE_PRELOAD

    put(values.Wish, "load_from", load_from)


# ---- the wish, the alarm, the log ---------------------------------------------------------------


def lets_results_overwrite_wishes(put: Put) -> None:
    """With the answer of a lock the whole row is saved, the wish of before included."""
    whole = ledger.finish

    def finish(command: Any, code: AccessCode, *args: Any, **kwargs: Any) -> None:
        wish = ("name", "pin", "pin_index", "kind", "starts_at", "ends_at", "withdrawn_at")
        AccessCode.objects.filter(pk=code.pk).update(
            **{column: getattr(code, column) for column in wish}
        )
        whole(command, code, *args, **kwargs)

    put(ledger, "finish", finish)


def resurrects_deleted_codes(put: Put) -> None:
    """A write that comes through makes its code wanted again."""
    whole = ledger.finish

    def finish(command: LockCommand, code: AccessCode, *args: Any, **kwargs: Any) -> None:
        if command.action != "remove":
            AccessCode.objects.filter(pk=code.pk).update(withdrawn_at=None)
        whole(command, code, *args, **kwargs)

    put(ledger, "finish", finish)


def forgets_what_a_list_showed(put: Put) -> None:
    """What others have on a lock is what the newest list shows, however old that list is."""
    put(reconcile._Pass, "_out_of_sight", lambda self, now: {})


def believes_what_it_knew(put: Put) -> None:
    """A code that is wanted as it once was counts as set, without another look."""
    writer: Any = ledger
    whole = writer.summarise

    def summarise(*args: Any, **kwargs: Any) -> Any:
        return whole(*args, **{**kwargs, "is_seen": True})

    put(writer, "summarise", summarise)


def restarts_the_alarm_clock(put: Put) -> None:
    """The alarm counts from the last edit."""

    def diverged_since(
        wish: Any, installed: Any, terms: Any, before: Any, now: datetime, *, is_new_wish: bool
    ) -> datetime | None:
        since = lifecycle.divergence(wish, installed, terms, now)
        if since is None or (before is not None and before.diverged_since and not is_new_wish):
            return since and before.diverged_since
        return now

    whole = watchdog._all_alarms

    def all_alarms(known: Any, now: datetime) -> Any:
        fresh = set(
            AccessCode.objects.filter(diverged_since__gt=now - timedelta(minutes=4)).values_list(
                "pk", flat=True
            )
        )
        return (placed for placed in whole(known, now) if placed.code_id not in fresh)

    put(lifecycle, "_diverged_since", diverged_since)
    put(watchdog, "_all_alarms", all_alarms)


def needs_the_lock_for_an_alarm(put: Put) -> None:
    """Alarms are raised by those who reach the lock: none for a lock that is silent."""
    whole = watchdog._all_alarms

    def all_alarms(known: Any, now: datetime) -> Any:
        answering = set(Device.objects.filter(failing_since=None).values_list("pk", flat=True))
        return (placed for placed in whole(known, now) if placed.device_id in answering)

    put(watchdog, "_all_alarms", all_alarms)


def tells_everything_twice(put: Put) -> None:
    """Each event is written twice."""
    whole = ledger._append_events

    def append_events(*args: Any) -> None:
        whole(*args)
        whole(*args)

    put(ledger, "_append_events", append_events)


def logs_pins(put: Put) -> None:
    """What is sent to a lock is logged as it is."""
    whole = reconcile._Pass._send

    def send(self: Any, code: AccessCode, step: Any) -> None:
        if code.pin is not None:
            reconcile.log.info("sending %s", code.pin.open(bound_to=code.uid).digits)
        whole(self, code, step)

    put(reconcile._Pass, "_send", send)


BROKEN: dict[str, Callable[[Put], None]] = {
    break_it.__name__: break_it
    for break_it in (
        trusts_a_providers_yes,
        believes_a_removal,
        forgets_the_read_back,
        never_looks_back,
        treats_unreadable_as_empty,
        rewrites_hidden_pins,
        gives_up,
        never_pauses,
        forgets_locks_that_failed,
        leaves_removals_to_the_lock,
        ignores_the_lease_token,
        gives_back_what_is_not_its_own,
        writes_down_afterwards,
        forgets_after_gone,
        moves_live_codes,
        writes_before_removing,
        removes_what_is_not_ours,
        writes_over_what_is_not_ours,
        takes_any_entry_for_its_own,
        comes_too_early,
        lets_results_overwrite_wishes,
        resurrects_deleted_codes,
        forgets_what_a_list_showed,
        believes_what_it_knew,
        restarts_the_alarm_clock,
        needs_the_lock_for_an_alarm,
        tells_everything_twice,
        logs_pins,
    )
}


@dataclass(frozen=True, slots=True)
class Caught:
    """What caught a broken engine, and in which schedule."""

    invariant: str
    seed: int
    what: str


PATIENCE = 60
"""In how many schedules a broken engine has to be noticed."""


def hunt(name: str) -> Caught | None:
    """As `caught`, in a database of its own: where it was caught before, else anywhere."""
    known = [CAUGHT_IN[name]] if name in CAUGHT_IN else []
    with scratch.own_database():
        return caught(name, [*known, *range(PATIENCE)])


def caught(name: str, seeds: Iterable[int]) -> Caught | None:
    """Run schedules with a broken engine until it is caught; `None`: these were not enough.

    What counts is a schedule that a whole engine lives through without a violation.
    """
    for seed in seeds:
        with broken(name):
            outcome = schedule.run(seed)
        if outcome.violations and not schedule.run(seed).violations:
            invariant, what = outcome.violations[0]
            return Caught(invariant, seed, what)
    return None


@contextmanager
def broken(name: str) -> Iterator[None]:
    """Let the engine be broken in one way for a while."""
    kept: list[tuple[Any, str, Any]] = []

    def put(target: Any, attribute: str, value: Any) -> None:
        kept.append((target, attribute, getattr(target, attribute)))
        setattr(target, attribute, value)

    BROKEN[name](put)
    try:
        yield
    finally:
        for target, attribute, value in reversed(kept):
            setattr(target, attribute, value)
