"""The plan of one lock: who yields to whom, how much may leave now, what is held back. Pure."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accesscodes.choices import CommandAction, Placement
from accesscodes.planning import (
    BUDGET,
    Blocked,
    Program,
    Remove,
    Sent,
    overdue,
    plan_lock,
    probe,
    within_budget,
)
from accesscodes.values import Content, Installed, LockTerms, Seen, Tracked
from properties.choices import Proof
from properties.providers.base import Capabilities
from tests.accesscodes.test_lifecycle import HOUR, NATIVE, dated, on_lock, ongoing, seen
from tests.clock import START

MINUTE = timedelta(minutes=1)
FULL = "no_space_for_access_code_on_device"
DUPLICATE = "duplicate_code_on_device"
ABSENT = Installed()


def plan(*pairs, foreign=(), terms=NATIVE):
    codes = [Tracked(wish, installed) for wish, installed in pairs]
    entries = [seen(entry) for _, entry in pairs if entry.is_on_lock]
    return plan_lock(codes, [*entries, *foreign], terms, START)


def stranger(slot):
    return Seen(slot, Content(f"theirs-{slot}", "App"))


# ---- a full lock --------------------------------------------------------------------------------


def three_preloaded():
    """Return three codes that fill the lock's three slots; they start in 30, 60 and 50 hours."""
    wishes = [
        dated(30 * HOUR, code_id=1),
        dated(60 * HOUR, code_id=2),
        dated(50 * HOUR, code_id=3),
    ]
    return [(wish, on_lock(wish, slot=wish.code_id)) for wish in wishes]


def test_on_a_full_lock_the_code_that_starts_last_yields_to_one_that_starts_earlier():
    near = dated(2 * HOUR, code_id=9)

    assert plan(*three_preloaded(), (near, ABSENT)) == [Remove(2, 2)]


def test_once_it_has_yielded_the_nearer_code_gets_the_slot_and_it_waits():
    first, yielded, third = three_preloaded()
    far = (
        yielded[0],
        replace(yielded[1], placement=Placement.ABSENT, content=None, absent_at=START),
    )
    near = dated(2 * HOUR, code_id=9)

    assert plan(first, far, third, (near, ABSENT)) == [
        Program(9, 2),
        Blocked(2, FULL, "The lock has no free code slot."),
    ]


def test_where_pins_are_hidden_a_yielded_slot_holds_the_pin_of_the_code_that_got_it():
    first, yielded, third = three_preloaded()
    left = replace(yielded[1], placement=Placement.ABSENT, content=None, absent_at=START)
    near = dated(2 * HOUR, code_id=9)
    codes = [first, (yielded[0], left), third, (near, on_lock(near, slot=2))]
    entries = [Seen(slot, Content(None, "hidden")) for slot in (1, 2, 3)]

    steps = plan_lock([Tracked(*pair) for pair in codes], entries, NATIVE, START)

    assert steps == [Blocked(2, FULL, "The lock has no free code slot.")]


def test_nobody_yields_to_a_code_that_starts_later():
    latest = dated(70 * HOUR, code_id=9)

    assert plan(*three_preloaded(), (latest, ABSENT)) == [
        Blocked(9, FULL, "The lock has no free code slot.")
    ]


def test_a_guest_who_is_inside_never_yields():
    inside = [ongoing(1), dated(-HOUR, code_id=2), dated(-2 * HOUR, code_id=3)]
    held = [(wish, on_lock(wish, slot=wish.code_id)) for wish in inside]
    early = dated(-3 * HOUR, code_id=9)

    assert plan(*held, (early, ABSENT)) == [Blocked(9, FULL, "The lock has no free code slot.")]


def test_codes_that_are_not_ours_never_yield():
    near = dated(2 * HOUR, code_id=9)

    assert plan((near, ABSENT), foreign=[stranger(1), stranger(2), stranger(3)]) == [
        Blocked(9, FULL, "The lock has no free code slot.")
    ]


def test_a_code_that_waits_out_a_pause_keeps_its_slot_from_one_that_starts_later():
    near = dated(2 * HOUR, code_id=9)
    waits = Installed(attempts=1, retry_at=START + MINUTE)
    far = dated(60 * HOUR, code_id=10)

    steps = plan((near, waits), (far, ABSENT), foreign=[stranger(1), stranger(2)])

    assert steps == [Blocked(10, FULL, "The lock has no free code slot.")]


