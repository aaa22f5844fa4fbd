"""The invariants, held against the truth.

The checker knows four things: what is physically on the locks and ever was, what people were
promised (the shadow log in `people`), the rows, and what was logged. It never asks the engine what
it thinks, and imports none of its decisions; the one table it shares is the list of allowed
transitions, which stands once in the product.

An exemption is a limit that cannot hold for a reason in the world. Each stands next to its check.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from accesscodes.lifecycle import EDGES
from locksite.pins import index_of
from properties.providers.base import SlotWrite
from properties.providers.virtual.memory import Entry
from tests.simulation import rows
from tests.simulation.locks import DEFECT, Held, Lock, opens, pin_in
from tests.simulation.people import LEAD, Intent

if TYPE_CHECKING:
    from tests.simulation.world import Thread, World

OVERSTAY = timedelta(minutes=15)
ALARM = timedelta(minutes=10)
PROOF = timedelta(seconds=200)
RESTORES = 3
UNSEEN = timedelta(seconds=240)
"""How long a new wish may wait for the first look at its lock while an engine runs: a lease of a
call that stands still (90 s), one more engine that dies, and what it takes to start."""
PER_MINUTE = {"program": 8, "update": 8, "remove": 16}
WRITES_WHILE_SETTLING = 3


class Checker:
    """Watches one schedule; what is not as it should be ends up in `violations`."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.violations: list[tuple[str, str]] = []
        self.problems_changed = True
        self.complaints: list[str] = []
        """Everything that was logged at level ERROR: an engine has no business there."""
        self._rows_changed = True
        self._rows: list[tuple[Any, ...]] = []
        self._problem_codes: set[int] = set()
        self._problem_locks: set[int] = set()
        self._last_transition = 0
        self._status: dict[int, str] = {}
        self._looked_at = world.stage.now
        self._moved = (0, 0, 0)
        self._since: dict[tuple[Any, ...], datetime] = {}
        self._over: dict[tuple[int, str], timedelta] = {}
        self._was_over: set[tuple[int, str]] = set()
        self._reported: set[tuple[Any, ...]] = set()
        self._commands: dict[tuple[int, str], list[datetime]] = {}
        self._sent_in_quiet: dict[tuple[int, str], int] = {}
        self.commands = 0
        self._waiting: dict[int, timedelta] = {}
        self._hindered: set[int] = set()

    def found(self, invariant: str, what: str, key: tuple[Any, ...] = ()) -> None:
        """Write down a violation; with a key, once."""
        if key:
            if (invariant, *key) in self._reported:
                return
            self._reported.add((invariant, *key))
        self.violations.append((invariant, f"{self.world.stage.now:%H:%M:%S} {what}"))
        self.world.tell("VIOLATION", invariant, what)

    def note_wish(self, lock: Lock) -> None:
        """A wish on this lock was acknowledged: somebody has to look at the lock."""
        self._waiting.setdefault(lock.pk, timedelta(0))

    def note_read(self, lock: Lock) -> None:
        """Somebody looks at the lock."""
        self._waiting.pop(lock.pk, None)

    def note_shown(self, lock: Lock, shown: dict[int, Held]) -> None:
        """A reading was answered: keep in mind how often it missed a code that was there before.

        Three times a day a code is put back that others changed or removed; then it is left, and
        staff have to decide. Whether somebody did it, or a list was wrong or shows older dates of
        ours, nobody can tell.
        """
        for intent in self.world.people.intents.values():
            if intent.lock is lock:
                there = [held.entry for held in shown.values()]
                is_there = any(self._is_as_asked(intent, entry) for entry in there)
                intent.is_new = intent.is_new and not is_there
                if intent.was_shown and not is_there:
                    if intent.is_new and self._is_as_before(intent, there):
                        continue  # the lock has not been told of the new wish yet
                    intent.times_missed += 1
                intent.was_shown = is_there

    # ---- commands as they leave, and as they land -----------------------------------------------

    def note_command(self, lock: Lock, action: str, slot: int, write: SlotWrite | None) -> None:
        """I13, I14, I1c, and no code is written that nobody wants."""
        world = self.world
        world.tell("command", lock.pk, action, slot, write and pin_in(write).digits)
        open_rows = rows.fetch(
            "SELECT c.action, c.slot, c.lease_token, c.pin_index, c.asked_at, i.code_id"
            " FROM accesscodes_lockcommand c"
            " JOIN accesscodes_installation i ON i.id = c.installation_id"
            " WHERE c.device_id = %s AND c.outcome = ''",
            (lock.pk,),
        )
        lease = world.thread.lease if world.thread else None
        pin_index = write and index_of(world.uids[lock.pk], pin_in(write))
        named = [
            row
            for row in open_rows
            if (row[0] == "remove") is (action == "remove")
            and row[1] == slot
            and lease is not None
            and row[2] == lease.token
            and pin_index in {None, row[3]}
        ]
        newest = rows.token_of(lock.pk)
        # A holder that stood still past its lease cannot know: its command leaves, and the row
        # that named it was closed as lost by the engine that took over.
        if not named and lease is not None and newest == lease.token:
            self.found("I13", f"lock {lock.pk}: {action} of slot {slot} without an intent")
        if named:
            asked_at = rows.moment(named[0][4])
            moment = world.stage.now if world.has_clock_steps else asked_at
            self._count(lock, named[0][0], moment)
        # People may type a PIN that we are asked to issue, and fill a lock: it goes on refusing,
        # and is asked ever more rarely.
        is_hindered = write is not None and (
            pin_in(write).digits in world.trouble.poisoned
            or len(lock.slots) >= lock.body.make.max_codes
            or any(h.is_typed and h.entry.pin == write.pin for h in lock.slots.values())
        )
        if not is_hindered:
            self.commands += 1
        if not world.trouble.is_on and not is_hindered:
            # One slot serves one stay after another: what counts is what is written of one code.
            code_id = named[0][5] if named else None
            key = (lock.pk, pin_in(write).digits if write else f"slot {slot} of code {code_id}")
            self._sent_in_quiet[key] = self._sent_in_quiet.get(key, 0) + 1
            if self._sent_in_quiet[key] > WRITES_WHILE_SETTLING:
                self.found("I9", f"lock {lock.pk}: {key[1]} written again and again", key)
        if named and write is not None:
            asked_at = rows.moment(named[0][4])
            # While the clock is a day ahead, tomorrow's codes go on the locks; nothing comes off.
            if not world.has_clock_steps:
                self._judge_program(lock, write, asked_at, named[0][5])

    def _count(self, lock: Lock, action: str, now: Any) -> None:
        """I14. What kind of write it is, and when it was meant to leave, says its intent."""
        times = self._commands.setdefault((lock.pk, action), [])
        times.append(now)
        while times[0] <= now - timedelta(seconds=60):
            times.pop(0)
        if len(times) > PER_MINUTE[action]:
            self.found("I14", f"lock {lock.pk}: {len(times)} × {action} in a minute", (lock.pk,))

    def _judge_program(self, lock: Lock, write: SlotWrite, asked_at: Any, code_id: int) -> None:
        intent = self.world.people.intents[code_id]
        ask = intent.as_of(asked_at)
        has_window = write.starts_at is not None and lock.body.make.keeps_window
        if ask.starts_at is not None and not has_window and asked_at < ask.starts_at - LEAD:
            self.found("I1c", f"code {code_id} was put on its lock before its time")
        is_withdrawn = intent.withdrawn_at is not None and intent.withdrawn_at < asked_at
        # The end may pass between the plan and the command.
        is_over = ask.ends_at is not None and ask.ends_at + PROOF < asked_at
        if is_withdrawn or is_over:
            self.found("I12", f"code {code_id} was written though nobody wants it")

    def note_landing(self, lock: Lock, slot: int, digits: str | None, *, is_late: bool) -> None:
        """I10 and I4, at the moment at which a command of ours takes effect.

        Exempt: an entry that no reading has ever shown, which cannot be respected; and a command
        that its lock carries out long after it was sent.
        """
        if is_late:
            return
        there = lock.slots.get(slot)
        if there is not None and not there.is_ours and there.was_shown:
            self.found("I10", f"lock {lock.pk}: slot {slot} is not ours and was written to")
        for other, held in lock.slots.items():
            is_known = held.was_shown or (held.is_ours and not held.is_late)
            if other != slot and digits == held.entry.pin.digits and is_known:
                self.found("I4", f"lock {lock.pk}: {digits} went into {slot}, is in {other} too")

    # ---- rows -----------------------------------------------------------------------------------

    def is_stale(self, thread: "Thread") -> bool:
        """Return whether a piece of work holds a lease that somebody else has taken over."""
        lease = thread.lease
        return lease is not None and rows.token_of(lease.device_id) != lease.token

    def rows_changed(self) -> None:
        """Judge each new transition at once: claims of `set` and `gone` one by one."""
        self._rows_changed = True
        new = rows.fetch(
            "SELECT id, code_id, from_status, to_status FROM accesscodes_transition"
            " WHERE id > %s ORDER BY id",
            (self._last_transition,),
        )
        for number, code_id, old, status in new:
            self._last_transition = number
            self.world.tell("status", code_id, old, status)
            if self._status.get(code_id, "") != old or (old, status) not in EDGES:
                self.found("I6", f"code {code_id}: {old or 'new'} → {status} breaks the chain")
            self._status[code_id] = status
            intent = self.world.people.intents.get(code_id)
            if intent is None:
                continue  # written this very moment: no claim can rest on anything
            at = self.world.stage.now  # the row's own time may come from a clock that is wrong
            # A status that a wrong clock took back is said again when the clock is right.
            is_claim = not self.world.has_clock_steps
            if status == "set" and is_claim and not self._was_set(intent, at):
                self.found("I11", f"code {code_id} was not on its lock when it was called set")
            if status == "gone" and not self._was_gone(intent, at):
                self.found("I11", f"code {code_id} was still on its lock when it was called gone")

    def _states(self, lock: Lock, until: Any) -> list[tuple[dict[int, Held], datetime]]:
        """Return what the lock held in the time a proof may rest on: each state with its end."""
        since = until - PROOF
        slots = lock.slots_at(since)
        states = []
        for at, slot, held in lock.past:
            if since < at <= until:
                states.append((dict(slots), at))
                if held is None:
                    slots.pop(slot, None)
                else:
                    slots[slot] = held
        return [*states, (slots, until)]

    def _was_set(self, intent: Intent, at: Any) -> bool:
        keeps = intent.lock.body.make.keeps_window
        return any(
            held.entry.pin.digits == intent.now.digits
            # Its window may have begun since: what was on the lock a moment ago opens now.
            and any(opens(held.entry, moment, keeps_window=keeps) for moment in (end, at))
            for slots, end in self._states(intent.lock, at)
            for held in slots.values()
        )

    def _was_gone(self, intent: Intent, at: Any) -> bool:
        pins = intent.pins()
        for other in self.world.people.intents.values():
            if other is not intent and other.lock is intent.lock:
                pins -= other.pins()  # whose entry it is cannot be told from outside
        return any(
            not any(
                held.is_ours and not held.is_typed and held.entry.pin.digits in pins
                for held in slots.values()
            )
            for slots, _ in self._states(intent.lock, at)
        )

    def _read_rows(self) -> None:
        self._rows_changed = False
        self._rows = rows.fetch(
            "SELECT id, status, name, pin_index, starts_at, ends_at, withdrawn_at,"
            " is_scheduled_on_device"
            " FROM accesscodes_accesscode ORDER BY id"
        )
        for pk, status, name, pin_index, starts_at, ends_at, withdrawn_at, _ in self._rows:
            intent = self.world.people.intents.get(pk)
            if intent is None:
                continue
            ask = intent.now
            is_as_asked = (
                name == ask.name
                and pin_index == intent.pin_indexes[ask.digits]
                and rows.moment(starts_at) == ask.starts_at
                and rows.moment(ends_at) == ask.ends_at
                and rows.moment(withdrawn_at) == intent.withdrawn_at
            )
            if not is_as_asked:
                self.found("I12", f"code {pk}: the row is not what was acknowledged", (pk,))
            if self._status.get(pk, status) != status:
                self.found("I6", f"code {pk}: status {status} without a transition", (pk, status))

    def _read_problems(self) -> None:
        self.problems_changed = False
        found = rows.fetch(
            "SELECT code_id, device_id FROM accesscodes_problem WHERE closed_at IS NULL"
        )
        self._problem_codes = {code for code, _ in found if code is not None}
        self._problem_locks = {lock for code, lock in found if code is None and lock}
        if (None, None) in found:  # about the account, or the engines: it concerns every lock
            self._problem_locks |= {lock.pk for lock in self.world.locks}

    # ---- the long look --------------------------------------------------------------------------

    def look_if_moved(self) -> None:
        """Look at everything if something that matters has moved."""
        moved = (
            sum(lock.changes for lock in self.world.locks),
            self.world.people.changes,
            self._last_transition,
        )
        if moved != self._moved or self.problems_changed:
            self._moved = moved
            self.look()

    def look(self) -> None:
        """Compare all that is promised with all that is true, and let the clocks run on."""
        now = self.world.stage.now
        span, self._looked_at = now - self._looked_at, now
        if self._rows_changed:
            self._read_rows()
        if self.problems_changed:
            self._read_problems()
        on_lock: dict[int, list[Intent]] = {lock.pk: [] for lock in self.world.locks}
        for intent in self.world.people.intents.values():
            on_lock[intent.lock.pk].append(intent)
        for pk in self._waiting:
            # A process in which a call to this very lock stands still does not begin another.
            if any(engine.can_take_up(pk) for engine in self.world.running()):
                self._waiting[pk] += span
                if self._waiting[pk] > UNSEEN:
                    self.found("I16", f"lock {pk}: a new wish, and nobody looked at it", (pk,))
        over: set[tuple[int, str]] = set()
        for lock in self.world.locks:
            opening = lock.opening(now)
            self._look_for_overstay(lock, opening, on_lock[lock.pk], now, span, over)
            self._look_for_lockout(lock, opening, on_lock[lock.pk], now)
        self._was_over = over

    def _look_for_overstay(
        self,
        lock: Lock,
        opening: dict[str, bool],
        intents: list[Intent],
        now: datetime,
        span: timedelta,
        over: set[tuple[int, str]],
    ) -> None:
        """I1 and I1b: a PIN that opens and should not. A PIN that people typed in is theirs."""
        allowed = {intent.now.digits for intent in intents if intent.may_open(now)}
        for digits, is_typed in opening.items():
            key = (lock.pk, digits)
            if digits in allowed or is_typed:
                self._over.pop(key, None)
                self._since.pop(("I1b", *key), None)
                continue
            over.add(key)
            if key in self._was_over and not lock.is_cut_off():
                self._over[key] = self._over.get(key, timedelta(0)) + span
                if self._over[key] > OVERSTAY:
                    self.found("I1", f"lock {lock.pk}: {digits} still opens", key)
            has_issue = lock.pk in self._problem_locks or any(
                intent.pk in self._problem_codes and digits in intent.pins() for intent in intents
            )
            self._clock(("I1b", *key), not has_issue, now, f"lock {lock.pk}: {digits} still opens")
        for key in [key for key in self._was_over - over if key[0] == lock.pk]:
            self._since.pop(("I1b", *key), None)

    def _look_for_lockout(
        self, lock: Lock, opening: dict[str, bool], intents: list[Intent], now: datetime
    ) -> None:
        """I3 and I3b: a guest before a shut door, and a green light over it."""
        for intent in intents:
            is_shut = intent.now.digits not in opening
            has_issue = lock.pk in self._problem_locks or intent.pk in self._problem_codes
            is_due = intent.is_wanted(now) and intent.has_started(now)
            silent = is_shut and not has_issue
            self._clock(("I3", intent.pk), silent and is_due, now, f"code {intent.pk} is absent")
            is_green = self._status.get(intent.pk) == "set"
            self._clock(
                ("I3b", intent.pk), silent and is_green, now, f"code {intent.pk} is not there"
            )

    def _clock(self, key: tuple[Any, ...], is_bad: bool, now: datetime, what: str) -> None:
        # While the clock is wrong no alarm can be told by it; that it is wrong has been told.
        if not is_bad or self.world.clock_is_off_by:
            self._since.pop(key, None)
        elif now - self._since.setdefault(key, now) > ALARM:
            self.found(key[0], f"{what}, and nobody was told for {ALARM}", key)

    # ---- in the end -----------------------------------------------------------------------------

    def differences(self) -> list[tuple[str, str]]:
        """Return what is not yet as people want it: I2 and I5. Empty: all has settled."""
        now = self.world.stage.now
        if self._rows_changed:
            self._read_rows()
        if self.problems_changed:
            self._read_problems()
        status = {row[0]: row[1] for row in self._rows}
        loaded = {row[0] for row in self._rows if row[-1] or row[1] == "set"}
        found: list[tuple[str, str]] = []
        self._hindered = set()
        for lock in self.world.locks:
            intents = [i for i in self.world.people.intents.values() if i.lock is lock]
            typed = {held.entry.pin.digits for held in lock.slots.values() if held.is_typed}
            ours = {held.entry.pin.digits for held in lock.slots.values() if not held.is_typed}
            is_on = {
                held.entry.pin.digits for held in lock.slots.values() if held.entry.is_enabled
            }
            wanted = {i.now.digits for i in intents if i.belongs(now)}
            found += [
                ("I5", f"lock {lock.pk} holds {digits}, which nobody wants")
                for digits in sorted(ours - wanted)
            ]
            found += [
                ("I5", f"lock {lock.pk} holds {digits} in several slots")
                for digits in sorted(ours)
                if sum(
                    held.entry.pin.digits == digits and not held.is_typed
                    for held in lock.slots.values()
                )
                > 1
            ]
            opening = lock.opening(now)
            is_full = len(lock.slots) >= lock.body.make.max_codes
            for intent in intents:
                digits, said = intent.now.digits, status.get(intent.pk)
                if not intent.is_wanted(now):
                    if said != "gone":
                        found.append(("I2", f"code {intent.pk} is not gone but {said}"))
                    continue
                # People may type a PIN that we are asked to issue, and fill a lock: nothing can be
                # done about either except to say so.
                is_hindered = (
                    digits in typed
                    or digits in self.world.trouble.poisoned
                    or (is_full and digits not in ours)
                    or intent.times_missed > RESTORES
                )
                # That a lock is full is told of a code that is still to come as well, even where
                # the guest before has its PIN and may leave it the slot.
                if is_hindered or (is_full and not intent.belongs(now)):
                    self._hindered.add(intent.pk)
                # The guest before has the PIN as long as planned: that code is told of.
                has_to_wait = not intent.has_started(now) and any(
                    self._comes_before(other, intent, now) for other in intents
                )
                if is_hindered and intent.belongs(now) and has_to_wait:
                    continue
                if is_hindered and intent.belongs(now):
                    is_there = digits in ours & is_on
                    is_right = is_there and (said == "set" or not intent.has_started(now))
                    if intent.pk not in self._problem_codes and not is_right:
                        found.append(("I2", f"code {intent.pk} is hindered, and nobody was told"))
                    continue
                if intent.belongs(now) and digits not in ours & is_on:
                    found.append(("I2", f"code {intent.pk} is not on its lock"))
                # The stay after another with the same PIN waits for its turn.
                is_alone = all(
                    i is intent or i.now.digits != digits or status.get(i.pk) == "gone"
                    for i in intents
                )
                is_as_asked = any(
                    self._is_as_asked(intent, held.entry) for held in lock.slots.values()
                )
                if intent.belongs(now) and is_alone and not is_as_asked:
                    found.append(("I2", f"code {intent.pk} is on its lock, but not as asked"))
                # Of a lock that hides its PINs nobody knows what a write did that got no answer.
                if intent.belongs(now) and is_alone and intent.pk not in loaded:
                    found.append(("I2", f"code {intent.pk} is loaded, and nobody says so"))
                if intent.has_started(now) and (digits not in opening or said != "set"):
                    found.append(("I2", f"code {intent.pk} should be set and is {said}"))
        return found

    def look_for_idle_alarms(self) -> None:
        """I3 the other way round: once all has settled, nobody is told of anything any more."""
        self._read_problems()
        codes = self._problem_codes - self._hindered
        if codes or self._problem_locks:
            what = f"codes {sorted(codes)}, locks {sorted(self._problem_locks)}"
            self.found("I3", f"alarms without a reason: {what}")

    def _comes_before(self, other: Intent, intent: Intent, now: datetime) -> bool:
        """Return whether the stay of one code ends before that of another with its PIN begins."""
        ends_at, starts_at = other.now.ends_at, intent.now.starts_at
        return (
            other is not intent
            and other.now.digits == intent.now.digits
            and other.is_wanted(now)
            and ends_at is not None
            and starts_at is not None
            and ends_at <= starts_at
        )

    def _is_as_asked(self, intent: Intent, entry: Entry) -> bool:
        """Return whether an entry is the code as people want it: PIN, name, dates to the second.

        The name where the lock shows names; no dates where it is not to start and stop the code.
        Exempt: an end an hour late. Some locks make that of what they are told around a
        change of the clocks, and nobody can tell it from a lock that kept the old end.
        """
        ask, make, late = intent.now, intent.lock.body.make, timedelta(hours=1)
        if entry.pin.digits != ask.digits or not entry.is_enabled:
            return False
        if make.shows_names and entry.name != ask.name:
            return False
        if not intent.is_native():
            return entry.starts_at is None and entry.ends_at is None
        starts_at, ends_at = (
            at and at.replace(microsecond=0) for at in (ask.starts_at, ask.ends_at)
        )
        return (
            entry.starts_at == starts_at
            and entry.ends_at is not None
            and ends_at is not None
            and entry.ends_at in {ends_at, ends_at + late}
        )

    def _is_as_before(self, intent: Intent, entries: list[Entry]) -> bool:
        """Return whether one of these entries is the code as it was asked for before."""
        before = replace(intent, asked=intent.asked[:-1])
        return bool(before.asked) and any(self._is_as_asked(before, entry) for entry in entries)

    def finish(self) -> None:
        """Judge what can only be judged in the end: I6, I15 and what was logged."""
        self._check_events()
        self._check_secrecy()
        for complaint in self.complaints:
            is_the_clock = self.world.has_clock_steps and "the clock is off" in complaint
            if DEFECT in complaint or is_the_clock:
                continue
            kind = _PLAIN.sub("…", complaint.partition("\n")[0])
            self.found("I6", f"logged as an error: {complaint[:2000]}", (kind,))

    def _check_events(self) -> None:
        """I6: each transition gave the events that `lifecycle` names, and each of them once."""
        events = rows.fetch(
            "SELECT access_code_uid, event_type, COUNT(*) FROM journal_event"
            " WHERE access_code_uid IS NOT NULL GROUP BY 1, 2"
        )
        told: dict[str, dict[str, int]] = {}
        for uid, event_type, number in events:
            told.setdefault(str(uid).replace("-", ""), {})[event_type] = number
        moves = rows.fetch(
            "SELECT code_id, to_status, COUNT(*) FROM accesscodes_transition GROUP BY 1, 2"
        )
        became: dict[int, dict[str, int]] = {}
        for code_id, status, number in moves:
            became.setdefault(code_id, {})[status] = number
        sent = {
            code_id
            for (code_id,) in rows.fetch(
                "SELECT DISTINCT i.code_id FROM accesscodes_lockcommand c"
                " JOIN accesscodes_installation i ON i.id = c.installation_id"
                " WHERE c.action <> 'remove'"
            )
        }
        for intent in self.world.people.intents.values():
            mine = told.get(intent.uid.replace("-", ""), {})
            moved = became.get(intent.pk, {})
            is_gone = moved.get("gone", 0)
            expected = {
                "created": 1,
                "set_on_device": moved.get("set", 0),
                "deleted": is_gone,
                "removed_from_device": is_gone if intent.pk in sent else 0,
            }
            actual = {name: mine.get(f"access_code.{name}", 0) for name in expected}
            if actual != expected:
                self.found("I6", f"code {intent.pk}: events {actual}, transitions {expected}")

    def _check_secrecy(self) -> None:
        """I15: no PIN in a log line or in the open part of an event."""
        pins = {pin for intent in self.world.people.intents.values() for pin in intent.pins()}
        pins |= self.world.people.pins_typed
        texts = [*self.world.log_lines]
        texts += [str(text) for (text,) in rows.fetch("SELECT payload FROM journal_event")]
        texts += [
            str(text)
            for (text,) in rows.fetch("SELECT sentence || evidence FROM accesscodes_problem")
        ]
        for number in re.findall(r"\d{6,}", _PLAIN.sub(" ", "\n".join(texts))):
            if number in pins:
                self.found("I15", "a PIN was logged or told in the clear", (number,))


# Ids and moments hold digits that are no PINs.
_PLAIN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z?")
