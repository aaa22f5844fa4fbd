"""What a virtual lock itself says to a write."""

from dataclasses import replace
from datetime import timedelta

import pytest

from locksite.masked import Pin
from properties.choices import Fault
from properties.providers.base import Retry, SlotWrite
from properties.providers.virtual.acceptance import refusal, removal_refusal, stored
from properties.providers.virtual.body import Body, differing
from properties.providers.virtual.makes import MAKES
from properties.providers.virtual.memory import Entry
from tests.clock import START

TOMORROW = START + timedelta(days=1)


def body(make="yale", *, traits=None, **facts):
    return Body(uid="u", make=differing(make, traits or {}), name="Door", made_at=START, **facts)


def write(digits="739258", slot=1, name="Lena Okafor", **window):
    return SlotWrite(slot, Pin(digits), name, **window)


def answer(lock, what=None, memory=None, now=START):
    refused = refusal(lock, memory or {}, what or write(), now)
    return refused and (refused.error_code, refused.retry)


VIOLATED = ("code_constraints_violated", Retry.ON_WISH)


@pytest.mark.parametrize(
    ("rule", "taken", "refused"),
    [
        ("no_zeros", "191919", "191910"),
        ("cannot_start_with_12", "212121", "121212"),
        ("no_triple_consecutive_ints", "123111", "123411"),
        ("no_triple_consecutive_ints", "111222", "111122"),
        ("no_triple_consecutive_ints", "987987", "987698"),
        ("no_triple_consecutive_ints", "121212", "334569"),
        ("no_ascending_or_descending_sequence", "123457", "123456"),
        ("no_ascending_or_descending_sequence", "111111", "987654"),
        ("at_least_three_unique_digits", "112233", "112211"),
        ("no_all_same_digits", "777778", "777777"),
        ("unique_first_four_digits", "123411", "123111"),
        ("cannot_contain_089", "123457", "123458"),
        ("cannot_contain_0789", "123456", "123457"),
    ],
)
def test_rules_for_the_digits(rule, taken, refused):
    lock = body(traits={"digit_rules": [rule]})

    assert answer(lock, write(taken)) is None
    assert answer(lock, write(refused)) == VIOLATED


@pytest.mark.parametrize("make", [key for key, make in MAKES.items() if not make.assigns_pins])
def test_every_make_refuses_lengths_that_it_does_not_list(make):
    lock = body(make)
    long_pin = "7392586147"

    taken = [length for length in range(1, 11) if answer(lock, write(long_pin[:length])) is None]

    assert taken == list(MAKES[make].code_lengths)


@pytest.mark.parametrize("digits", ["73 258", "73925a", "٧٣٩٢٥٨", "-39258", ""])
def test_only_ascii_digits_are_a_pin(digits):
    assert answer(body(), write(digits)) == VIOLATED


def test_no_refusal_names_the_digits():
    refused = refusal(body("nuki"), {}, write("120000"), START)

    assert refused is not None
    assert "120000" not in str(refused)


@pytest.mark.parametrize(
    ("make", "facts", "error_code"),
    [
        ("august", {"has_hub": False}, "august_lock_missing_bridge"),
        ("ttlock", {"has_hub": False}, "ttlock_lock_not_paired_to_gateway"),
        ("august", {"has_keypad": False}, "august_lock_missing_keypad"),
        ("nuki", {"has_keypad": False}, "failed_to_set_on_device"),
        ("tedee", {"keypad_is_linked": False}, "failed_to_set_on_device"),
        ("nuki", {"faults": {Fault.KEYPAD_DISCONNECTED}}, "failed_to_set_on_device"),
        ("nuki", {"faults": {Fault.KEYPAD_BATTERY_FLAT}}, "failed_to_set_on_device"),
        ("yale", {"faults": {Fault.SUBSCRIPTION_REQUIRED}}, "subscription_required"),
        ("yale", {"faults": {Fault.INSUFFICIENT_PERMISSIONS}}, "insufficient_permissions"),
        ("yale", {"faults": {Fault.SUPPORT_LOST}}, "failed_to_set_on_device"),
        ("yale", {"faults": {Fault.POWER_SAVING}}, "provider_issue"),
        ("yale", {"faults": {Fault.MEMORY_FULL}}, "no_space_for_access_code_on_device"),
        ("oracode", {}, "failed_to_set_on_device"),
    ],
)
def test_a_lock_that_is_not_able_waits_for_a_change_on_the_lock(make, facts, error_code):
    facts = {key: frozenset(v) if key == "faults" else v for key, v in facts.items()}

    assert answer(body(make, **facts)) == (error_code, Retry.ON_LOCK_CHANGE)


