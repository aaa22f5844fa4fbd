"""The memory of a virtual lock at an instant."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.providers.virtual.memory import Write, memory_at
from tests.clock import START


def write(slot, minute, content, order=0):
    return Write(slot, START + timedelta(minutes=minute), order, content)


@pytest.mark.parametrize(
    ("writes", "held"),
    [
        ([], {}),
        ([write(1, 0, "a")], {1: "a"}),
        ([write(2, 0, "b"), write(1, 0, "a")], {1: "a", 2: "b"}),
        ([write(1, -2, "a"), write(1, -1, "b")], {1: "b"}),
        ([write(1, -1, "b"), write(1, -2, "a")], {1: "b"}),
        ([write(1, -2, "a"), write(1, -1, None)], {}),
        ([write(1, -2, None), write(1, -1, "a")], {1: "a"}),
        ([write(1, 0, "a", order=1), write(1, 0, "b", order=2)], {1: "b"}),
        ([write(1, 0, "b", order=2), write(1, 0, "a", order=1)], {1: "b"}),
    ],
)
def test_the_newest_write_of_a_slot_counts(writes, held):
    assert memory_at(writes, START) == held


def test_a_write_counts_from_its_time_on_and_lands_over_an_earlier_erasure():
    writes = [write(1, 0, None, order=2), write(1, 5, "late", order=1)]

    assert memory_at(writes, START + timedelta(minutes=5, microseconds=-1)) == {}
    assert memory_at(writes, START + timedelta(minutes=5)) == {1: "late"}


def test_slots_are_in_order():
    assert list(memory_at([write(slot, 0, "x") for slot in (9, 1, 5)], START)) == [1, 5, 9]


WRITES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(-3, 3), st.sampled_from(["a", "b", None])),
    max_size=8,
)


@given(WRITES, st.randoms())
def test_the_order_in_which_rows_are_read_does_not_matter(facts, random):
    writes = [
        write(slot, minute, content, order) for order, (slot, minute, content) in enumerate(facts)
    ]
    shuffled = list(writes)
    random.shuffle(shuffled)

    assert memory_at(shuffled, START) == memory_at(writes, START)
