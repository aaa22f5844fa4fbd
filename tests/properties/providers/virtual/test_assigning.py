"""PINs that a maker chooses."""

import pytest

from locksite.masked import Pin
from properties.providers.virtual.acceptance import keeps_rules
from properties.providers.virtual.assigning import assigned_pin
from properties.providers.virtual.body import differing
from properties.providers.virtual.makes import MAKES
from properties.providers.virtual.memory import Entry

SALTO = MAKES["salto"]
SECRET, OTHER_SECRET = b"a" * 32, b"b" * 32


def pin(wish="Ana/None/None", *, make=SALTO, secret=SECRET, slot=1, memory=None):
    return assigned_pin(make, secret, slot, wish, memory or {})


def test_one_wish_has_one_pin_per_slot_and_secret():
    assert pin() == pin()
    assert len({pin(), pin("Emil/None/None"), pin(slot=2), pin(secret=OTHER_SECRET)}) == 4


@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_what_is_chosen_keeps_the_rules_of_the_make_and_is_no_sequence(make):
    drawn = [pin(f"Guest {n}", make=make).digits for n in range(300)]

    assert {len(digits) for digits in drawn} == set(make.code_lengths)
    assert all(keeps_rules(make.digit_rules, digits) for digits in drawn)
    assert all(len(set(digits)) >= 3 for digits in drawn)


def test_a_pin_in_another_slot_is_not_given_again():
    first = pin()

    second = pin(memory={2: Entry(first)})

    assert second != first
    assert pin(memory={1: Entry(first)}) == first


def test_a_slot_keeps_its_pin_when_an_earlier_choice_becomes_free():
    first = pin()
    second = pin(memory={2: Entry(first)})

    assert pin(memory={1: Entry(second), 2: Entry(first)}) == second
    assert pin(memory={1: Entry(second), 2: Entry(Pin("999888"))}) == second


def test_a_pin_that_somebody_changed_is_put_back():
    assert pin(memory={1: Entry(Pin("999888"))}) == pin()


def test_where_the_rules_leave_no_pin_there_is_none():
    impossible = differing("salto", {"digit_rules": ["cannot_contain_0789"], "code_lengths": [1]})

    assert pin(make=impossible) is None
