"""The answer for every combination of keypad, connection, account, battery and plan.

What is expected stands in a table of its own: the first row that fits gives verdict, headline and
next step. It knows nothing of how the answer is found.
"""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from properties.capabilities import LockFacts, Verdict, lock_verdict

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
EVERY = list(
    product(KEYPADS, ("online", "offline"), ("ok", "broken"), BATTERIES, ("paid", "run out"))
)

# keypad, connection, account, battery, plan ("*": any) → verdict, headline, how the first step
# begins. The first row that fits counts.
TABLE = (
    ("* * broken * *", Verdict.BLOCKED, "Account disconnected", "An administrator reconnects"),
    ("* * ok * run-out", Verdict.BLOCKED, "Subscription", "Renew it with the lock's maker"),
    ("lost * ok * paid", Verdict.BLOCKED, "Keypad disconnected", "Put new batteries in the key"),
    ("never * ok * paid", Verdict.BLOCKED, "No keypad connected", "Pair a keypad"),
    ("impossible * ok * paid", Verdict.BLOCKED, "No keypad", "Use another way in"),
    ("* online ok fine paid", Verdict.TAKES, None, None),
    ("* online ok unknown paid", Verdict.TAKES, None, None),
    ("* online ok low paid", Verdict.TAKES_CHECK, "Lock battery", "Replace the lock's batteries"),
    ("* online ok critical paid", Verdict.TAKES_CHECK, "Lock battery", "Replace the lock's batte"),
)


def expected(case):
    words = [word.replace(" ", "-") for word in case]
    for pattern, verdict, headline, step in TABLE:
        if all(p in {"*", w} for p, w in zip(pattern.split(), words, strict=True)):
            return verdict, headline, step
    # What is left takes codes and is offline: two cautions at most, and either may be named first.
    return Verdict.TAKES_CHECK, None, None


def answer(case):
    keypad, connection, account, battery, plan = case
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


def test_the_table_covers_every_combination_once():
    assert len(EVERY) == len(set(EVERY)) == 160
    rest = [case for case in EVERY if expected(case) == (Verdict.TAKES_CHECK, None, None)]
    assert {(case[1], case[2], case[4]) for case in rest} == {("offline", "ok", "paid")}
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
    assert found.takes_online is (verdict in {Verdict.TAKES, Verdict.TAKES_CHECK})
