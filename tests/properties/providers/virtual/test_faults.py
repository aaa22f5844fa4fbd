"""Every fault, one by one: what the lock does, what the caller hears, what the account says.

The same small story is told for each: two codes are on the lock, A without dates in slot 1 and C,
which starts in an hour, in slot 3. The fault begins. B is put into slot 2, the lock is read, its
account listed, A and C are typed at the door, and C is taken off. A fault without a row fails.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from locksite.masked import Pin
from properties.choices import Fault
from properties.providers.base import AccountProblem, LockRef, ProviderError, SlotWrite
from properties.providers.virtual.catalogue import CATALOGUE, Group
from properties.providers.virtual.driver import VirtualDriver
from properties.providers.virtual.mishaps import BY_PEOPLE, OF_COMMANDS, OF_READINGS
from properties.providers.virtual.people import contents, switch_fault, type_pin
from properties.providers.virtual.traits import NEXT_CALLS, PARAMETERS, STRIKING
from tests.clock import START
from tests.factories import VirtualLockFactory

pytestmark = pytest.mark.django_db

PINS = {"A": Pin("739258"), "B": Pin("846372"), "C": Pin("593864")}
LETTERS = {pin: letter for letter, pin in PINS.items()}
LATER, END = START + timedelta(hours=1), START + timedelta(days=2)

CUT_OFF = "Unreachable device_disconnected"
NO_ANSWER = "Unreachable provider_issue"


@dataclass(frozen=True)
class Row:
    """What is expected; as it stands, of a lock without any fault.

    Entries are written as slot and PIN: "1A", with "?" for a hidden PIN, "x" for another one,
    "-" where it is switched off, "+" where it ends an hour late, "f" where others made it.
    `opens`: the codes that open the door. `takes_codes`: the online flag. `seconds`: how long it
    took to put B on. `left`: what is on the lock ten minutes after all.
    """

    make: str = "yale"
    pin: str = "B"
    name: str = "Emil"
    after: timedelta = timedelta(0)
    traits: dict = field(default_factory=dict)
    program: str = "ok"
    seconds: float = 1
    holds: str = "1A 2B 3C"
    reads: str = "1A 2B 3C"
    reports: str = ""
    takes_codes: bool | None = True
    opens: str = "A"
    remove: str = "ok"
    left: str = "1A 2B"


def cut_off(error, make="yale", **kwargs):
    return Row(
        make=make,
        program=f"Unreachable {error}",
        holds="1A 3C",
        reads=f"Unreachable {error}",
        remove=f"Unreachable {error}",
        left="1A 3C",
        **kwargs,
    )


def takes_nothing_new(program, reports, **kwargs):
    return Row(program=program, holds="1A 3C", reads="1A 3C", left="1A", reports=reports, **kwargs)


ROWS = {
    Fault.OFFLINE: cut_off("device_disconnected", reports="device_disconnected"),
    Fault.HUB_DISCONNECTED: cut_off("hub_disconnected", "tedee", reports="hub_disconnected"),
    Fault.FLAKY: cut_off("device_disconnected", reports="device_has_flaky_connection"),
    Fault.WAKES_RARELY: cut_off("device_disconnected", after=timedelta(minutes=2)),
    Fault.SLOW: Row(seconds=5, reports="device_has_flaky_connection"),
    Fault.ACCOUNT_DISCONNECTED: Row(
        program="AccountProblem account_disconnected",
        holds="1A 3C",
        reads="AccountProblem account_disconnected",
        reports="AccountProblem account_disconnected",
        takes_codes=None,
        remove="AccountProblem account_disconnected",
        left="1A 3C",
    ),
    Fault.REMOVED: Row(
        program="Refused device_removed",
        seconds=0,
        holds="1A 3C",
        reads="Refused device_removed",
        reports="not listed",
        takes_codes=None,
        remove="Refused device_removed",
        left="1A 3C",
    ),
    Fault.SUBSCRIPTION_REQUIRED: takes_nothing_new(
        "Refused subscription_required", "subscription_required", takes_codes=False
    ),
    Fault.INSUFFICIENT_PERMISSIONS: Row(
        program="Refused insufficient_permissions",
        holds="1A 3C",
        reads="1A 3C",
        reports="insufficient_permissions",
        takes_codes=False,
        remove="Refused insufficient_permissions",
        left="1A 3C",
    ),
    Fault.SUPPORT_LOST: takes_nothing_new(
        "Refused failed_to_set_on_device",
        "salto_ks_lock_access_code_support_removed",
        takes_codes=False,
    ),
    Fault.POWER_SAVING: Row(
        make="ttlock",
        program="Refused provider_issue",
        holds="1A 3C",
        reads="1A 3C",
        reports="power_saving_mode",
        remove="Refused provider_issue",
        left="1A 3C",
    ),
    Fault.KEYPAD_DISCONNECTED: takes_nothing_new(
        "Refused failed_to_set_on_device", "", make="tedee", takes_codes=False, opens=""
    ),
    Fault.KEYPAD_BATTERY_FLAT: takes_nothing_new(
        "Refused failed_to_set_on_device",
        "accessory_keypad_low_battery",
        make="tedee",
        takes_codes=False,
        opens="",
    ),
    Fault.BATTERY_LOW: Row(reports="battery low"),
    Fault.BATTERY_CRITICAL: Row(reports="battery critical"),
    Fault.TIME_ZONE_UNKNOWN: takes_nothing_new("Refused time_zone_unknown", "time_zone_unknown"),
    Fault.WRONG_CLOCK: Row(reports="time_zone_mismatch", opens="A C"),
    Fault.CANNOT_SCHEDULE: takes_nothing_new(
        "Refused failed_to_set_on_device", "no timetable", opens="A C"
    ),
    Fault.STRETCHES_ENDS: Row(holds="1A 2B+ 3C", reads="1A 2B+ 3C", left="1A 2B+"),
    Fault.PRIVACY_MODE: Row(reports="privacy_mode", opens=""),
    Fault.OFFICE_MODE: Row(reports="salto_ks_office_mode", opens=""),
    Fault.MEMORY_FULL: takes_nothing_new(
        "Refused no_space_for_access_code_on_device", "max_access_codes_reached"
    ),
    Fault.REFUSES_DUPLICATES: takes_nothing_new(
        "Refused duplicate_code_on_device", "", make="ttlock", pin="A"
    ),
    Fault.REFUSES_NAMES: takes_nothing_new("Refused code_constraints_violated", "", name="Ana"),
    Fault.MASKS_PINS: Row(reads="1? 2? 3?", reports="hides PINs"),
    Fault.LIES: Row(holds="1A 3C", reads="1A 3C", left="1A 3C"),
    Fault.LATE: Row(holds="1A 3C", reads="1A 3C"),
    Fault.LOSES_CODES: Row(left="1A"),
    Fault.DOES_THEN_FAILS: Row(program=NO_ANSWER, remove=NO_ANSWER),
    Fault.FAILS_BEFORE: Row(
        program=NO_ANSWER, holds="1A 3C", reads="1A 3C", remove=NO_ANSWER, left="1A 3C"
    ),
    Fault.HALF_OPEN: Row(program=NO_ANSWER, seconds=20, reads=NO_ANSWER, remove=NO_ANSWER),
    Fault.DRIPS: Row(
        program=NO_ANSWER, seconds=20, holds="1A 3C", reads=NO_ANSWER, remove=NO_ANSWER
    ),
    Fault.GARBAGE: Row(program=NO_ANSWER, reads=NO_ANSWER, remove=NO_ANSWER),
    Fault.RATE_LIMITED: Row(
        program="Refused provider_issue",
        holds="1A 3C",
        reads="1A 3C",
        remove="Refused provider_issue",
        left="1A 3C",
    ),
    Fault.CANNOT_LIST: Row(reads=NO_ANSWER),
    Fault.STALE_LIST: Row(after=timedelta(minutes=3), reads="1A 3C"),
    Fault.EMPTY_LIST: Row(reads="nothing"),
    Fault.MEDDLED_WITH: Row(traits={"fault_share": 1}, reads="1A 2B 3C-"),
    Fault.FOREIGN_CODES: Row(
        traits={"fault_share": 1},
        reads="1A 2B 3C 4x",
        left="1A 2B 4xf",
    ),
}


def words(slot, code, *, foreign=False):
    letter = "?" if code.pin is None else LETTERS.get(code.pin, "x")
    is_late = code.ends_at == END + timedelta(hours=1)
    off = "" if code.is_enabled else "-"
    return f"{slot}{letter}{'+' if is_late else ''}{off}{'f' if foreign else ''}"


def told(call):
    """Return what a call answers, in words."""
    try:
        return call() or "ok"
    except ProviderError as error:
        return f"{type(error).__name__} {error.error_code}"


class Story:
    """One lock, and all that is seen of it from both sides."""

    def __init__(self, row, clock):
        self.row, self.clock = row, clock
        self.lock = VirtualLockFactory(
            make=row.make,
            answer_min=1,
            answer_max=1,
            traits=row.traits,
            time_zone="Europe/Berlin",
        )
        self.driver = VirtualDriver(self.lock.account, clock.doors())
        self.ref = LockRef(device_uid=self.lock.uid, remote_id=str(self.lock.uid))

    def put(self, slot, letter, name, **window):
        self.driver.program(self.ref, SlotWrite(slot, PINS[letter], name, **window))

    def holds(self):
        memory = contents(self.lock, now=self.clock())
        return " ".join(words(slot, one, foreign=one.is_foreign) for slot, one in memory.items())

    def reads(self):
        reading = self.driver.read(self.ref)
        return " ".join(words(one.slot, one) for one in reading.codes) or "nothing"

    def reports(self):
        found = self.driver.list_devices()
        if not found:
            return "not listed"
        [listed] = found
        return " ".join(
            [
                *(one["error_code"] for one in listed.errors),
                *(one["warning_code"] for one in listed.warnings),
                *(
                    f"battery {word}"
                    for word in [listed.properties["battery"]["status"]]
                    if word in {"low", "critical"}
                ),
                *(["no timetable"] if not listed.capabilities.keeps_window else []),
                *(["hides PINs"] if listed.capabilities.proof == "slot_only" else []),
            ]
        )

    def takes_codes(self):
        try:
            found = self.driver.list_devices()
        except AccountProblem:
            return None
        if not found:
            return None
        [listed] = found
        return listed.flags["can_program_online_access_codes"]

    def opens(self):
        typed = {letter: type_pin(self.lock, PINS[letter], now=self.clock()) for letter in "AC"}
        return " ".join(letter for letter, one in typed.items() if one.opened)

    def told_under(self, fault):
        """Live through it all under a fault; return what was seen, as a row."""
        window = {"starts_at": LATER, "ends_at": END}
        self.put(1, "A", "Ana")
        self.put(3, "C", "Cleo", **window)
        if fault is not None:
            switch_fault(self.lock, fault, True, now=self.clock())
        self.clock.move(self.row.after)
        began = self.clock()
        program = told(lambda: self.put(2, self.row.pin, self.row.name, **window))
        seconds = (self.clock() - began).total_seconds()
        holds = self.holds()
        reads = told(self.reads)
        reports = told(self.reports)
        takes_codes = self.takes_codes()
        opens = self.opens()
        remove = told(lambda: self.driver.remove(self.ref, 3) and None)
        self.clock.move(minutes=10)
        return replace(
            self.row,
            program=program,
            seconds=seconds,
            holds=holds,
            reads=reads,
            reports="" if reports == "ok" else reports,
            takes_codes=takes_codes,
            opens=opens,
            remove=remove,
            left=self.holds(),
        )


@pytest.mark.parametrize("fault", Fault)
def test_what_each_fault_does(fault, clock):
    row = ROWS[fault]

    assert Story(row, clock).told_under(fault) == row


@pytest.mark.parametrize("make", ["yale", "tedee", "ttlock"])
def test_without_a_fault_there_is_nothing_to_tell(make, clock):
    row = Row(make=make)

    assert Story(row, clock).told_under(None) == row


def test_a_fault_that_does_nothing_would_be_found():
    """On a form, a fault that nothing reads would be a promise that is not kept."""
    plain = Row()

    assert [
        fault
        for fault, row in ROWS.items()
        if row
        == replace(
            plain, make=row.make, pin=row.pin, name=row.name, traits=row.traits, after=row.after
        )
    ] == []


# ---- The catalogue ----


def test_every_fault_is_described_and_every_parameter_of_it_is_known():
    assert set(CATALOGUE) == set(Fault)
    for fault, about in CATALOGUE.items():
        assert about.help.endswith("."), fault
    assert {name for about in CATALOGUE.values() for name in about.parameters} == {
        *PARAMETERS,
        NEXT_CALLS,
    }


def test_the_groups_of_the_catalogue_are_what_befalls_calls_and_what_people_do():
    grouped = {
        group: {fault for fault, about in CATALOGUE.items() if about.group is group}
        for group in Group
    }

    assert grouped[Group.CALL] == OF_COMMANDS | OF_READINGS
    assert grouped[Group.PEOPLE] == BY_PEOPLE
    assert len(grouped[Group.CONDITION]) == len(Fault) - len(STRIKING)