@pytest.mark.parametrize("minutes", [1, -1])
def test_a_code_whose_pin_the_lock_refuses_keeps_no_slot_from_others(minutes):
    """A code that the lock hides has the PIN: it may go on refusing for as long as it likes."""
    hopeless = dated(2 * HOUR, code_id=9)
    refused = Installed(
        slot=3,
        sent=Content(hopeless.pin_index, hopeless.name),
        attempts=4,
        retry_at=START + minutes * MINUTE,
        error_code=DUPLICATE,
    )
    far = dated(60 * HOUR, code_id=10)
    theirs = [stranger(1), stranger(2)]

    assert plan((hopeless, refused), (far, ABSENT), foreign=theirs) == [Program(10, 3)]
    assert plan((hopeless, refused), (far, on_lock(far, slot=3)), foreign=theirs) == []


def test_a_code_that_got_another_pin_than_the_refused_one_takes_its_turn_again():
    changed = dated(2 * HOUR, code_id=9, pin_index="another")
    refused = Installed(
        slot=3, sent=Content("refused", ""), retry_at=START - MINUTE, error_code=DUPLICATE
    )
    far = dated(60 * HOUR, code_id=10)

    steps = plan((changed, refused), (far, ABSENT), foreign=[stranger(1), stranger(2)])

    assert steps[0] == Program(9, 3)


# ---- one PIN, two codes -------------------------------------------------------------------------


def test_a_pin_that_is_about_to_be_replaced_is_not_free_yet():
    changed = ongoing(1, pin_index="new", revision=2)
    next_guest = dated(HOUR, code_id=2, pin_index="pin-1")

    steps = plan((changed, on_lock(ongoing(1))), (next_guest, ABSENT))

    assert steps == [
        Program(1, 1, is_update=True),
        Blocked(2, DUPLICATE, "Another code on the lock already uses this PIN."),
    ]


def test_a_pin_that_was_sent_and_is_not_seen_yet_is_not_free():
    sent = ongoing(1)
    on_its_way = replace(on_lock(sent), placement=Placement.WRITING, retry_at=START + MINUTE)
    other = ongoing(2, pin_index="pin-1")

    assert plan_lock([Tracked(sent, on_its_way), Tracked(other)], [], NATIVE, START) == [
        Blocked(2, DUPLICATE, "Another code on the lock already uses this PIN.")
    ]


def test_a_later_guest_with_the_pin_gives_way_to_an_earlier_one():
    """As after a stay that was moved behind another, for which the same PIN was given out."""
    moved = dated(50 * HOUR, code_id=1)
    earlier = dated(HOUR, code_id=2, pin_index="pin-1")

    assert plan((moved, on_lock(moved)), (earlier, ABSENT)) == [Remove(1, 1)]


def test_a_slot_where_others_were_a_moment_ago_is_not_taken():
    steps = plan_lock([Tracked(ongoing())], [], NATIVE, START, out_of_sight={1: None})

    assert steps == [Program(1, 2)]


def test_a_pin_that_others_had_on_the_lock_a_moment_ago_is_not_written():
    steps = plan_lock([Tracked(ongoing())], [], NATIVE, START, out_of_sight={4: "pin-1"})

    assert steps == [Blocked(1, DUPLICATE, "Another code on the lock already uses this PIN.")]


def test_a_slot_where_others_were_a_moment_ago_is_not_emptied_though_an_old_list_shows_ours():
    withdrawn = ongoing(1, withdrawn_at=START)
    changed = ongoing(2, pin_index="pin-2", revision=2)
    codes = [
        Tracked(withdrawn, on_lock(withdrawn, slot=1)),
        Tracked(changed, on_lock(replace(changed, pin_index="old"), slot=2)),
    ]

    entries = [seen(code.installed) for code in codes]

    assert plan_lock(codes, entries, NATIVE, START, out_of_sight={1: "x", 2: "y"}) == []
    assert plan_lock(codes, entries, NATIVE, START, out_of_sight={1: "x"}) == [
        Program(2, 2, is_update=True)
    ]


# ---- locks that cannot be read ------------------------------------------------------------------


def test_a_lock_that_cannot_be_read_is_filled_from_its_last_slot():
    terms = LockTerms(Capabilities(proof=Proof.ACK, max_codes=30))

    assert plan((ongoing(1), ABSENT), (ongoing(2), ABSENT), terms=terms) == [
        Program(1, 30),
        Program(2, 29),
    ]


