"""What is wrong with the traits of a lock, before a lock has to live with them."""

import pytest

from properties.providers.virtual.body import differing
from properties.providers.virtual.makes import MAKES, TimeSlot
from properties.providers.virtual.traits import PARAMETERS, problems_of


@pytest.mark.parametrize(
    "traits",
    [
        {},
        {name: parameter.default for name, parameter in PARAMETERS.items()},
        {name: parameter.least for name, parameter in PARAMETERS.items()},
        {name: parameter.most for name, parameter in PARAMETERS.items()},
        {"next_calls": {"lies": 3, "empty_list": 0, "meddled_with": 1}},
        {"accessory_keypad": False, "has_bridge": True, "keypad_is_linked": False},
        {"model": "Go", "max_codes": 5, "name_max": 9, "proof": "ack", "needs_zone": True},
        {"digit_rules": ["no_zeros"], "code_lengths": [4, 6], "time_slots": []},
        {"time_slots": [{"name": "Night", "starts": "20:00", "ends": "08:00"}]},
    ],
)
def test_traits_that_a_lock_can_have(traits):
    assert problems_of(traits) == []
    assert differing("oracode", traits).key == "oracode"


@pytest.mark.parametrize(
    ("traits", "sentence"),
    [
        ({"fault_share": 1.01}, "Between 0 and 1."),
        ({"fault_share": "much"}, "A number."),
        ({"fault_share": True}, "A number."),
        ({"late_by_s": -1}, "Between 0 and 86400."),
        ({"late_by_s": 1.5}, "A whole number."),
        ({"wake_every_s": 119}, "Between 120 and 604800."),
        ({"clock_offset_s": 86401}, "Between -86400 and 86400."),
        ({"drips_for_s": 20}, "Between 21 and 86400."),
        ({"next_calls": 3}, "Faults, each with a number of calls."),
        ({"next_calls": {"lies": "3"}}, "“lies” wants a whole number of calls."),
        ({"next_calls": {"lies": -1}}, "“lies” can be ordered for 0 to 1000 calls."),
        ({"has_bridge": "no"}, "true or false."),
        ({"max_codes": "5"}, "A whole number from 0 on."),
        ({"max_codes": True}, "A whole number from 0 on."),
        ({"needs_hub": 1}, "true or false."),
        ({"model": 3}, "A text."),
        ({"proof": "sworn"}, "One of: readback, slot_only, ack, none."),
        ({"code_lengths": []}, "A list of lengths, such as [4, 6]."),
        ({"code_lengths": 4}, "A list of lengths, such as [4, 6]."),
        (
            {"time_slots": [{"name": "Night"}]},
            "A list of windows with name, starts and ends, such as 15:00.",
        ),
        ({"colour": "red"}, "There is no such trait."),
        ({"key": "yale"}, "There is no such trait."),
        ({"metadata": {}}, "There is no such trait."),
    ],
)
def test_traits_that_no_lock_can_have(traits, sentence):
    [name] = traits

    assert problems_of(traits) == [(name, sentence)]


def test_a_fault_that_befalls_no_call_cannot_be_ordered():
    [(name, sentence)] = problems_of({"next_calls": {"offline": 1}})

    assert name == "next_calls"
    assert sentence.startswith("“offline” befalls no single call. Known are: cannot_list, does_")


def test_an_unknown_rule_is_told_with_those_that_there_are():
    [(_, sentence)] = problems_of({"digit_rules": ["no_sevens"]})

    assert sentence.startswith("A list of: at_least_three_unique_digits, cannot_contain_0789")


def test_windows_become_those_of_the_make():
    changed = differing(
        "oracode", {"time_slots": [{"name": "N", "starts": "20:00", "ends": "8:00"}]}
    )

    assert changed.time_slots == [TimeSlot("N", "20:00", "8:00")]
    assert MAKES["oracode"].time_slots != changed.time_slots
