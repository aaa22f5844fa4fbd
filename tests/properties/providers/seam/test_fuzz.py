"""Whatever a far side tells, it is read without an error, and what is read fits everywhere."""

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accesscodes.pin_rules import PinRules
from locksite.masked import Pin
from properties.capabilities import LockFacts, lock_verdict
from properties.changes import Seen, device_events
from properties.offline_windows import frames_of
from properties.providers.base import Capabilities, ProviderError
from properties.providers.seam.devices import device_of
from properties.providers.seam.mapping import (
    attempt_of,
    code_of,
    hint_of,
    webhook_of,
    workspace_of,
)
from properties.providers.seam.values import SeamWish
from properties.sync import EVERY_OTHER
from tests.loopback import Loopback
from tests.properties.providers.seam.samples import body, found, names
from tests.properties.providers.seam.servers import client_of, error, whole

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)

ODD_TEXTS = ["", " ", "0042", "a\0b", "\ud800", "9999-12-31T23:59:59-14:00", "x" * 300, "Europe"]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**400, max_value=10**400 + 9)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(ODD_TEXTS)
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def places(value, path=()):
    """Yield the path of everything inside a value."""
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def changed(value, path, new):
    """Return a copy with `new` at a path; the key is gone where `new` is `places`."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and new is places:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@st.composite
def damaged(draw, originals):
    """Draw a recorded object of which a few parts are missing or something else."""
    value = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, 4))):
        known = list(places(value))
        if not known:
            break
        value = changed(value, draw(st.sampled_from(known)), draw(anything | st.just(places)))
    return value


def is_plain(value):
    """Return whether a value of ours holds nothing that a database or a page stumbles over."""
    if is_dataclass(value):
        return all(is_plain(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, Pin | datetime):
        return True
    json.dumps(value, allow_nan=False, default=str)
    text = json.dumps(value, ensure_ascii=False, default=str)
    text.encode()
    return "\\u0000" not in text


DEVICES = found("device") + found("devices")
CODES = found("access_code") + found("access_codes")


@given(damaged(DEVICES) | anything)
def test_any_device_is_read_and_all_that_reads_it_further_can(raw):
    device = device_of(raw)

    if device is None:
        return
    report = device.report
    assert is_plain(report.properties)
    assert is_plain(device.others)
    assert Capabilities.from_json(report.capabilities.as_json()) == report.capabilities
    PinRules.from_properties(report.properties)
    frames_of(report.properties)
    seen = Seen(report.name, report.flags, report.properties, report.errors, report.warnings)
    well = Seen("Room", {}, {"online": True, "battery": {"level": 1, "status": "full"}})
    device_events(well, seen)
    device_events(seen, well)
    facts = LockFacts(
        flags=report.flags,
        properties=report.properties,
        errors=report.errors,
        warnings=report.warnings,
        reported_at=NOW,
        codes_used=0,
        max_codes=report.capabilities.max_codes,
    )
    lock_verdict(facts, NOW, stale_after=EVERY_OTHER)


@given(damaged(CODES) | anything)
def test_any_code_is_read_and_shows_its_pin_nowhere_else(raw):
    code = code_of(raw)

    if code is None:
        return
    assert is_plain(code)
    assert (code.starts_at, code.ends_at) == (None, None) or code.type == "time_bound"
    if code.pin is not None and len(code.pin.digits) >= 4 and code.name != code.pin.digits:
        assert code.pin.digits not in repr((code.errors, code.warnings, code.pending))


@pytest.mark.parametrize(
    ("read", "originals"),
    [
        (hint_of, found("event") + found("events")),
        (attempt_of, found("action_attempt")),
        (workspace_of, found("workspace")),
        (webhook_of, found("webhook") + found("webhooks")),
    ],
)
@settings(max_examples=60)
@given(data=st.data())
def test_anything_else_is_read(read, originals, data):
    value = read(data.draw(damaged(originals) | anything))

    assert value is None or is_plain(value)


CALLS = {
    "workspaces_get": lambda seam: seam.get_workspace(),
    "devices_list": lambda seam: seam.list_devices(),
    "devices_get": lambda seam: seam.get_device("lock"),
    "access_codes_list": lambda seam: seam.list_access_codes(),
    "access_codes_create_ongoing": lambda seam: seam.create_access_code("lock", SeamWish("Ana")),
    "access_codes_pull_backup": lambda seam: seam.pull_backup_access_code("code"),
    "sparse_access_codes_delete": lambda seam: seam.delete_access_code("code"),
    "locks_unlock_door_pending": lambda seam: seam.unlock_door("lock"),
    "events_list": lambda seam: seam.list_events(NOW),
    "sparse_webhooks_list": lambda seam: seam.list_webhooks(),
}
FAILURES = [body(name) for name in names() if "_error_" in name]


@pytest.fixture(scope="module")
def far_side():
    """Return a client, and a list whose last entry is what it is answered."""
    answers: list[bytes] = []
    with Loopback(lambda peer: peer.sendall(answers[-1])) as server:
        yield client_of(server), answers


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=40)
@given(data=st.data())
def test_whatever_a_call_is_answered_it_returns_or_says_what_that_means(name, far_side, data):
    seam, answers = far_side
    status = data.draw(st.sampled_from([200, 200, 200, 400, 401, 403, 404, 409, 429, 500, 503]))
    told = data.draw(damaged([body(name) if status == 200 else error("x"), *FAILURES]) | anything)
    answers.append(whole(status, told))

    try:
        CALLS[name](seam)
    except ProviderError as failure:
        json.dumps([failure.error_code, failure.sentence], ensure_ascii=False).encode()


def test_json_that_is_nested_without_end_is_read():
    deep: dict = {"device_id": "lock"}
    for _ in range(100_000):
        deep = {"deeper": deep}

    assert device_of({"device_id": "lock", **deep}).report.remote_id == "lock"
    assert code_of({"access_code_id": "c", "device_id": "lock", "errors": [deep]}) is not None