# ---- the budget ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "step"),
    [
        (CommandAction.PROGRAM, Program(1, 1)),
        (CommandAction.UPDATE, Program(1, 1, is_update=True)),
        (CommandAction.REMOVE, Remove(1, 1)),
    ],
)
def test_no_more_leaves_in_a_minute_than_a_lock_may_be_sent(action, step):
    limit = BUDGET[action]
    sent = [Sent(action, START - timedelta(seconds=second)) for second in range(1, limit)]

    allowed, free_at = within_budget([step, step, step], sent, START)

    assert allowed == [step]
    assert free_at == START - timedelta(seconds=limit - 1) + MINUTE


def test_one_kind_of_command_does_not_use_up_another():
    sent = [Sent(CommandAction.PROGRAM, START)] * BUDGET[CommandAction.PROGRAM]
    waits, update, blocked = Program(1, 1), Program(2, 2, is_update=True), Blocked(3, FULL, "")

    assert within_budget([waits, update, blocked, Remove(4, 4)], sent, START) == (
        [update, blocked, Remove(4, 4)],
        START + MINUTE,
    )


def test_what_was_sent_a_minute_ago_does_not_count():
    sent = [Sent(CommandAction.REMOVE, START - MINUTE)] * BUDGET[CommandAction.REMOVE]

    assert within_budget([Remove(1, 1)], sent, START) == ([Remove(1, 1)], None)


# ---- what is held back --------------------------------------------------------------------------


def test_while_the_clock_is_in_doubt_nothing_comes_off_because_of_the_time():
    ended = dated(-60 * HOUR, code_id=1)
    withdrawn = ongoing(2, withdrawn_at=START)
    held = [
        (ended, on_lock(ended, slot=1)),
        (withdrawn, on_lock(ongoing(2), slot=2)),
    ]

    assert plan(*held, terms=replace(NATIVE, holds_ends=True)) == [Remove(2, 2)]
    assert plan(*held) == [Remove(1, 1), Remove(2, 2)]


def test_only_codes_that_ended_long_ago_and_that_nobody_withdrew_count_as_overdue():
    long_ago = dated(-60 * HOUR, code_id=1)
    just_now = dated(-48.5 * HOUR, code_id=2)
    withdrawn = dated(-60 * HOUR, code_id=3, withdrawn_at=START - HOUR)
    gone = dated(-60 * HOUR, code_id=4)

    codes = [
        *(Tracked(wish, on_lock(wish)) for wish in (long_ago, just_now, withdrawn)),
        Tracked(gone, ABSENT),
    ]

    assert [code.wish.code_id for code in overdue(codes, START)] == [1]


# ---- a list that is hard to believe -------------------------------------------------------------


def test_a_probe_writes_one_code_where_it_is_and_always_the_same_one():
    pairs = [(ongoing(number), on_lock(ongoing(number), slot=number)) for number in (1, 2, 3)]
    codes = [Tracked(*pair) for pair in pairs]
    begun = [
        codes[0],
        Tracked(pairs[1][0], replace(pairs[1][1], placement=Placement.WRITING)),
        codes[2],
    ]

    assert probe(codes, NATIVE, START) == [Program(1, 1, is_update=True)]
    assert probe(begun, NATIVE, START) == [Program(2, 2, is_update=True)]


def test_a_probe_waits_for_its_turn_and_meanwhile_touches_no_other_code():
    first = ongoing(1)
    waits = replace(
        on_lock(first), placement=Placement.WRITING, attempts=1, retry_at=START + MINUTE
    )

    codes = [Tracked(first, waits), Tracked(ongoing(2), on_lock(ongoing(2), slot=2))]

    assert probe(codes, NATIVE, START) == []


def test_codes_that_have_to_go_are_removed_from_a_lock_whose_list_is_empty():
    withdrawn = ongoing(2, withdrawn_at=START)
    codes = [
        Tracked(ongoing(1), on_lock(ongoing(1))),
        Tracked(withdrawn, on_lock(ongoing(2), slot=2)),
    ]

    assert probe(codes, NATIVE, START) == [Remove(2, 2)]


def test_a_removal_that_an_empty_list_cannot_confirm_is_not_asked_for_again():
    withdrawn = ongoing(2, withdrawn_at=START)
    told = replace(on_lock(ongoing(2), slot=2), placement=Placement.ERASING, is_acknowledged=True)
    codes = [Tracked(ongoing(1), on_lock(ongoing(1))), Tracked(withdrawn, told)]

    assert probe(codes, NATIVE, START) == [Program(1, 1, is_update=True)]
