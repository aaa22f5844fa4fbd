"""What the desk says of a code: one row of the table each, with whole answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accesscodes.choices import Kind, Placement, Status
from accesscodes.values import Content, Installed, LockTerms, Summary, Wish
from accesscodes.web.states import (
    STATES,
    Action,
    CodeFacts,
    CodeState,
    Handover,
    Tone,
    code_state,
    handover,
)
from properties.capabilities import Cause, LockVerdict, Severity, Verdict
from properties.providers.base import Capabilities

NOW = datetime(2026, 11, 23, 13, 32, tzinfo=UTC)  # 14:32 in Hamburg
ZONE = ZoneInfo("Europe/Berlin")
SOON = NOW + timedelta(hours=2)
LATER = NOW + timedelta(days=10)
DEPARTURE = NOW + timedelta(days=12)
NATIVE = LockTerms(Capabilities(keeps_window=True, max_codes=20))
JUST_IN_TIME = LockTerms(Capabilities(keeps_window=False, max_codes=20))
GOOD = LockVerdict(Verdict.TAKES, (), (), NOW, takes_online=True, takes_offline=False)
KEYPAD = Cause(
    "keypad_gone",
    Severity.BLOCKS,
    "Keypad disconnected",
    "Its keypad disconnected {at}.",
    at=NOW - timedelta(hours=5),
)
DEAD = LockVerdict(Verdict.BLOCKED, (KEYPAD,), (), NOW, takes_online=False, takes_offline=False)
PRIVATE = LockVerdict(
    Verdict.NO_OPEN,
    (Cause("privacy", Severity.NO_OPEN, "Privacy mode", "Privacy mode is on."),),
    (),
    NOW,
    takes_online=True,
    takes_offline=False,
)
OFFLINE = LockVerdict(
    Verdict.TAKES_CHECK,
    (Cause("lock_offline", Severity.CAUTION, "Offline", "The lock is offline."),),
    (),
    NOW,
    takes_online=True,
    takes_offline=False,
)


def wish(**parts) -> Wish:
    values = {
        "code_id": 1,
        "revision": 1,
        "name": "Lena Okafor",
        "pin_index": "p",
        "kind": Kind.ONGOING,
        "created_at": NOW - timedelta(minutes=1),
    }
    if parts.get("starts_at"):
        values |= {"kind": Kind.TIME_BOUND, "ends_at": DEPARTURE}
    return Wish(**{**values, **parts})


def on_lock(want: Wish, terms: LockTerms = NATIVE, **parts) -> Installed:
    return Installed(
        placement=Placement.PRESENT,
        slot=1,
        keeps_window=want.puts_window_on(terms),
        revision=want.revision,
        content=want.content(terms),
        sent=want.content(terms),
        known_pins=frozenset({"p"}),
        **{"seen_at": NOW - timedelta(minutes=2), **parts},
    )


def facts(
    status: Status,
    *,
    want: Wish | None = None,
    installed: Installed | None = None,
    terms: LockTerms = NATIVE,
    errors: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
    is_backup: bool = False,
    pin_changed_at=None,
    read_at=None,
    **summary,
) -> CodeFacts:
    return CodeFacts(
        wish=want or wish(),
        installed=installed or Installed(),
        summary=Summary(
            status,
            tuple({"error_code": code, "message": "Says the lock."} for code in errors),
            tuple({"warning_code": code, "message": "Says the lock."} for code in warnings),
            **summary,
        ),
        terms=terms,
        zone=ZONE,
        is_backup=is_backup,
        pin_changed_at=pin_changed_at,
        read_at=read_at,
    )


SETTING = facts(Status.SETTING, diverged_since=NOW - timedelta(minutes=1))
AHEAD = wish(starts_at=SOON)
FAR = wish(starts_at=LATER)
COMPUTING = wish(starts_at=SOON, is_offline=True, pin_index=None)
SET = facts(Status.SET, installed=on_lock(wish()), proven_at=NOW - timedelta(minutes=2))


@pytest.mark.parametrize(
    ("code", "lock", "said"),
    [
        (
            facts(
                Status.GONE,
                installed=replace(on_lock(wish()), placement=Placement.ABSENT),
                gone_at=NOW - timedelta(hours=1),
            ),
            GOOD,
            ("gone", "Removed", Tone.IDLE, "Removed from the lock today at 13:32."),
        ),
        (
            facts(Status.GONE, gone_at=NOW),
            GOOD,
            ("gone", "Removed", Tone.IDLE, "Removed before it was sent to the lock."),
        ),
        (
            facts(
                Status.GONE,
                want=wish(
                    starts_at=NOW - timedelta(days=2),
                    ends_at=NOW - timedelta(minutes=2),
                    is_offline=True,
                ),
                gone_at=NOW,
            ),
            GOOD,
            ("gone", "Ended", Tone.IDLE, "Ended today 14:30."),
        ),
        (
            facts(Status.UNSET, want=COMPUTING, diverged_since=NOW),
            GOOD,
            (
                "computing",
                "Waiting for the PIN",
                Tone.GO,
                "The lock's maker computes it. That takes a moment.",
            ),
        ),
        (
            facts(Status.SETTING, want=COMPUTING, diverged_since=NOW - timedelta(minutes=11)),
            GOOD,
            (
                "slow_pin",
                "No PIN yet",
                Tone.WARN,
                "The lock's maker has not given the PIN yet. It is asked again and again.",
            ),
        ),
        (
            facts(Status.UNSET, want=COMPUTING, diverged_since=NOW, errors=("time_zone_unknown",)),
            GOOD,
            (
                "no_pin",
                "No PIN yet",
                Tone.BAD,
                "The lock's maker gives no PIN: “Says the lock.”",
            ),
        ),
        (
            facts(Status.SET, want=wish(withdrawn_at=NOW + timedelta(seconds=9))),
            GOOD,
            ("undo", "Removing in 9 s", Tone.OUT, "You can still undo."),
        ),
        (
            facts(Status.REMOVING, errors=("failed_to_remove_from_device",)),
            GOOD,
            (
                "stuck_remove",
                "Still on the lock",
                Tone.BAD,
                "This PIN may still open the door although it should not.",
            ),
        ),
        (
            facts(Status.REMOVING, diverged_since=NOW - timedelta(minutes=11)),
            GOOD,
            (
                "slow_remove",
                "Removal delayed",
                Tone.WARN,
                "Taking longer than usual. We keep trying. The PIN may still work.",
            ),
        ),
        (
            facts(Status.REMOVING, diverged_since=NOW),
            GOOD,
            ("removing", "Removing", Tone.OUT, "Being removed. It may work until this is done."),
        ),
        (
            facts(Status.UNKNOWN, terms=replace(NATIVE, is_account_connected=False)),
            GOOD,
            (
                "account",
                "Blocked: account",
                Tone.BAD,
                "The account that controls this lock is disconnected.",
            ),
        ),
        (
            facts(Status.UNSET, want=AHEAD),
            DEAD,
            ("blocked", "Blocked: keypad", Tone.BAD, "Its keypad disconnected today at 09:32."),
        ),
        (
            facts(Status.UNSET, want=FAR),
            DEAD,
            ("blocked", "Blocked: keypad", Tone.WARN, "Its keypad disconnected today at 09:32."),
        ),
        (SETTING, OFFLINE, ("blocked", "Blocked: lock offline", Tone.BAD, "The lock is offline.")),
        (
            facts(Status.SETTING, errors=("duplicate_code_on_device",)),
            GOOD,
            (
                "duplicate",
                "Not on the lock",
                Tone.BAD,
                "Another code on the lock already uses this PIN.",
            ),
        ),
        (
            facts(Status.SETTING, errors=("no_space_for_access_code_on_device",)),
            GOOD,
            (
                "full",
                "Not on the lock",
                Tone.BAD,
                "The lock has no free code slot. Delete a code that is not used.",
            ),
        ),
        (
            facts(Status.UNSET, want=FAR, errors=("no_space_for_access_code_on_device",)),
            GOOD,
            (
                "waits_for_slot",
                "Waiting for a slot",
                Tone.WARN,
                "Arrivals before this one use all code slots. "
                "It goes on the lock when one is free.",
            ),
        ),
        (
            facts(Status.SETTING, errors=("code_constraints_violated",)),
            GOOD,
            (
                "not_accepted",
                "Not accepted",
                Tone.BAD,
                "This lock does not accept the code as it is: Says the lock.",
            ),
        ),
        (
            facts(Status.SETTING, errors=("august_lock_invalid_code_length",)),
            GOOD,
            (
                "refused",
                "PIN not accepted",
                Tone.BAD,
                "This lock does not accept this PIN: Says the lock.",
            ),
        ),
        (
            facts(Status.SET, errors=("access_code_inactive",)),
            GOOD,
            (
                "inactive",
                "Switched off",
                Tone.BAD,
                "The code exists but was switched off in the lock's app. Switch it on there.",
            ),
        ),
        (
            facts(Status.SETTING, errors=("conflicting_external_modification",)),
            GOOD,
            (
                "changed",
                "Changed elsewhere",
                Tone.BAD,
                "Someone changed or removed it in the lock's app. We are putting ours back.",
            ),
        ),
        (
            facts(Status.SETTING, errors=("something_nobody_knows",)),
            GOOD,
            (
                "failed",
                "Not on the lock",
                Tone.BAD,
                "The lock did not accept the code. “Says the lock.”",
            ),
        ),
        (
            facts(Status.SET, warnings=("external_modification_in_effect",)),
            GOOD,
            (
                "ext_ok",
                "Changed in app",
                Tone.WARN,
                "Dates or PIN were changed in the lock's app and are in effect.",
            ),
        ),
        (
            facts(Status.SET, warnings=("using_backup_access_code",)),
            GOOD,
            (
                "backup",
                "Backup in use",
                Tone.WARN,
                "A backup code replaces this one. Give the guest the new PIN.",
            ),
        ),
        (
            facts(Status.UNSET, want=wish(starts_at=SOON, is_offline=True)),
            OFFLINE,
            (
                "offline_ok",
                "Offline code ready",
                Tone.OK,
                "Works without internet, inside its dates.",
            ),
        ),
        (
            facts(Status.UNSET, want=AHEAD, installed=on_lock(AHEAD), is_scheduled_on_device=True),
            GOOD,
            (
                "loaded",
                "Loaded, starts later",
                Tone.OK,
                "Already on the lock. Opens from today 16:32.",
            ),
        ),
        (
            facts(
                Status.SETTING,
                want=wish(starts_at=NOW - timedelta(minutes=10)),
                installed=on_lock(
                    wish(starts_at=NOW - timedelta(minutes=10)), seen_at=NOW - timedelta(hours=1)
                ),
            ),
            GOOD,
            (
                "loaded_unseen",
                "Loaded, not confirmed",
                Tone.WARN,
                "It was on the lock today at 13:32; the lock has not answered since. "
                "It very likely opens.",
            ),
        ),
        (
            facts(Status.SETTING, diverged_since=NOW - timedelta(minutes=12)),
            GOOD,
            (
                "slow_set",
                "Taking longer",
                Tone.WARN,
                "Usually done within 3 min. Started 12 min ago.",
            ),
        ),
        (
            facts(
                Status.SETTING,
                want=wish(revision=2, pin_index="q"),
                installed=on_lock(wish()),
                diverged_since=NOW,
            ),
            GOOD,
            (
                "updating",
                "Changing",
                Tone.GO,
                "The new PIN is being sent to the lock. Until it is there, the old one may still "
                "open the door.",
            ),
        ),
        (
            facts(
                Status.SETTING,
                want=wish(revision=2, name="Lena O."),
                installed=on_lock(wish()),
                diverged_since=NOW,
            ),
            GOOD,
            (
                "updating",
                "Changing",
                Tone.GO,
                "Old details stay valid until the change is done.",
            ),
        ),
        (
            facts(
                Status.SETTING,
                want=wish(revision=2, pin_index="q"),
                errors=("duplicate_code_on_device",),
                pin_changed_at=NOW - timedelta(seconds=3),
            ),
            GOOD,
            (
                "new_pin",
                "Sending the new PIN",
                Tone.GO,
                "The new PIN is being sent to the lock. It opens the door once it is there.",
            ),
        ),
        (SETTING, GOOD, ("setting", "Sending to lock", Tone.GO, "Started 1 min ago.")),
        (
            facts(Status.UNSET, want=AHEAD, diverged_since=NOW),
            GOOD,
            ("setting", "Sending to lock", Tone.GO, "Started just now."),
        ),
        (
            replace(SET, is_backup=True),
            GOOD,
            ("reserve", "In reserve", Tone.IDLE, "Kept on the lock for emergencies."),
        ),
        (
            facts(
                Status.SET,
                want=AHEAD,
                installed=on_lock(AHEAD, JUST_IN_TIME),
                terms=JUST_IN_TIME,
            ),
            GOOD,
            (
                "set_early",
                "On the lock, opens already",
                Tone.OK,
                "This lock keeps no timetable: the PIN opens from now, not only from today 16:32.",
            ),
        ),
        (
            facts(Status.UNSET, want=FAR),
            GOOD,
            ("scheduled", "Scheduled", Tone.IDLE, "Will be sent before Thu 3 Dec 14:32."),
        ),
        (
            facts(Status.SET, installed=on_lock(wish()), warnings=("code_rotates_periodically",)),
            GOOD,
            (
                "set_warn",
                "On the lock, check",
                Tone.WARN,
                "The PIN changes at each renewal. Show it fresh each time.",
            ),
        ),
        (SET, GOOD, ("set", "On the lock", Tone.OK, "Confirmed today at 14:30.")),
        (
            SET,
            DEAD,
            (
                "set_shut",
                "On the lock, check",
                Tone.WARN,
                "Nobody can type the PIN now. Its keypad disconnected today at 09:32.",
            ),
        ),
        (
            facts(Status.SET, want=replace(AHEAD, starts_at=NOW, is_offline=True)),
            DEAD,
            (
                "set_shut",
                "Offline code, check",
                Tone.WARN,
                "Nobody can type the PIN now. Its keypad disconnected today at 09:32.",
            ),
        ),
        (
            SET,
            PRIVATE,
            (
                "set_shut",
                "On the lock, check",
                Tone.WARN,
                "Privacy mode is on.",
            ),
        ),
        (
            facts(Status.UNKNOWN, installed=on_lock(wish())),
            GOOD,
            (
                "unknown",
                "Not confirmed",
                Tone.WARN,
                "We lost sight of this code. The account may be disconnected.",
            ),
        ),
    ],
)
def test_each_state_has_its_words(code, lock, said):
    state = code_state(code, lock, NOW)

    assert (state.key, state.label, state.tone, state.sentence) == said


def test_every_row_of_the_table_is_shown_above():
    said = {
        mark.args[1][number][2][0]
        for mark in test_each_state_has_its_words.pytestmark
        for number in range(len(mark.args[1]))
    }

    # A code past its end counts as being removed, so `expired` stands only for what the ledger
    # has not looked at yet.
    assert {row.key for row in STATES} - said == {"expired"}


def test_a_code_past_its_end_that_nobody_looked_at_yet_has_ended():
    over = wish(starts_at=NOW - timedelta(days=3), ends_at=NOW - timedelta(seconds=5))

    state = code_state(facts(Status.SET, want=over, installed=on_lock(over)), GOOD, NOW)

    assert state == CodeState(
        "expired",
        "Ended",
        Tone.IDLE,
        "circle-minus",
        "Ended today 14:31.",
        Action.ISSUE_AGAIN,
    )


@pytest.mark.parametrize(
    ("error", "action"),
    [
        ("wyze_duplicate_code_name", Action.RENAME),
        ("dormakaba_oracode_invalid_time_range", Action.CHANGE_DATES),
    ],
)
def test_what_is_refused_is_what_is_to_be_changed(error, action):
    state = code_state(facts(Status.SETTING, errors=(error,)), GOOD, NOW)

    assert (state.key, state.action) == ("not_accepted", action)


def test_a_code_for_next_week_is_not_alarmed_by_a_keypad_that_is_dead_today():
    loaded = facts(Status.UNSET, want=FAR, installed=on_lock(FAR))

    assert code_state(loaded, DEAD, NOW).key == "loaded"


def test_a_pin_that_opens_nothing_now_is_not_handed_over():
    state = code_state(SET, DEAD, NOW)

    assert handover(state, SET, DEAD, NOW) == Handover(
        Tone.WARN,
        "triangle-alert",
        "Don't hand this PIN over yet. It does not open the door.",
        is_safe=False,
        why=f"{state.label}. {state.sentence}",
    )


def test_a_preloaded_code_has_three_minutes_to_be_seen_again_after_its_start():
    started = wish(starts_at=NOW - timedelta(minutes=2))
    installed = on_lock(started, seen_at=NOW - timedelta(hours=1))

    state = code_state(facts(Status.SETTING, want=started, installed=installed), GOOD, NOW)

    assert state.key == "loaded"


SAFE = "Ready to hand over."


@pytest.mark.parametrize(
    ("code", "lock", "verdict"),
    [
        (SET, GOOD, Handover(Tone.OK, "circle-check", SAFE, is_safe=True)),
        (
            facts(Status.UNSET, want=AHEAD, installed=on_lock(AHEAD), is_scheduled_on_device=True),
            GOOD,
            Handover(
                Tone.OK,
                "circle-check",
                f"{SAFE} It opens the door from today 16:32.",
                is_safe=True,
            ),
        ),
        (
            facts(Status.UNSET, want=FAR),
            GOOD,
            Handover(
                Tone.GO,
                "info",
                "You can hand it over. It opens the door from Thu 3 Dec 14:32. "
                "Locksite says so here if it does not load.",
                is_safe=True,
            ),
        ),
        (
            facts(Status.UNSET, want=FAR),
            DEAD,
            Handover(
                Tone.WARN,
                "triangle-alert",
                "Don't hand this PIN over yet. It does not open the door.",
                is_safe=False,
            ),
        ),
        (
            SETTING,
            GOOD,
            Handover(
                Tone.WARN,
                "triangle-alert",
                "Don't hand this PIN over yet. It may not open the door.",
                is_safe=False,
            ),
        ),
        (
            facts(Status.REMOVING, diverged_since=NOW),
            GOOD,
            Handover(
                Tone.WARN,
                "triangle-alert",
                "Don't hand this PIN over. It is being taken off the lock.",
                is_safe=False,
            ),
        ),
        (
            facts(Status.SETTING, want=wish(pin_index=None)),
            GOOD,
            Handover(Tone.IDLE, "info", "The PIN is not known yet.", is_safe=False),
        ),
    ],
)
def test_whether_the_pin_may_be_handed_over(code, lock, verdict):
    state = code_state(code, lock, NOW)
    if verdict.tone is Tone.WARN:
        verdict = replace(verdict, why=f"{state.label}. {state.sentence}")

    assert handover(state, code, lock, NOW) == verdict


def test_content_of_a_wish_is_what_the_lock_should_hold():
    # The helpers above rest on it.
    assert wish().content(NATIVE) == Content("p", "Lena Okafor")


# ---- After another PIN was asked for ------------------------------------------------------------

AGO = timedelta(seconds=20)
OTHER_PIN = wish(revision=2, pin_index="q")
CLASH = ("duplicate_code_on_device",)
SENT = Installed(sent=OTHER_PIN.content(NATIVE))
WRITING = replace(SENT, placement=Placement.WRITING, attempts=1)
NEW_PINS = [
    # what is believed, when its lock was read, age of the change, what is said
    ("the lock was not read since", Installed(), NOW - 2 * AGO, AGO, "new_pin"),
    ("it was just read", Installed(), NOW - AGO / 2, AGO, "new_pin"),
    ("it had its turn", Installed(), NOW - AGO, 4 * AGO, "duplicate"),
    ("nobody reads it", Installed(), None, timedelta(minutes=11), "duplicate"),
    ("the new PIN is being written", WRITING, NOW, 4 * AGO, "new_pin"),
    ("it is tried again", replace(WRITING, attempts=2), NOW, 4 * AGO, "duplicate"),
    ("the lock said no to it, too", SENT, NOW, AGO, "duplicate"),
    ("the PIN is the first", Installed(), NOW - 2 * AGO, None, "duplicate"),
]


@pytest.mark.parametrize(
    ("why", "installed", "read_at", "age", "key"), NEW_PINS, ids=[row[0] for row in NEW_PINS]
)
def test_what_was_said_of_the_old_pin_is_not_said_of_the_new_one(
    why, installed, read_at, age, key
):
    code = facts(
        Status.SETTING,
        want=OTHER_PIN,
        installed=installed,
        errors=CLASH,
        diverged_since=NOW - timedelta(minutes=9),
        pin_changed_at=None if age is None else NOW - age,
        read_at=read_at,
    )

    assert code_state(code, GOOD, NOW).key == key


def test_a_slow_old_pin_does_not_make_the_new_one_late():
    code = facts(
        Status.SETTING,
        want=OTHER_PIN,
        installed=on_lock(wish()),
        diverged_since=NOW - timedelta(minutes=25),
        warnings=("delay_in_setting_on_device",),
        pin_changed_at=NOW - AGO,
        read_at=NOW - 2 * AGO,
    )

    state = code_state(code, GOOD, NOW)

    assert (state.key, state.tone) == ("new_pin", Tone.GO)
    assert state.sentence.endswith("Until it is there, the old one may still open the door.")
    assert not handover(state, code, GOOD, NOW).is_safe


def test_a_new_pin_for_a_lock_that_nothing_reaches_is_blocked_by_that():
    code = facts(
        Status.SETTING,
        want=OTHER_PIN,
        installed=on_lock(wish()),
        pin_changed_at=NOW - AGO,
        diverged_since=NOW - AGO,
    )

    assert code_state(code, OFFLINE, NOW).label == "Blocked: lock offline"
