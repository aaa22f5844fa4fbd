"""One pass over one lock that we program ourselves: look, decide, act, look again, write down.

The pass acts on how things are, never on "something happened". What it finds half done, by itself
or by an engine that died, it finishes by the same path. It sleeps never and retries nothing: a
command that failed waits in its row for a later pass.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from django.db.models import Q

from accesscodes import drift, entries, ledger, planning
from accesscodes.choices import CommandAction, Outcome
from accesscodes.ledger import Finding, Lease, StaleRow
from accesscodes.models import AccessCode, LockCommand, LockReading, terms_of
from accesscodes.planning import Blocked, Program, Remove, Step
from accesscodes.values import Content, Installed, Seen, Sighting, Tracked
from locksite.doors import Doors
from locksite.pins import index_of
from properties.models import Device, ProviderAccount
from properties.providers.base import LockDriver, ProviderError, Refused, SeenCode, SlotWrite

log = logging.getLogger(__name__)

DriverFor = Callable[[ProviderAccount, Doors], LockDriver]


def reconcile(lease: Lease, doors: Doors, driver_for: DriverFor) -> datetime:
    """Bring one lock one pass nearer to what is wanted and return when to look again (aware UTC).

    Raises `LeaseLost` when another engine took the lock over meanwhile; nothing more was written
    then.
    """
    ledger.close_lost_commands(lease.device_id, lease=lease, now=doors.now())
    return _Pass(lease, doors, driver_for).run()


class _Pass:
    """The state of one pass.

    Rows are read anew after each look, which may have taken a while;

    one that changes after that raises `StaleRow` when it is written, and waits for the next pass.
    """

    def __init__(self, lease: Lease, doors: Doors, driver_for: DriverFor) -> None:
        self._lease = lease
        self._doors = doors
        self._device = self._fresh_device()
        self._terms = terms_of(self._device)
        self._driver = driver_for(self._device.account, doors)
        self._codes: dict[int, AccessCode] = {}
        self._entries: tuple[Seen, ...] = ()
        self._failures = 0
        self._has_looked = False

    def run(self) -> datetime:
        """Look; take off what must go; look; put on what must come; look."""
        if not self._look():
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

    def _load(self) -> None:
        """Read the lock and its codes: all that are live, and those gone but still looked for."""
        self._device = self._fresh_device()
        self._terms = terms_of(self._device)
        rows = (
            AccessCode.objects.filter(device=self._device)
            .filter(Q(gone_at=None) | Q(installations__audit_until__gt=self._doors.now()))
            .select_related("device")
            .prefetch_related("installations")
            .order_by("id")
            .distinct()
        )
        self._codes = {code.pk: code for code in rows}

    def _tracked(self) -> list[Tracked]:
        return [Tracked(code.wish(), code.installed()) for code in self._codes.values()]

    def _look(self) -> bool:
        """Read the lock and write down what was seen; return whether it answered."""
        try:
            reading = self._driver.read(self._device.ref)
        except ProviderError as error:
            self._record_blindness(error)
            return False
        now = self._doors.now()
        self._load()
        self._entries = tuple(self._seen(code) for code in reading.codes)
        tracked = self._tracked()
        changed = self._memory_changed(tracked)
        sightings, foreign = drift.match(tracked, self._entries, self._terms)
        findings = [
            Finding(
                self._codes[code.wish.code_id],
                self._believed(code, sightings[code.wish.code_id], now, memory_changed=changed),
            )
            for code in tracked
        ]
        ledger.record_reading(
            self._device.pk,
            findings,
            entries=self._entries,
            foreign=foreign,
            lease=self._lease,
            now=now,
        )
        return True

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
        )

    def _record_blindness(self, error: ProviderError) -> None:
        now = self._doors.now()
        log.info("lock %s could not be read: %s", self._device.uid, error.error_code)
        self._load()
        self._failures = ledger.record_blindness(
            self._device.pk,
            [Finding(code, code.installed()) for code in self._codes.values()],
            error_code=error.error_code,
            message=error.sentence,
            lease=self._lease,
            now=now,
        )

    # ---- acting ---------------------------------------------------------------------------------

    def _plan(self) -> list[Step]:
        return planning.plan_lock(self._tracked(), self._entries, self._terms, self._doors.now())

    def _carry_out(self, steps: Sequence[Step]) -> bool:
        """Carry out the steps in order; return whether anything was sent to the lock.

        Stops at the first command without a clear answer: the others wait for a lock that answers.
        """
        was_sent = False
        for step in steps:
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
            was_sent = True
            if not is_clear:
                break
        return was_sent

    def _note_blocked(self, code: AccessCode, step: Blocked) -> None:
        now = self._doors.now()
        installed = entries.after_block(code.installed(), step, now)
        ledger.record(code, now=now, lease=self._lease, installed=installed)

    def _command(self, code: AccessCode, step: Program | Remove) -> bool:
        """Write the command down, send it, write down the answer; return whether it was clear."""
        now = self._doors.now()
        wish, installed = code.wish(), code.installed()
        if isinstance(step, Program):
            action = CommandAction.PROGRAM
            sending = entries.before_program(wish, installed, step.slot, self._terms, now)
        else:
            action = CommandAction.REMOVE
            sending = entries.before_remove(installed, now)
        command = ledger.begin(code, sending, action, lease=self._lease, now=now)
        # What the ledger made of it counts: a changed wish resets the pauses.
        sending = code.installed()
        try:
            self._send(code, step)
        except ProviderError as error:
            return self._note_failure(command, code, sending, error)
        ledger.finish(
            command,
            code,
            entries.after_acceptance(sending),
            Outcome.ACCEPTED,
            lease=self._lease,
            now=self._doors.now(),
        )
        return True

    def _send(self, code: AccessCode, step: Program | Remove) -> None:
        if isinstance(step, Remove):
            self._driver.remove(self._device.ref, step.slot)
            return
        if code.pin is None:
            raise ValueError("a code without a PIN is not planned")
        content = code.wish().content(self._terms)
        self._driver.program(
            self._device.ref,
            SlotWrite(
                slot=step.slot,
                pin=code.pin.open(bound_to=code.uid),
                name=content.name or "",
                starts_at=content.starts_at,
                ends_at=content.ends_at,
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
        if isinstance(error, Refused):
            sending = entries.after_refusal(
                code.wish(),
                sending,
                retry=error.retry,
                error_code=error.error_code,
                message=error.sentence,
                wait=error.retry_after,
                generation=self._device.generation,
                now=now,
            )
        elif error.retry_after is not None:
            sending = entries.asked_to_wait(sending, error.retry_after, now)
        ledger.finish(
            command,
            code,
            sending,
            Outcome.REFUSED if is_refusal else Outcome.UNREACHABLE,
            lease=self._lease,
            now=now,
            error_code=error.error_code,
            message=error.sentence,
        )
        log.info("lock %s: %s: %s", self._device.uid, command.action, error.error_code)
        return is_refusal

    # ---- when to look again ---------------------------------------------------------------------

    def _wake(self) -> datetime:
        now = self._doors.now()
        if any(not isinstance(step, Blocked) for step in self._plan()):
            return now
        summaries = {pk: code.summary() for pk, code in self._codes.items()}
        return planning.next_look(self._tracked(), summaries, self._terms, now)

    def _wake_blind(self) -> datetime:
        now = self._doors.now()
        summaries = {pk: code.summary() for pk, code in self._codes.items()}
        has_work = any(summary.diverged_since for summary in summaries.values())
        pause = entries.look_again_after(self._failures, has_work=has_work)
        return min(
            now + pause,
            max(
                planning.next_look(self._tracked(), summaries, self._terms, now),
                now + timedelta(seconds=5),
            ),
        )
