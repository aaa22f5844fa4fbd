"""The answer for every combination of keypad, connection, account, battery, plan and code due.

What is expected stands in a table of its own: the first row that fits gives verdict, headline and
next step. It knows nothing of how the answer is found. What the list of doors, the page of the
door, and the arrivals say is held to the same answer.
"""

from datetime import UTC, datetime, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accesscodes import due
from accesscodes.choices import Kind, Status
from accesscodes.values import Installed, LockTerms, Summary, Wish
from accesscodes.web import lock_presenters
from accesscodes.web.arrival_groups import Group, group_of
from accesscodes.web.lock_presenters import VERDICTS, Usage, lock_row, verdict_panel
from accesscodes.web.states import CodeFacts, Tone, code_state
from properties.capabilities import CodesDue, LockFacts, Verdict, lock_verdict, with_codes_due
from properties.providers.base import Capabilities

NOW = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)

KEYPADS: dict[str, dict[str, Any]] = {
    "built in": {"model": {"has_built_in_keypad": True, "can_connect_accessory_keypad": False}},
    "connected": {
        "model": {"has_built_in_keypad": False, "can_connect_accessory_keypad": True},
        "accessory_keypad": {"is_connected": True, "battery": {"level": 0.9}},
    },
    "lost": {
        "model": {"has_built_in_keypad": False, "can_connect_accessory_keypad": True},
        "accessory_keypad": {"is_connected": False, "battery": {"level": 0.08}},
    },
    "never": {
        "model": {"has_built_in_keypad": False, "can_connect_accessory_keypad": True},
        "accessory_keypad": {"is_connected": False},
    },
    "impossible": {"model": {"has_built_in_keypad": False, "can_connect_accessory_keypad": False}},
}
BATTERIES: dict[str, dict[str, Any]] = {
    "fine": {"battery": {"level": 0.8, "status": "full"}},
    "low": {"battery": {"level": 0.2, "status": "low"}},
    "critical": {"battery": {"level": 0.05, "status": "critical"}},
    "unknown": {},
}
ZONE = ZoneInfo("Europe/Berlin")
TERMS = LockTerms(Capabilities(keeps_window=True, max_codes=100))
EVERY = list(
    product(
        KEYPADS,
        ("online", "offline"),
        ("ok", "broken"),
        BATTERIES,
        ("paid", "run out"),
        ("nothing due", "code due"),
    )
)

# keypad, connection, account, battery, plan, code due ("*": any) → verdict, headline, how the
# first step begins. The first row that fits counts.
TABLE = (
    ("* * broken * * *", Verdict.BLOCKED, "Account disconnected", "An administrator reconnects"),
    ("* * ok * run-out *", Verdict.BLOCKED, "Subscription", "Renew it with the lock's maker"),
    ("lost * ok * paid *", Verdict.BLOCKED, "Keypad disconnected", "Put new batteries in the key"),
    ("never * ok * paid *", Verdict.BLOCKED, "No keypad connected", "Pair a keypad"),
    ("impossible * ok * paid *", Verdict.BLOCKED, "No keypad", "Use another way in"),
    ("* online ok fine paid *", Verdict.TAKES, None, None),
    ("* online ok unknown paid *", Verdict.TAKES, None, None),
    ("* online ok low paid *", Verdict.TAKES_CHECK, "Lock battery", "Replace the lock's batter"),
    ("* online ok critical paid *", Verdict.TAKES_CHECK, "Lock battery", "Replace the lock's ba"),
    ("* offline ok * paid code-due", Verdict.OFFLINE_DUE, "Offline", "Check the lock's batteries"),
)


def expected(case):
    words = [word.replace(" ", "-") for word in case]
    for pattern, verdict, headline, step in TABLE:
        if all(p in {"*", w} for p, w in zip(pattern.split(), words, strict=True)):
            return verdict, headline, step
    # What is left takes codes and is offline: two cautions at most, and either may be named first.
    return Verdict.TAKES_CHECK, None, None