@pytest.mark.parametrize("fault", [Fault.KEYPAD_BATTERY_FLAT, Fault.KEYPAD_DISCONNECTED])
def test_a_built_in_keypad_that_is_dead_does_not_keep_codes_out(fault):
    assert answer(body("yale", faults=frozenset({fault}))) is None


def test_without_a_time_zone_dates_are_refused_and_codes_without_dates_taken():
    lock = body(faults=frozenset({Fault.TIME_ZONE_UNKNOWN}))

    refused = ("time_zone_unknown", Retry.ON_LOCK_CHANGE)
    assert answer(lock, write(starts_at=START, ends_at=TOMORROW)) == refused
    assert answer(lock, write(ends_at=TOMORROW)) == refused
    assert answer(lock) is None
    assert answer(body(), write(starts_at=START, ends_at=TOMORROW)) is None


def test_a_lock_without_a_timetable_needs_no_time_zone():
    lock = body("lockly", faults=frozenset({Fault.TIME_ZONE_UNKNOWN}))

    assert answer(lock, write(starts_at=START, ends_at=TOMORROW)) is None


@pytest.mark.parametrize(
    ("make", "error_code"),
    [("ultraloq", "ultraloq_time_zone_unknown"), ("two_n", "two_n_device_missing_timezone")],
)
def test_some_makes_take_dates_only_once_their_zone_is_set(make, error_code):
    dated = write(starts_at=START, ends_at=TOMORROW)

    assert answer(body(make), dated) == (error_code, Retry.ON_LOCK_CHANGE)
    assert answer(body(make)) is None
    assert answer(body(make, time_zone="Europe/Berlin"), dated) is None


def test_a_make_that_wants_both_ends_of_a_window_takes_none_at_all_as_well():
    lock, later = body("kwikset"), START + timedelta(hours=1)

    assert answer(lock, write(starts_at=later)) == VIOLATED
    assert answer(lock, write(ends_at=TOMORROW)) == VIOLATED
    assert answer(lock, write(starts_at=later, ends_at=TOMORROW)) is None
    assert answer(lock) is None
    assert answer(body(), write(ends_at=TOMORROW)) is None


def test_a_make_that_wants_a_start_ahead_takes_changes_of_a_code_that_runs():
    lock = body("kwikset")
    dated = write(starts_at=START, ends_at=TOMORROW)
    running = {1: Entry(Pin("846372"), "Lena Okafor", START, TOMORROW)}

    assert answer(lock, dated, now=START - timedelta(seconds=1)) is None
    assert answer(lock, dated, now=START) == VIOLATED
    assert answer(lock, dated, running, now=START) is None
    assert answer(body(), dated, now=START) is None


def test_a_lock_that_lost_its_timetable_takes_no_dates():
    lock = body(faults=frozenset({Fault.CANNOT_SCHEDULE}))

    assert answer(lock, write(starts_at=START, ends_at=TOMORROW)) == (
        "failed_to_set_on_device",
        Retry.ON_LOCK_CHANGE,
    )
    assert answer(lock) is None
    just_in_time = body("lockly", faults=frozenset({Fault.CANNOT_SCHEDULE}))
    assert answer(just_in_time, write(starts_at=START, ends_at=TOMORROW)) is None


def test_a_pin_is_given_where_the_maker_does_not_choose_it_and_only_there():
    assert answer(body("salto"), write()) == VIOLATED
    assert answer(body("salto"), SlotWrite(1, None, "Ana")) is None
    assert answer(body("yale"), SlotWrite(1, None, "Ana")) == VIOLATED


def test_slots_that_the_hub_keeps_for_itself_are_not_given_away():
    lock = body("smartthings", traits={"max_codes": 5})
    full = ("no_space_for_access_code_on_device", Retry.ON_LOCK_CHANGE)

    assert answer(lock, write(slot=2)) is None
    assert answer(lock, write(slot=3)) == full
    assert answer(lock, write(slot=3), {1: Entry(Pin("846372")), 2: Entry(Pin("593864"))}) == full


