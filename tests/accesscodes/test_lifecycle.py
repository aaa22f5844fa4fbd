"""The life of a code as tables: facts in, step or word out. No database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accesscodes import entries
from accesscodes.choices import AttemptStatus, Kind, Placement, Status
from accesscodes.entries import retry_after
from accesscodes.lifecycle import EDGES, attempt_state, pending_mutations, public_status, summarise
from accesscodes.planning import Blocked, Program, Remove, next_look, plan_lock
from accesscodes.values import (
    Content,
    Installed,
    LockTerms,
    Seen,
    Sighting,
    Summary,
    Tracked,
    Wish,
)
from properties.choices import Proof
from properties.providers.base import Capabilities, Retry
from tests.clock import START

HOUR = timedelta(hours=1)
NATIVE = LockTerms(Capabilities(keeps_window=True, max_codes=3))
JUST_IN_TIME = LockTerms(Capabilities(keeps_window=False, max_codes=3))
HIDES = LockTerms(Capabilities(keeps_window=True, proof=Proof.SLOT_ONLY, max_codes=3))
DISCONNECTED = replace(NATIVE, is_account_connected=False)


def ongoing(code_id=1, **changes) -> Wish:
    return replace(Wish(code_id, 1, "Ana", f"pin-{code_id}", Kind.ONGOING, START), **changes)


def dated(starts_in, code_id=1, lasts=48 * HOUR, **changes) -> Wish:
    wish = Wish(
        code_id,
        1,
        "Ana",
        f"pin-{code_id}",
        Kind.TIME_BOUND,
        START - 240 * HOUR,
        starts_at=START + starts_in,
        ends_at=START + starts_in + lasts,
    )
    return replace(wish, **changes)


def on_lock(wish, terms=NATIVE, slot=1, seen_at=START, **changes) -> Installed:
    content = wish.content(terms)
    entry = Installed(
        placement=Placement.PRESENT,
        slot=slot,
        keeps_window=wish.puts_window_on(terms),
        revision=wish.revision,
        content=content,
        sent=content,
        is_acknowledged=True,
        known_pins=frozenset({content.pin_index}),
        known_names=frozenset({content.name}),
        seen_at=seen_at,
    )
    return replace(entry, **changes)


def seen(installed) -> Seen:
    return Seen(installed.slot, installed.content)


ABSENT = Installed()
WRITING = Installed(placement=Placement.WRITING, slot=1, known_pins=frozenset({"pin-1"}))


@pytest.mark.parametrize(
    ("wish", "installed", "terms", "status"),
    [
        (ongoing(), ABSENT, NATIVE, Status.SETTING),
        (ongoing(), WRITING, NATIVE, Status.SETTING),
        (ongoing(), on_lock(ongoing()), NATIVE, Status.SET),
        (ongoing(name="Bea"), on_lock(ongoing()), NATIVE, Status.SETTING),
        (ongoing(pin_index="other"), on_lock(ongoing()), NATIVE, Status.SETTING),
        # dates, on a lock with a timetable of its own
        (dated(100 * HOUR), ABSENT, NATIVE, Status.UNSET),
        (dated(10 * HOUR), WRITING, NATIVE, Status.UNSET),
        (dated(10 * HOUR), on_lock(dated(10 * HOUR)), NATIVE, Status.UNSET),
        (dated(-HOUR), on_lock(dated(-HOUR), seen_at=START - 2 * HOUR), NATIVE, Status.SETTING),
        (dated(-HOUR), on_lock(dated(-HOUR)), NATIVE, Status.SET),
        (dated(-HOUR), ABSENT, NATIVE, Status.SETTING),
        # an old entry that opens now, though the start was moved to tomorrow
        (dated(24 * HOUR), on_lock(dated(-HOUR)), NATIVE, Status.SETTING),
        # dates, on a lock that is told in time
        (dated(2 * HOUR), ABSENT, JUST_IN_TIME, Status.UNSET),
        (dated(HOUR / 2), ABSENT, JUST_IN_TIME, Status.SETTING),
        (dated(HOUR / 2), on_lock(dated(HOUR / 2), JUST_IN_TIME), JUST_IN_TIME, Status.SET),
        (dated(5 * HOUR), on_lock(dated(5 * HOUR), JUST_IN_TIME), JUST_IN_TIME, Status.SET),
        # offline codes go by the clock
        (dated(HOUR, is_offline=True), ABSENT, NATIVE, Status.UNSET),
        (dated(-HOUR, is_offline=True), ABSENT, NATIVE, Status.SET),
        (dated(-50 * HOUR, is_offline=True), ABSENT, NATIVE, Status.GONE),
        (dated(-HOUR, is_offline=True), ABSENT, DISCONNECTED, Status.SET),
        # and have no PIN before their maker has told it
        (dated(HOUR, is_offline=True, pin_index=None), ABSENT, NATIVE, Status.UNSET),
        (dated(-HOUR, is_offline=True, pin_index=None), ABSENT, NATIVE, Status.SETTING),
        # nobody wants it any more
        (ongoing(withdrawn_at=START), ABSENT, NATIVE, Status.GONE),
        (ongoing(withdrawn_at=START), WRITING, NATIVE, Status.REMOVING),
        (ongoing(withdrawn_at=START), on_lock(ongoing()), NATIVE, Status.REMOVING),
        (
            ongoing(withdrawn_at=START),
            replace(ABSENT, known_pins=frozenset({"pin-1"}), absent_at=START - HOUR),
            NATIVE,
            Status.REMOVING,
        ),
        (
            ongoing(withdrawn_at=START),
            replace(ABSENT, known_pins=frozenset({"pin-1"}), absent_at=START),
            NATIVE,
            Status.GONE,
        ),
        (dated(-50 * HOUR), on_lock(dated(-50 * HOUR)), NATIVE, Status.REMOVING),
        (ongoing(withdrawn_at=START + HOUR), on_lock(ongoing()), NATIVE, Status.SET),
        # the account is gone
        (ongoing(), on_lock(ongoing()), DISCONNECTED, Status.UNKNOWN),
        (ongoing(withdrawn_at=START), on_lock(ongoing()), DISCONNECTED, Status.UNKNOWN),
        (ongoing(withdrawn_at=START), ABSENT, DISCONNECTED, Status.GONE),
    ],
)
def test_the_word_for_a_code(wish, installed, terms, status):
    assert public_status(wish, installed, terms, START) == status


@pytest.mark.parametrize(
    ("wish", "terms", "load_from"),
    [
        (dated(100 * HOUR), NATIVE, START + 28 * HOUR),
        (dated(100 * HOUR), JUST_IN_TIME, START + 99 * HOUR),
        (dated(100 * HOUR, prefers_native=False), NATIVE, START + 99 * HOUR),
        (dated(100 * HOUR), replace(JUST_IN_TIME, lead=2 * HOUR), START + 98 * HOUR),
        (ongoing(), NATIVE, START),
    ],
)
def test_when_a_code_may_go_on_its_lock(wish, terms, load_from):
    assert wish.load_from(terms) == load_from


def plan(*codes, entries=(), terms=NATIVE):
    return plan_lock([Tracked(*code) for code in codes], entries, terms, START)


def test_a_wanted_code_gets_the_lowest_free_slot():
    foreign = Seen(1, Content("theirs", "old cleaner"))

    assert plan((ongoing(1), ABSENT), entries=[foreign]) == [Program(1, 2)]


def test_a_settled_lock_wants_nothing():
    entry = on_lock(ongoing())

    assert plan((ongoing(), entry), entries=[seen(entry)]) == []


def test_removals_go_first_and_alone():
    leaving = ongoing(1, withdrawn_at=START)
    entry = on_lock(ongoing(1))

    assert plan((leaving, entry), (ongoing(2), ABSENT), entries=[seen(entry)]) == [Remove(1, 1)]


def test_codes_that_open_now_are_written_before_those_that_start_later():
    steps = plan((dated(24 * HOUR, 1), ABSENT), (dated(-HOUR, 2), ABSENT))

    assert [step.code_id for step in steps] == [2, 1]


def test_a_changed_code_keeps_its_slot():
    entry = on_lock(ongoing(), slot=3)

    assert plan((ongoing(name="Bea"), entry), entries=[seen(entry)]) == [
        Program(1, 3, is_update=True)
    ]


def test_two_codes_planned_together_get_two_slots():
    assert plan((ongoing(1), ABSENT), (ongoing(2), ABSENT)) == [Program(1, 1), Program(2, 2)]


def test_no_pin_is_written_while_a_foreign_entry_holds_it():
    foreign = Seen(2, Content("pin-1", "old cleaner"))

    [step] = plan((ongoing(), ABSENT), entries=[foreign])

    assert isinstance(step, Blocked)
    assert step.error_code == "duplicate_code_on_device"


def test_the_next_guest_with_the_same_pin_waits_for_the_one_before():
    first = dated(-HOUR, 1, lasts=2 * HOUR)
    second = dated(HOUR, 2, pin_index="pin-1")
    entry = on_lock(first)

    waits = Blocked(2, until=first.ends_at)
    assert plan((first, entry), (second, ABSENT), entries=[seen(entry)]) == [waits]
    on_record = entries.after_block(ABSENT, waits, START)
    assert plan((first, entry), (second, on_record), entries=[seen(entry)]) == []
    assert summarise(second, on_record, NATIVE, None, START).diverged_since is None
    assert public_status(second, on_record, JUST_IN_TIME, START) is Status.UNSET


def test_a_full_lock_blocks_with_its_reason():
    entries = [Seen(slot, Content(f"theirs-{slot}", "app")) for slot in (1, 2, 3)]

    [step] = plan((ongoing(), ABSENT), entries=entries)

    assert isinstance(step, Blocked)
    assert step.error_code == "no_space_for_access_code_on_device"


def test_a_code_that_waits_after_a_failure_is_left_alone_until_its_time():
    waiting = replace(ABSENT, retry_at=START + timedelta(seconds=1))

    assert plan((ongoing(), waiting)) == []
    assert plan((ongoing(), replace(waiting, retry_at=START))) == [Program(1, 1)]


def test_a_refusal_for_good_waits_for_a_changed_wish():
    refused = replace(ABSENT, refused_revision=1)

    assert plan((ongoing(), refused)) == []
    assert plan((ongoing(revision=2), refused)) == [Program(1, 1)]


def test_a_slot_under_audit_is_used_last():
    gone = ongoing(1, withdrawn_at=START - HOUR)
    audited = Installed(slot=1, known_pins=frozenset({"pin-1"}), audit_until=START + HOUR)

    assert plan((gone, audited), (ongoing(2), ABSENT)) == [Program(2, 2)]


def test_an_entry_of_a_gone_code_that_turns_up_later_is_taken_off():
    gone = ongoing(1, withdrawn_at=START - HOUR)
    back = on_lock(ongoing(1))

    assert plan((gone, back), entries=[seen(back)]) == [Remove(1, 1)]


@pytest.mark.parametrize(
    ("minutes", "errors", "warnings"),
    [
        (9, [], []),
        (10, [], ["delay_in_setting_on_device"]),
        (29, [], ["delay_in_setting_on_device"]),
        (30, ["failed_to_set_on_device"], []),
    ],
)
def test_slowness_becomes_a_warning_and_then_an_error(minutes, errors, warnings):
    before = Summary(Status.SETTING, diverged_since=START)

    summary = summarise(ongoing(), ABSENT, NATIVE, before, START + timedelta(minutes=minutes))

    assert [item["error_code"] for item in summary.errors] == errors
    assert [item["warning_code"] for item in summary.warnings] == warnings


def test_a_refusal_is_an_error_at_once():
    refused = entries.after_refusal(
        ongoing(),
        entries.before_program(ongoing(), ABSENT, 1, NATIVE, START),
        retry=Retry.ON_WISH,
        error_code="code_constraints_violated",
        message="The PIN breaks a rule of the lock.",
        wait=None,
        generation=7,
        now=START,
    )

    summary = summarise(ongoing(), refused, NATIVE, Summary(Status.SETTING), START)

    assert (refused.placement, refused.refused_revision) == (Placement.ABSENT, 1)
    assert [item["error_code"] for item in summary.errors] == ["code_constraints_violated"]


def test_an_edit_does_not_restart_the_alarm_clock():
    before = Summary(Status.SETTING, diverged_since=START - HOUR)

    summary = summarise(ongoing(name="Bea"), ABSENT, NATIVE, before, START, is_new_wish=True)

    assert summary.diverged_since == START - HOUR


def test_the_alarm_clock_of_a_lost_code_starts_when_it_was_found_missing():
    before = Summary(Status.SET)
    lost = replace(on_lock(ongoing()), placement=Placement.ABSENT, content=None)

    summary = summarise(ongoing(), lost, NATIVE, before, START + HOUR)

    assert summary.diverged_since == START + HOUR


def test_a_code_that_is_wanted_as_it_was_before_is_set_once_it_was_seen_again():
    installed = on_lock(ongoing())
    before = Summary(Status.SETTING, diverged_since=START - HOUR)

    unseen = summarise(ongoing(), installed, NATIVE, before, START, is_seen=False)
    again = summarise(ongoing(), installed, NATIVE, unseen, START + HOUR, is_seen=True)

    assert (unseen.status, unseen.diverged_since) == (Status.SETTING, START - HOUR)
    assert (again.status, again.diverged_since) == (Status.SET, None)


def test_a_code_that_is_gone_stays_gone_whatever_turns_up():
    before = Summary(Status.GONE, gone_at=START)

    summary = summarise(
        ongoing(withdrawn_at=START), on_lock(ongoing()), NATIVE, before, START + HOUR
    )

    assert summary == before


def test_a_missing_entry_that_was_proven_is_marked_and_put_back_at_once():
    entry = on_lock(ongoing(), retry_at=START + HOUR)

    after = entries.after_reading(ongoing(), entry, Sighting(), NATIVE, START)

    assert after.placement is Placement.ABSENT
    assert after.error_code == "conflicting_external_modification"
    assert after.retry_at is None


def test_a_hidden_pin_counts_as_ours_only_after_the_write_was_acknowledged():
    wish = ongoing(pin_index="new")
    entry = Seen(1, Content(None, "Ana"))
    believed = on_lock(
        ongoing(),
        HIDES,
        sent=wish.content(HIDES),
        is_acknowledged=False,
        placement=Placement.WRITING,
    )

    after = entries.after_reading(
        wish, believed, Sighting(entry, is_ours_as_sent=False), HIDES, START
    )

    assert not after.is_current(wish, HIDES)
    acknowledged = replace(believed, is_acknowledged=True)
    after = entries.after_reading(
        wish, acknowledged, Sighting(entry, is_ours_as_sent=True), HIDES, START
    )
    assert after.is_current(wish, HIDES)


def test_pauses_double_up_to_their_limits():
    assert [retry_after(n).total_seconds() for n in (1, 2, 3, 7, 50)] == [5, 10, 20, 300, 300]
    assert [entries.refusal_pause(n).total_seconds() / 60 for n in (1, 2, 6, 50)] == [
        1,
        2,
        30,
        30,
    ]


def test_the_next_look_is_the_next_edge_of_the_clock_or_the_next_audit():
    settled = {1: Summary(Status.UNSET)}

    far = next_look([Tracked(dated(30 * 24 * HOUR))], settled, NATIVE, START)
    near = next_look([Tracked(dated(72 * HOUR + timedelta(minutes=2)))], settled, NATIVE, START)

    assert far == START + timedelta(minutes=5)
    assert near == START + timedelta(minutes=2)


def test_a_lock_with_work_is_looked_at_within_45_seconds():
    summary = {1: Summary(Status.SETTING, diverged_since=START)}

    assert next_look([Tracked(ongoing())], summary, NATIVE, START) == START + timedelta(seconds=45)


@pytest.mark.parametrize(
    ("wish", "installed", "mutations"),
    [
        (ongoing(), ABSENT, ["creating"]),
        (ongoing(), on_lock(ongoing()), []),
        (dated(100 * HOUR), ABSENT, ["deferring_creation"]),
        (ongoing(name="Bea"), on_lock(ongoing()), ["updating_name"]),
        (
            ongoing(pin_index="x", name="Bea"),
            on_lock(ongoing()),
            ["updating_code", "updating_name"],
        ),
        (dated(HOUR), on_lock(dated(2 * HOUR)), ["updating_time_frame"]),
        (ongoing(withdrawn_at=START), on_lock(ongoing()), ["deleting"]),
    ],
)
def test_what_is_on_its_way(wish, installed, mutations):
    summary = summarise(wish, installed, NATIVE, None, START)

    pending = pending_mutations(wish, installed, NATIVE, summary, START)

    assert [mutation.mutation_code for mutation in pending] == mutations


@pytest.mark.parametrize(
    ("action", "summary", "on_its_way", "state"),
    [
        ("CREATE_ACCESS_CODE", Summary(Status.SETTING), True, AttemptStatus.PENDING),
        ("CREATE_ACCESS_CODE", Summary(Status.SET), False, AttemptStatus.SUCCESS),
        ("DELETE_ACCESS_CODE", Summary(Status.REMOVING), True, AttemptStatus.PENDING),
        ("DELETE_ACCESS_CODE", Summary(Status.GONE), False, AttemptStatus.SUCCESS),
        (
            "UPDATE_ACCESS_CODE",
            Summary(Status.SETTING, errors=({"error_code": "x", "message": "y"},)),
            True,
            AttemptStatus.ERROR,
        ),
    ],
)
def test_how_an_action_attempt_stands(action, summary, on_its_way, state):
    assert attempt_state(action, summary, is_on_its_way=on_its_way)[0] == state


def test_no_edge_leads_out_of_gone_and_none_onto_itself():
    assert not [edge for edge in EDGES if edge[0] == Status.GONE or edge[0] == edge[1]]
