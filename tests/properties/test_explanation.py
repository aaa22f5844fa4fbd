"""Which cause answers for which flag, in words for readers of the API."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.capabilities import LockFacts, PastEvent, lock_verdict
from properties.explanation import ABSENT, Evidence, FlagExplanation, explain
from tests.clock import START

ONLINE = "can_program_online_access_codes"
OFFLINE = "can_program_offline_access_codes"
GONE_AT = datetime(2026, 11, 23, 8, 14, tzinfo=UTC)
HEALTHY = LockFacts(
    flags=dict.fromkeys(ABSENT, True),
    properties={"online": True, "model": {"has_built_in_keypad": True}},
    errors=[],
    warnings=[],
    reported_at=START,
    codes_used=0,
    max_codes=100,
)
NO_KEYPAD_NOW = {
    "online": True,
    "model": {"has_built_in_keypad": False, "can_connect_accessory_keypad": True},
    "accessory_keypad": {"is_connected": False, "battery": {"level": 0.08}},
}


def explained(**facts):
    whole = replace(HEALTHY, **facts)
    verdict = lock_verdict(whole, START, stale_after=timedelta(minutes=15))
    return {each.flag: each for each in explain(whole, verdict)}


def flags(**changed):
    """Return flags that are all true but for these; `None` stands for absent."""
    changed = {f"can_{name}": value for name, value in changed.items()}
    whole = dict.fromkeys(ABSENT, True) | changed
    return {name: value for name, value in whole.items() if value is not None}


def problem(code):
    return {"error_code": code, "message": "", "created_at": "2026-11-23T08:14:00.000Z"}


def test_where_all_flags_are_true_there_is_nothing_to_explain():
    assert explained() == {}


def test_a_keypad_that_left_is_named_with_its_evidence_and_the_next_step():
    found = explained(
        flags=flags(program_online_access_codes=False),
        properties=NO_KEYPAD_NOW,
        recent=(PastEvent("device.accessory_keypad_disconnected", GONE_AT),),
    )

    assert found == {
        ONLINE: FlagExplanation(
            flag=ONLINE,
            is_absent=False,
            cause="keypad_gone",
            reason="Its keypad disconnected 2026-11-23 08:14 UTC. The keypad battery was at 8 %. "
            "The lock itself is online.",
            likely_cause="An empty keypad battery is the likely cause.",
            next_steps=(
                "Put new batteries in the keypad.",
                "Press any key on the keypad. It should light up.",
            ),
            since=GONE_AT,
            codes=(),
            evidence=(
                Evidence("Flag", "Reported as false", f"{ONLINE}: false", START),
                Evidence(
                    "Keypad",
                    "Disconnected since 2026-11-23 08:14 UTC. Accessory keypad, none built in",
                    "accessory_keypad.is_connected: false",
                    GONE_AT,
                ),
                Evidence("Keypad battery", "8 %", "accessory_keypad.battery.level: 0.08", START),
            ),
        )
    }


@pytest.mark.parametrize(
    ("flag", "code", "cause"),
    [
        ("program_online_access_codes", "account_disconnected", "account"),
        ("program_online_access_codes", "august_lock_missing_bridge", "hub_needed"),
        ("program_offline_access_codes", "subscription_required", "subscription"),
        ("unlock_with_code", "privacy_mode", "privacy"),
        ("remotely_unlock", "hub_disconnected", "hub_off"),
        ("remotely_lock", "device_disconnected", "lock_offline"),
        ("configure_auto_lock", "insufficient_permissions", "rights"),
    ],
)
def test_a_false_flag_has_a_cause_that_concerns_it(flag, code, cause):
    [found] = explained(flags=flags(**{flag: False}), errors=[problem(code)]).values()

    assert (found.flag, found.is_absent, found.cause) == (f"can_{flag}", False, cause)
    assert found.codes == (code,)
    assert found.next_steps
    assert "Choose Check again." not in found.next_steps


def test_a_cause_that_does_not_concern_a_flag_is_not_given_for_it():
    [found] = explained(
        flags=flags(unlock_with_code=False), errors=[problem("hub_disconnected")]
    ).values()

    assert found.cause == ""
    assert found.reason == (
        "The account reports that this is not possible now and gives no reason."
    )
    assert found.next_steps == ("Ask again in a few minutes.",)


def test_an_absent_flag_says_that_the_model_cannot_and_what_to_do_instead():
    found = explained(flags=flags(program_online_access_codes=None))[ONLINE]

    assert (found.is_absent, found.cause) == (True, "offline_model")
    assert found.next_steps == ("Create an offline code: is_offline_access_code.",)
    other = explained(flags=flags(program_offline_access_codes=None))[OFFLINE]
    assert other.reason == "This model offers no offline codes."
    assert other.next_steps == ("Create an online code.",)


def test_a_disconnected_account_is_no_reason_for_what_the_model_cannot_do():
    found = explained(flags=flags(remotely_unlock=None), errors=[problem("account_disconnected")])[
        "can_remotely_unlock"
    ]

    assert found.reason == "This model cannot be unlocked from afar."


def test_a_lock_that_was_never_read_says_so():
    found = explained(flags={}, reported_at=None)

    assert {each.reason for each in found.values()} == {"Account has not reported yet."}
    assert {each.next_steps for each in found.values()} == {("Ask again in a few minutes.",)}


CODES = st.sampled_from(
    ["account_disconnected", "hub_disconnected", "device_removed", "privacy_mode", "new_problem"]
)


@given(
    st.dictionaries(st.sampled_from(list(ABSENT)), st.booleans()),
    st.lists(CODES, unique=True),
    st.booleans(),
)
def test_every_flag_that_is_not_true_is_explained_in_whole_sentences(given_flags, codes, is_read):
    found = explained(
        flags=given_flags,
        errors=[problem(code) for code in codes],
        reported_at=START if is_read else None,
    )

    assert set(found) == {flag for flag in ABSENT if given_flags.get(flag) is not True}
    for each in found.values():
        assert each.reason.endswith((".", "”"))
        assert "{at}" not in each.reason
        assert each.next_steps
        assert each.evidence[0].said == f"Reported as {'absent' if each.is_absent else 'false'}"