@pytest.mark.parametrize(
    ("facts", "error_code"),
    [
        ({}, None),
        ({"faults": frozenset({Fault.POWER_SAVING})}, "provider_issue"),
        ({"faults": frozenset({Fault.INSUFFICIENT_PERMISSIONS})}, "insufficient_permissions"),
        ({"faults": frozenset({Fault.SUBSCRIPTION_REQUIRED, Fault.SUPPORT_LOST})}, None),
        ({"has_hub": False}, "failed_to_set_on_device"),
        ({"has_keypad": False}, None),
    ],
)
def test_what_keeps_a_code_from_being_taken_off(facts, error_code):
    refused = removal_refusal(body("tedee", **facts))

    assert (refused and refused.error_code) == error_code


def test_ends_are_stretched_by_an_hour_where_the_lock_gets_clock_changes_wrong():
    lock = body(faults=frozenset({Fault.STRETCHES_ENDS}))
    wish = write(starts_at=START, ends_at=TOMORROW)

    assert stored(lock, wish, wish.pin).ends_at == TOMORROW + timedelta(hours=1)
    assert stored(body(), wish, wish.pin).ends_at == TOMORROW
    assert stored(lock, write(), wish.pin).ends_at is None


def test_a_name_that_is_too_short():
    assert answer(body("august"), write(name="")) == VIOLATED
    assert answer(body("yale"), write(name="")) is None


def test_a_name_twice_where_names_must_differ():
    memory = {1: Entry(Pin("846372"), "Ana")}

    assert answer(body("wyze"), write(slot=2, name="Ana"), memory) == (
        "wyze_duplicate_code_name",
        Retry.ON_LOCK_CHANGE,
    )
    assert answer(body("wyze"), write(slot=1, name="Ana"), memory) is None
    assert answer(body("yale"), write(slot=2, name="Ana"), memory) is None
    strict = body("yale", faults=frozenset({Fault.REFUSES_NAMES}))
    assert answer(strict, write(slot=2, name="Ana"), memory) == (
        "code_constraints_violated",
        Retry.ON_LOCK_CHANGE,
    )


def test_a_pin_twice_where_the_lock_looks():
    memory = {1: Entry(Pin("739258"), "Ana")}

    assert answer(body("yale"), write("739258", slot=2), memory) == (
        "duplicate_code_on_device",
        Retry.ON_LOCK_CHANGE,
    )
    assert answer(body("yale"), write("739258", slot=1), memory) is None
    assert answer(body("ttlock"), write("739258", slot=2), memory) is None
    strict = body("ttlock", faults=frozenset({Fault.REFUSES_DUPLICATES}))
    assert answer(strict, write("739258", slot=2), memory) == (
        "duplicate_code_on_device",
        Retry.ON_LOCK_CHANGE,
    )


def test_a_full_memory_takes_a_new_pin_only_into_a_slot_in_use():
    lock = body(traits={"max_codes": 2})
    memory = {1: Entry(Pin("846372")), 2: Entry(Pin("593864"))}
    full = ("no_space_for_access_code_on_device", Retry.ON_LOCK_CHANGE)

    assert answer(lock, write(slot=3), memory) == full
    assert answer(lock, write(slot=2), memory) is None
    assert answer(lock, write(slot=3), {1: memory[1]}) == full
    assert answer(lock, write(slot=2), {1: memory[1]}) is None


def test_the_first_complaint_is_the_one_about_being_able_at_all():
    lock = body("nuki", has_keypad=False)

    assert answer(lock, write("0")) == ("failed_to_set_on_device", Retry.ON_LOCK_CHANGE)


def test_a_lock_with_a_timetable_stores_dates_and_cuts_the_name():
    wish = write(name="Bartholomew Featherstone", starts_at=START, ends_at=TOMORROW)

    kept = stored(body("schlage"), wish, wish.pin)

    assert kept == Entry(Pin("739258"), "Bartholomew", START, TOMORROW)


def test_a_lock_without_a_timetable_stores_no_dates():
    kept = stored(body("lockly"), write(starts_at=START, ends_at=TOMORROW), Pin("739258"))

    assert kept == Entry(Pin("739258"), "Lena Okafor")


def test_traits_replace_what_the_make_says():
    lock = body("nuki", traits={"max_codes": 5, "proof": "ack", "accessory_keypad": False})

    assert lock.make == replace(MAKES["nuki"], max_codes=5, proof=lock.make.proof)
    assert lock.make.proof.value == "ack"