def reported(case):
    keypad, connection, account, battery, plan, _ = case
    takes = keypad in {"built in", "connected"} and account == "ok" and plan == "paid"
    offline = {"error_code": "device_offline", "message": "Offline", "created_at": str(NOW)}
    unpaid = {"error_code": "subscription_required", "message": "Out", "created_at": str(NOW)}
    facts = LockFacts(
        flags={"can_program_online_access_codes": takes},
        properties={
            "online": connection == "online",
            **KEYPADS[keypad],
            **BATTERIES[battery],
        },
        errors=[
            *([offline] if connection == "offline" else []),
            *([unpaid] if plan == "run out" else []),
        ],
        warnings=[],
        reported_at=NOW - timedelta(minutes=1),
        codes_used=3,
        max_codes=100,
        account_state="connected" if account == "ok" else "disconnected",
    )
    return lock_verdict(facts, NOW, stale_after=timedelta(minutes=15))


def arriving(case):
    """Return a guest's code that is not on the lock yet: due in an hour, or in two days."""
    starts_at = NOW + (timedelta(hours=1) if case[5] == "code due" else timedelta(hours=40))
    wish = Wish(
        1,
        1,
        "Lena Okafor",
        "p",
        Kind.TIME_BOUND,
        NOW - timedelta(minutes=1),
        starts_at,
        starts_at + timedelta(days=2),
    )
    return CodeFacts(wish, Installed(), Summary(Status.UNSET), TERMS, ZONE)


def answer(case):
    code = arriving(case)
    is_due = due.is_to_go_on(code.wish, code.installed, code.terms, NOW)
    assert is_due is (case[5] == "code due")
    return with_codes_due(reported(case), CodesDue(put_on=int(is_due)))


def test_the_table_covers_every_combination_once():
    assert len(EVERY) == len(set(EVERY)) == 320
    rest = [case for case in EVERY if expected(case) == (Verdict.TAKES_CHECK, None, None)]
    assert {(case[1], case[2], case[4], case[5]) for case in rest} == {
        ("offline", "ok", "paid", "nothing due")
    }
    assert {case[0] for case in rest} == {"built in", "connected"}


@pytest.mark.parametrize("case", EVERY, ids=" / ".join)
def test_every_combination_has_the_verdict_cause_and_step_of_the_table(case):
    verdict, headline, step = expected(case)

    found = answer(case)

    assert found.verdict is verdict
    cause = found.headline_cause
    if headline is not None:
        assert cause.headline == headline
        assert cause.steps[0].startswith(step)
        assert len(cause.steps) <= 3
    elif verdict is Verdict.TAKES:
        assert cause is None
    else:
        keys = {each.headline for each in found.causes}
        weak = case[3] in {"low", "critical"}
        assert keys == ({"Offline", "Lock battery"} if weak else {"Offline"})
    assert found.takes_online is (verdict is not Verdict.BLOCKED)


@pytest.mark.parametrize("case", EVERY, ids=" / ".join)
def test_list_page_and_arrivals_say_the_same_of_a_lock(case):
    verdict, code = answer(case), arriving(case)
    device = SimpleNamespace(
        uid=None,
        display_name="Apartment 203",
        properties={},
        device_type="august_lock",
        capabilities=TERMS.capabilities,
    )

    row = lock_row(device, verdict, Usage(), ZONE, NOW)
    panel = verdict_panel(verdict, [], ZONE, NOW)
    state = code_state(code, verdict, NOW)
    group = group_of(state, verdict, code.wish.starts_at, NOW)

    assert row.words is panel.words is VERDICTS[verdict.verdict]
    is_blocked = verdict.verdict in lock_presenters.NO_WAY_IN
    assert (row.words.tone is Tone.BAD) is is_blocked
    assert state.key == ("blocked" if is_blocked else "setting")
    assert (group is Group.ACT) is is_blocked
    if case[1] == "offline":
        assert group is not Group.READY
    if is_blocked:
        assert (state.tone is Tone.BAD) is (case[5] == "code due")
        assert row.why.startswith(state.sentence)
        assert panel.main.sentence == state.sentence
    assert row.needs_fix is is_blocked
