"""One pass over one lock that we program ourselves: look, decide, act, look again, write down.

The pass acts on how things are, never on "something happened". What it finds half done, by itself
or by an engine that died, it finishes by the same path. It sleeps never and retries nothing: a
command that failed waits in its row for a later pass.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from django.db.models import Q

from accesscodes import drift, entries, foreign, ledger, offline, planning
from accesscodes.choices import CommandAction, Outcome, Placement
from accesscodes.drift import Stray, Written
from accesscodes.engine.cloud import CloudDriver
from accesscodes.foreign import ConvertForeign, RemoveForeign, Stranger
from accesscodes.ledger import Finding, Lease, LeaseLost, StaleRow
from accesscodes.models import (
    AccessCode,
    Installation,
    LockCommand,
    LockReading,
    UnmanagedCode,
    terms_of,
)
from accesscodes.planning import Blocked, Program, Remove, Step
from accesscodes.values import Content, Installed, LockTerms, Seen, Sighting, Tracked
from locksite.database import DATABASE_IS_AWAY
from locksite.doors import Doors
from locksite.pins import index_of
from properties.models import Device, ProviderAccount
from properties.providers import registry
from properties.providers.base import (
    LockDriver,
    OfflineCodes,
    ProviderError,
    Receipt,
    Refused,
    SeenCode,
    SlotWrite,
    Unreachable,
)

log = logging.getLogger(__name__)

DriverFor = Callable[[ProviderAccount, Doors], LockDriver]
OfflineFor = Callable[[ProviderAccount, Doors], OfflineCodes]

SECOND_LOOK_AFTER = timedelta(seconds=30)
"""How long after something hard to believe it is looked at once more."""

ENOUGH_TO_DOUBT = 3
"""A lock that held so many of our codes does not lose all of them between two looks."""

FEW_OVERDUE, SHARE_OVERDUE = 5, 0.2
"""How many codes of a house, and which share of them, may be past their end before we doubt."""

LISTS_ARE_OLD_BY = timedelta(seconds=150)
"""By how much a list may lag behind what is on the lock: two minutes, and the time of a look."""

STRAYS_LAND_WITHIN = timedelta(days=1)
"""How long after a write to a slot what turns up there is taken for it."""

STRAYS_LAND_UNSEEN = timedelta(hours=1)
"""As long as that only where no look in between has shown the lock without it; else so long."""

LIST_EMPTY = Unreachable(
    LockReading.EMPTY, "The lock shows no codes at all, although it held several a moment ago."
)


def reconcile(
    lease: Lease,
    doors: Doors,
    driver_for: DriverFor,
    offline_for: OfflineFor = registry.offline_for,
    *,
    is_right: Callable[[datetime], bool] = ledger.at_any_time,
) -> datetime:
    """Bring one lock one pass nearer to what is wanted and return when to look again (aware UTC).

    While `is_right` says no of the time that was just read, nothing is taken off because of it: a
    clock may jump in the middle of a pass. Raises `LeaseLost` when another engine took the lock
    over meanwhile; nothing more was written then.
    """
    lease = replace(lease, is_right=is_right)
    return _Pass(lease, doors, driver_for, offline_for).run()


class _Pass:
    """The state of one pass.

    Rows are read anew after each look, which may have taken a while;

    one that changes after that raises `StaleRow` when it is written, and waits for the next pass.
    """

    def __init__(
        self, lease: Lease, doors: Doors, driver_for: DriverFor, offline_for: OfflineFor
    ) -> None:
        self._lease = lease
        self._doors = doors
        self._device = self._fresh_device()
        self._terms = self._terms_now()
        self._driver = driver_for(self._device.account, doors)
        self._offline_for = offline_for
        self._codes: dict[int, AccessCode] = {}
        self._entries: tuple[Seen, ...] = ()
        self._foreign: tuple[Seen, ...] = ()
        self._others: Sequence[UnmanagedCode] | None = None
        self._failures = 0
        self._asked_to_wait: timedelta | None = None
        self._has_looked = False
        self._has_probed = False
        self._strays: tuple[Stray, ...] = ()
        self._written: Mapping[tuple[int, str], LockCommand] = {}
        self._set_aside: set[int] = set()
        self._budget_from: datetime | None = None

    def run(self) -> datetime:
        """Ask for offline PINs; look; take off what must go; look; put on what must come; look."""
        ledger.close_lost_commands(self._lease.device_id, lease=self._lease, now=self._doors.now())
        if self._terms.capabilities.computes_offline:
            self._compute_pins()
        if not self._look():
            return self._wake_blind()
        if self._sweep() and not self._look():
            return self._wake_blind()
        for _ in ("removals", "writes"):
            steps = self._plan()
            if not steps:
                break
            if self._carry_out(steps) and not self._look():
                return self._wake_blind()
        return self._wake()

    # ---- reading --------------------------------------------------------------------------------

    def _fresh_device(self) -> Device:
        return Device.objects.select_related("property", "account").get(pk=self._lease.device_id)

    def _terms_now(self) -> LockTerms:
        return terms_of(self._device)

    def _load(self) -> None:
        """Read the lock and its codes: all that are live, and those gone but still looked for."""
        self._device = self._fresh_device()
        self._terms = self._terms_now()
        rows = (
            AccessCode.objects.filter(device=self._device)
            .filter(
                Q(gone_at=None)
                | Q(installations__audit_until__gt=self._doors.now())
                | Q(installations__placement__in=Placement.on_lock())  # it came back after all
            )
            .select_related("device")
            .prefetch_related("installations")
            .order_by("id")
            .distinct()
        )
        self._codes = {code.pk: code for code in rows}

    def _tracked(self) -> list[Tracked]:
        """Return the codes as values; one that cannot be read from its row keeps back no other."""
        tracked = []
        for pk, code in list(self._codes.items()):
            try:
                tracked.append(Tracked(code.wish(), code.installed()))
            except Exception:
                log.exception("code %s cannot be worked on", code.uid)
                del self._codes[pk]
        return tracked

    def _look(self) -> bool:
        """Read the lock and write down what was seen; return whether it answered."""
        if not self._terms.capabilities.can_be_read:
            return self._go_by_the_clock()
        asked_at = self._device.generation
        try:
            reading = self._driver.read(self._device.ref)
        except ProviderError as error:
            self._load()
            self._record_blindness(error)
            return False
        now = self._doors.now()
        self._load()
        self._entries = tuple(self._seen(code) for code in reading.codes)
        pins = {
            entry.content.pin_index: code.pin
            for entry, code in zip(self._entries, reading.codes, strict=True)
            if entry.content.pin_index is not None and code.pin is not None
        }
        tracked = self._tracked()
        if not self._entries and not self._is_believed(self._held(tracked), now):
            if self._probe(tracked):
                return self._look()
            self._record_blindness(LIST_EMPTY)
            return False
        changed = self._memory_changed(tracked)
        sightings, others = drift.match(tracked, self._entries, self._terms)
        self._written = self._writes(others, now)
        sightings, self._strays, self._foreign = drift.recall(
            tracked,
            sightings,
            others,
            {
                key: Written(command.installation.code_id, command.pin_index)
                for key, command in self._written.items()
                if command.installation is not None
            },
        )
        findings = [
            self._finding(code, sightings[code.wish.code_id], reading.codes, now, changed)
            for code in tracked
        ]
        self._others = ledger.record_reading(
            self._device.pk,
            findings,
            entries=self._entries,
            foreign=self._foreign,
            pins=pins,
            lease=self._lease,
            now=now,
            asked_at=asked_at,
        )
        return True

    def _writes(
        self, foreign: Sequence[Seen], now: datetime
    ) -> Mapping[tuple[int, str], LockCommand]:
        """Return which commands of ours wrote what is in these slots, by slot and mark.

        Where a lock hides its PINs a name tells less, so it counts for as long only as a command
        that timed out may take to land.
        """
        if not foreign:
            return {}
        if self._terms.capabilities.schedules_itself:
            return self._creations(foreign, now)
        slots = [entry.slot for entry in foreign]
        found = LockCommand.objects.last_to_write(self._device, slots, now - STRAYS_LAND_WITHIN)
        writes = {}
        for entry in foreign:
            for command in found:
                entry_of_ours = command.installation
                # A code that could not be read from its row still has its slot: it has not left.
                if (
                    entry_of_ours is not None
                    and command.slot == entry.slot
                    and (
                        entry_of_ours.placement == Placement.ABSENT
                        or entry_of_ours.slot != command.slot
                    )
                    and _is_written_by(command, entry_of_ours, entry, now)
                ):
                    writes[entry.slot, drift.mark(entry)] = command
        theirs = self._theirs(writes)
        return {key: command for key, command in writes.items() if key not in theirs}

    def _creations(
        self, foreign: Sequence[Seen], now: datetime
    ) -> Mapping[tuple[int, str], LockCommand]:
        """Return which creations whose answer was lost made what a cloud keeps for us unasked.

        Whatever the slot: such a code may stand beside the one that has its slot by now.
        """
        kept = [entry for entry in foreign if entry.word is not None and entry.word.is_managed]
        if not kept:
            return {}
        lost = LockCommand.objects.unanswered(self._device, now - STRAYS_LAND_WITHIN)
        return {
            (entry.slot, drift.mark(entry)): command
            for entry in kept
            for command in lost
            if _may_have_made(command, entry, now)
        }

    def _theirs(
        self, writes: Mapping[tuple[int, str], LockCommand]
    ) -> AbstractSet[tuple[int, str]]:
        """Return which of the entries that these commands may have written others made anew.

        Those that are known as theirs, and all of them where the look before, long after the
        last of these commands, showed the lock as it is now without them.
        """
        if not writes:
            return set()
        rows = UnmanagedCode.objects.live().filter(device=self._device)
        known = {
            (row.slot, drift.mark(Seen(row.slot, row.content()))) for row in rows.order_by("slot")
        }
        news = writes.keys() - known
        before = LockReading.objects.newest_good(self._device)
        if not news or before is None:
            return writes.keys() - news
        last_write = max(writes[key].asked_at for key in news)
        others = [entry for entry in self._entries if (entry.slot, drift.mark(entry)) not in news]
        is_late = before.at - LISTS_ARE_OLD_BY > last_write + STRAYS_LAND_UNSEEN
        was_without = before.digest == ledger.digest_of(others)
        return set(writes) if is_late and was_without else writes.keys() - news

    def _finding(
        self,
        code: Tracked,
        sighting: Sighting,
        shown: Sequence[SeenCode],
        now: datetime,
        memory_changed: bool,
    ) -> Finding:
        """Return what a reading says of one code; a PIN of the maker's choice is taken over."""
        row, assigned = self._codes[code.wish.code_id], None
        entry = sighting.entry
        if (
            self._terms.capabilities.assigns_pins
            and entry is not None
            and entry.content.pin_index not in {None, code.wish.pin_index}
        ):
            assigned = next(one.pin for one in shown if one.slot == entry.slot)
            index = entry.content.pin_index or ""
            code = Tracked(
                replace(code.wish, pin_index=index),
                entries.after_assignment(code.installed, index),
            )
        believed = self._believed(code, sighting, now, memory_changed=memory_changed)
        return Finding(row, believed, assigned)

    def _go_by_the_clock(self) -> bool:
        """Bring the codes of a lock that cannot be read up to date with the time."""
        self._load()
        ledger.record_clock(
            self._device.pk,
            [Finding(self._codes[code.wish.code_id], code.installed) for code in self._tracked()],
            lease=self._lease,
            now=self._doors.now(),
        )
        return True

    # ---- what is hard to believe ----------------------------------------------------------------

    def _held(self, tracked: Sequence[Tracked]) -> int:
        """Return how many codes were on the lock when it was last seen, ours and others'.

        Those that the lock said it has removed do not count.
        """
        return UnmanagedCode.objects.held(self._device).count() + sum(
            code.installed.content is not None
            and code.installed.is_on_lock
            and not (
                code.installed.placement is Placement.ERASING and code.installed.is_acknowledged
            )
            for code in tracked
        )

    def _is_believed(self, held: int, now: datetime) -> bool:
        """Return whether a list may be empty although so many codes were there.

        Of one or two codes, or of others' codes alone, it is believed the second time; of more
        only once it has shown that it can show something: see `_probe`.
        """
        if held == 0:
            return True
        can_be_probed = any(code.installed().is_on_lock for code in self._codes.values())
        needs_probe = held >= ENOUGH_TO_DOUBT and can_be_probed
        return not needs_probe and self._is_second_look(now)

    def _is_second_look(self, now: datetime) -> bool:
        second_look = self._second_look()
        return second_look is not None and second_look <= now

    def _second_look(self) -> datetime | None:
        """Return from when on an empty list counts as seen twice, if one was doubted before."""
        since = self._device.failing_since
        first = since and LockReading.objects.first_empty(self._device, since)
        return first and first + SECOND_LOOK_AFTER

    def _probe(self, tracked: Sequence[Tracked]) -> bool:
        """Find out, once per pass, whether a list is really empty; return whether to look again.

        It is asked for again first. If it stays empty, one code is written once more where it is,
        which does no harm: a list that shows it tells the truth about all others. Codes that have
        to go are removed meanwhile; it takes no list for that.
        """
        now = self._doors.now()
        if self._has_probed or not self._is_second_look(now):
            return False
        self._has_probed = True
        steps, _ = self._within_budget(planning.probe(tracked, self._terms, now), now)
        out_of_sight = self._out_of_sight(now)
        return self._carry_out(
            [step for step in steps if isinstance(step, Blocked) or step.slot not in out_of_sight]
        )

    def _holds_ends(self, tracked: Sequence[Tracked], now: datetime) -> bool:
        """Return whether codes past their end stay for the moment, because so many are at once.

        They come off after a second look, unless the clock is in doubt.
        """
        if not self._lease.is_right(now):
            return True
        held_since = self._device.ends_held_since
        if held_since is not None and held_since > now:
            held_since = None  # dated by a clock that was wrong
        is_doubtful = bool(planning.overdue(tracked, now)) and self._is_mass_removal(now)
        if is_doubtful and held_since is None:
            log.warning("lock %s: many codes are past their end; looking twice", self._device.uid)
            ledger.hold_ends(self._lease, now)
            self._device.ends_held_since = now
            return True
        if not is_doubtful and held_since is not None:
            ledger.hold_ends(self._lease, None)
            self._device.ends_held_since = None
        return is_doubtful and held_since is not None and now < held_since + SECOND_LOOK_AFTER

    def _is_mass_removal(self, now: datetime) -> bool:
        everywhere = Installation.objects.on_locks_of(self._device)
        overdue = everywhere.overdue(now, planning.ENDED_LONG_AGO).count()
        return overdue > max(FEW_OVERDUE, SHARE_OVERDUE * everywhere.count())

    def _believed(
        self, code: Tracked, sighting: Sighting, now: datetime, *, memory_changed: bool
    ) -> Installed:
        if not code.installed.was_ever_sent:
            return code.installed
        return entries.after_lock_change(
            entries.after_reading(code.wish, code.installed, sighting, self._terms, now),
            self._device.generation,
            memory_changed=memory_changed,
        )

    def _memory_changed(self, tracked: Sequence[Tracked]) -> bool:
        """Return whether others changed the lock's memory, as far as a refused code waits for it.

        Within a pass it is ourselves who change it.
        """
        is_first, self._has_looked = not self._has_looked, True
        if not is_first or all(code.installed.refused_generation is None for code in tracked):
            return False
        last = LockReading.objects.newest_good(self._device)
        return last is None or last.digest != ledger.digest_of(self._entries)

    def _seen(self, code: SeenCode) -> Seen:
        return Seen(
            slot=code.slot,
            content=Content(
                pin_index=None if code.pin is None else index_of(self._device.uid, code.pin),
                name=code.name,
                starts_at=code.starts_at,
                ends_at=code.ends_at,
            ),
            is_enabled=code.is_enabled,
            remote_id=code.remote_id,
            word=code.word,
        )

    def _record_blindness(self, error: ProviderError) -> None:
        now = self._doors.now()
        log.info("lock %s could not be read: %s", self._device.uid, error.error_code)
        self._asked_to_wait = error.retry_after
        self._failures = ledger.record_blindness(
            self._device.pk,
            [Finding(self._codes[code.wish.code_id], code.installed) for code in self._tracked()],
            error_code=error.error_code,
            message=error.sentence,
            lease=self._lease,
            now=now,
        )

    # ---- PINs that the maker computes -----------------------------------------------------------

    def _compute_pins(self) -> None:
        """Ask the maker for the PINs of offline codes: of the lock itself nothing is wanted.

        Not written down ahead, as commands are: asked twice, the maker gives the same PIN.
        """
        self._load()
        for step in planning.plan_computing(self._tracked(), self._doors.now()):
            code = self._codes[step.code_id]
            try:
                if not self._compute_pin(code):
                    return
            except StaleRow:
                log.info("code %s changed under our hands; its lock is due again", code.uid)
            except (*DATABASE_IS_AWAY, LeaseLost):
                raise
            except Exception:
                log.exception("no PIN could be asked for code %s; the others go on", code.uid)

    def _compute_pin(self, code: AccessCode) -> bool:
        """Ask for one PIN; return whether there was a clear answer."""
        asking = entries.before_computing(code.installed(), self._doors.now())
        try:
            maker = self._offline_for(self._device.account, self._doors)
            pin = maker.compute(self._device.ref, offline.asked_of_maker(code))
        except ProviderError as error:
            log.info("no offline PIN for code %s: %s", code.uid, error.error_code)
            self._note_no_pin(code, asking, error)
            return isinstance(error, Refused)
        ledger.assign_pin(code, pin, lease=self._lease, now=self._doors.now())
        return True

    def _note_no_pin(self, code: AccessCode, asking: Installed, error: ProviderError) -> None:
        now = self._doors.now()
        installed = self._after_failure(code, asking, error, now)
        ledger.record(code, now=now, lease=self._lease, installed=installed)

    def _after_failure(
        self, code: AccessCode, installed: Installed, error: ProviderError, now: datetime
    ) -> Installed:
        """Return what we believe of a code after a call about it failed."""
        if isinstance(error, Refused):
            return entries.after_refusal(
                code.wish(),
                installed,
                retry=error.retry,
                error_code=error.error_code,
                message=error.sentence,
                wait=error.retry_after,
                generation=self._device.generation,
                now=now,
            )
        if error.retry_after is not None:
            return entries.asked_to_wait(installed, error.retry_after, now)
        return installed

    # ---- acting ---------------------------------------------------------------------------------

    def _out_of_sight(self, now: datetime) -> Mapping[int, str | None]:
        """Return the slots where others' codes may be although no list shows them; their PINs."""
        shown = {entry.slot for entry in self._entries}
        since = now - LISTS_ARE_OLD_BY
        return UnmanagedCode.objects.out_of_sight(self._device, shown, since)

    def _plan(self) -> list[Step]:
        """Return what may be done now, in order, and keep in mind when the rest may be."""
        now = self._doors.now()
        tracked = self._tracked()
        terms = replace(self._terms, holds_ends=self._holds_ends(tracked, now))
        steps = planning.plan_lock(tracked, self._entries, terms, now)
        unwanted = self._unwanted(now)
        out_of_sight = self._out_of_sight(now) if steps or unwanted else {}
        if out_of_sight:
            steps = planning.plan_lock(
                tracked, self._entries, terms, now, out_of_sight=out_of_sight
            )
            unwanted = [step for step in unwanted if step.slot not in out_of_sight]
        asked_for = foreign.conversions(self._strangers(), self._foreign, now)
        steps = [*steps, *asked_for] if asked_for else steps
        if unwanted:  # a slot or a PIN that becomes free may serve a code of ours
            steps = [*(step for step in steps if isinstance(step, Remove)), *unwanted]
        allowed, self._budget_from = self._within_budget(steps, now)
        return allowed

    def _within_budget(
        self, steps: Sequence[Step], now: datetime
    ) -> tuple[list[Step], datetime | None]:
        if all(isinstance(step, Blocked) for step in steps):
            return list(steps), None
        sent = LockCommand.objects.sent_since(self._device, now - planning.BUDGET_SPAN)
        return planning.within_budget(steps, sent, now)

    def _unwanted(self, now: datetime) -> list[RemoveForeign]:
        """Return the entries that are not ours and that somebody wants gone."""
        return foreign.removals(self._strangers(), self._foreign, now) if self._foreign else []

    def _strangers(self) -> list[Stranger]:
        """Return the entries that are not ours as the newest look of this pass left them."""
        if self._others is None:
            rows = UnmanagedCode.objects.live().filter(device=self._device)
            self._others = list(rows.order_by("slot"))
        return [row.stranger() for row in self._others]

    def _carry_out(self, steps: Sequence[Step]) -> bool:
        """Carry out the steps in order; return whether anything was sent to the lock.

        Stops at the first command without a clear answer: the others wait for a lock that answers.
        """
        was_sent = False
        for step in steps:
            if isinstance(step, RemoveForeign | ConvertForeign):
                was_sent = True
                if not self._command_on_foreign(step):
                    break
                continue
            code = self._codes[step.code_id]
            try:
                match step:
                    case Blocked():
                        self._note_blocked(code, step)
                        continue
                    case Program() | Remove():
                        is_clear = self._command(code, step)
                    case _:
                        assert_never(step)
            except StaleRow:
                log.info("code %s changed under our hands; its lock is due again", code.uid)
                continue
            except (*DATABASE_IS_AWAY, LeaseLost):
                raise
            except Exception:
                log.exception("work on code %s failed; the others go on", code.uid)
                self._set_aside.add(step.code_id)
                ledger.close_crashed_commands(
                    self._lease.device_id, lease=self._lease, now=self._doors.now()
                )
                continue
            was_sent = True
            if not is_clear:
                break
        return was_sent

    def _sweep(self) -> bool:
        """Take off what we once wrote and have forgotten; return whether anything was sent."""
        now = self._doors.now()
        out_of_sight = self._out_of_sight(now) if self._strays else {}
        by_slot = {
            stray.entry.slot: stray
            for stray in self._strays
            if stray.entry.slot not in out_of_sight
        }
        steps = [Remove(stray.code_id, slot) for slot, stray in by_slot.items()]
        allowed, _ = self._within_budget(steps, now)
        for step in allowed:
            if isinstance(step, Remove):
                self._sweep_slot(by_slot[step.slot])
        return bool(allowed)

    def _sweep_slot(self, stray: Stray) -> None:
        slot = stray.entry.slot
        written = self._written[slot, drift.mark(stray.entry)]
        if written.installation is None:
            return
        log.warning("lock %s: slot %s holds a forgotten write", self._device.uid, slot)
        command = ledger.begin_sweep(
            written.installation,
            slot,
            written.pin_index,
            lease=self._lease,
            now=self._doors.now(),
        )
        outcome, error_code, message = Outcome.ACCEPTED, "", ""
        try:
            self._driver.remove(self._device.ref, slot)
        except ProviderError as error:
            is_refusal = isinstance(error, Refused)
            outcome = Outcome.REFUSED if is_refusal else Outcome.UNREACHABLE
            error_code, message = error.error_code, error.sentence
        ledger.finish_sweep(
            command,
            outcome,
            lease=self._lease,
            now=self._doors.now(),
            error_code=error_code,
            message=message,
        )

    def _note_blocked(self, code: AccessCode, step: Blocked) -> None:
        now = self._doors.now()
        installed = entries.after_block(code.installed(), step, now)
        ledger.record(code, now=now, lease=self._lease, installed=installed)

    def _command(self, code: AccessCode, step: Program | Remove) -> bool:
        """Write the command down, send it, write down the answer; return whether it was clear."""
        now = self._doors.now()
        wish, installed = code.wish(), code.installed()
        if isinstance(step, Program):
            sending = entries.before_program(wish, installed, step.slot, self._terms, now)
        else:
            sending = entries.before_remove(installed, now)
        command = ledger.begin(code, sending, step.action, lease=self._lease, now=now)
        # What the ledger made of it counts: a changed wish resets the pauses.
        sending = code.installed()
        try:
            receipt = self._send(code, step)
        except ProviderError as error:
            return self._note_failure(command, code, sending, error)
        except (*DATABASE_IS_AWAY, LeaseLost, StaleRow):
            raise
        except Exception:
            log.exception("code %s: the command could not be sent", code.uid)
            return self._note_crash(command, code, sending)
        now = self._doors.now()
        accepted = entries.after_acceptance(wish, sending, self._terms, now)
        ledger.finish(
            command,
            code,
            replace(accepted, remote_id=receipt.remote_id or accepted.remote_id),
            Outcome.ACCEPTED,
            lease=self._lease,
            now=now,
        )
        return True

    def _command_on_foreign(self, step: RemoveForeign | ConvertForeign) -> bool:
        """Do what is wanted of an entry that is not ours; return whether the answer was clear."""
        row = UnmanagedCode.objects.get(pk=step.row_id)
        self._others = None  # what becomes of the try is written into its row
        command = ledger.begin_on_foreign(
            row, step.slot, step.action, lease=self._lease, now=self._doors.now()
        )
        if command is None:
            return True
        try:
            if isinstance(step, RemoveForeign):
                self._driver.remove(self._device.ref, step.slot)
            elif isinstance(self._driver, CloudDriver):
                self._driver.convert(self._device.ref, step.slot, row)
        except ProviderError as error:
            outcome = Outcome.REFUSED if isinstance(error, Refused) else Outcome.UNREACHABLE
            ledger.finish_on_foreign(
                command,
                row,
                outcome,
                lease=self._lease,
                now=self._doors.now(),
                error_code=error.error_code,
                message=error.sentence,
                wait=error.retry_after,
            )
            log.info("lock %s: %s: %s", self._device.uid, command.action, error.error_code)
            return outcome is Outcome.REFUSED
        except (*DATABASE_IS_AWAY, LeaseLost):
            raise
        except Exception:
            log.exception("unmanaged code %s: the command could not be sent", row.uid)
            ledger.finish_on_foreign(
                command,
                row,
                Outcome.CRASHED,
                lease=self._lease,
                now=self._doors.now(),
                error_code="failed_to_remove_from_device",
                message=entries.WENT_WRONG,
            )
            return True
        ledger.finish_on_foreign(
            command, row, Outcome.ACCEPTED, lease=self._lease, now=self._doors.now()
        )
        return True

    def _send(self, code: AccessCode, step: Program | Remove) -> Receipt:
        if isinstance(step, Remove):
            return self._driver.remove(self._device.ref, step.slot)
        pin = None
        if not self._terms.capabilities.assigns_pins:
            if code.pin is None:
                raise ValueError("a code without a PIN is not planned")
            pin = code.pin.open(bound_to=code.uid)
        content = code.wish().content(self._terms)
        return self._driver.program(
            self._device.ref,
            SlotWrite(
                slot=step.slot,
                pin=pin,
                name=content.name or "",
                starts_at=content.starts_at,
                ends_at=content.ends_at,
                prefers_native=code.prefer_native_scheduling,
                allows_outside_changes=code.is_external_modification_allowed,
            ),
        )

    def _note_failure(
        self,
        command: LockCommand,
        code: AccessCode,
        sending: Installed,
        error: ProviderError,
    ) -> bool:
        now = self._doors.now()
        is_refusal = isinstance(error, Refused)
        ledger.finish(
            command,
            code,
            self._after_failure(code, sending, error, now),
            Outcome.REFUSED if is_refusal else Outcome.UNREACHABLE,
            lease=self._lease,
            now=now,
            error_code=error.error_code,
            message=error.sentence,
        )
        log.info("lock %s: %s: %s", self._device.uid, command.action, error.error_code)
        return is_refusal

    def _note_crash(self, command: LockCommand, code: AccessCode, sending: Installed) -> bool:
        """Write down that work on one code failed; return True: the lock may be told the rest."""
        now = self._doors.now()
        is_removal = command.action == CommandAction.REMOVE
        error_code = "failed_to_remove_from_device" if is_removal else "failed_to_set_on_device"
        ledger.finish(
            command,
            code,
            entries.after_crash(sending, error_code, now),
            Outcome.CRASHED,
            lease=self._lease,
            now=now,
            error_code=error_code,
        )
        return True

    # ---- when to look again ---------------------------------------------------------------------

    def _wake(self) -> datetime:
        now = self._doors.now()
        steps = [
            step
            for step in self._plan()
            if isinstance(step, RemoveForeign | ConvertForeign)
            or step.code_id not in self._set_aside
        ]
        if any(not isinstance(step, Blocked) for step in steps):
            return now
        summaries = {pk: code.summary() for pk, code in self._codes.items()}
        wake_at = planning.next_look(self._tracked(), summaries, self._terms, now)
        if self._strays:
            wake_at = min(wake_at, now + planning.LOOK_WITH_WORK)
        if self._budget_from is not None:
            wake_at = min(wake_at, self._budget_from)
        if self._device.ends_held_since is not None:
            wake_at = min(wake_at, max(self._device.ends_held_since, now) + SECOND_LOOK_AFTER)
        return min(wake_at, foreign.next_try(self._strangers(), now) or wake_at)

    def _wake_blind(self) -> datetime:
        now = self._doors.now()
        summaries = {pk: code.summary() for pk, code in self._codes.items()}
        has_work = any(summary.diverged_since for summary in summaries.values())
        has_work = has_work or foreign.next_try(self._strangers(), now) is not None
        pause = entries.look_again_after(
            self._failures, has_work=has_work, asked_to_wait=self._asked_to_wait
        )
        wake_at = min(
            now + pause,
            max(
                planning.next_look(self._tracked(), summaries, self._terms, now),
                now + timedelta(seconds=5),
            ),
        )
        second_look = self._second_look()
        return wake_at if second_look is None or second_look <= now else min(wake_at, second_look)


def _may_have_made(command: LockCommand, entry: Seen, now: datetime) -> bool:
    """Return whether a code in a cloud is what this command asked for.

    A name alone, where the PIN is hidden or the maker's choice, counts for as long only as a
    command that timed out may take to land.
    """
    ours = command.installation
    if ours is None or entry.content.name not in ours.known_names:
        return False
    if command.pin_index and entry.content.pin_index is not None:
        return command.pin_index == entry.content.pin_index
    return command.asked_at > now - entries.AUDIT_AFTER_GONE


def _is_written_by(
    command: LockCommand, entry_of_ours: Installation, entry: Seen, now: datetime
) -> bool:
    if entry.content.pin_index is not None:
        return command.pin_index == entry.content.pin_index
    is_recent = command.asked_at > now - entries.AUDIT_AFTER_GONE
    return is_recent and entry.content.name in entry_of_ours.known_names
