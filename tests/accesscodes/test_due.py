"""Which codes a lock has to be told of soon."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accesscodes.choices import Kind, Placement
from accesscodes.due import holds_pin, is_to_come_off, is_to_go_on
from accesscodes.values import Installed, LockTerms, Wish
from properties.providers.base import Capabilities

NOW = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
NATIVE = LockTerms(Capabilities(keeps_window=True, max_codes=20))
PLAIN = LockTerms(Capabilities(keeps_window=False, max_codes=20))
STAY = Wish(1, 1, "Lena Okafor", "p", Kind.TIME_BOUND, NOW - 9 * DAY, NOW + HOUR, NOW + 4 * DAY)
ALWAYS = replace(STAY, kind=Kind.ONGOING, starts_at=None, ends_at=None)


def on_lock(wish, terms=NATIVE, **parts):
    there = Installed(
        Placement.PRESENT,
        slot=1,
        keeps_window=wish.puts_window_on(terms),
        revision=1,
        content=wish.content(terms),
    )
    return replace(there, **parts)


NEW_PIN = replace(STAY, pin_index="q", revision=2)
LONGER = replace(STAY, ends_at=NOW + 6 * DAY, revision=2)
RENAMED = replace(STAY, name="Lena O.", revision=2)
GO_ON = [
    ("it starts in an hour", STAY, Installed(), True),
    ("it starts in a day", replace(STAY, starts_at=NOW + DAY), Installed(), False),
    ("just within a day", replace(STAY, starts_at=NOW + DAY - HOUR / 60), Installed(), True),
    ("it has no dates", ALWAYS, Installed(), True),
    ("it is there", STAY, on_lock(STAY), False),
    ("the lock hides its PINs", STAY, on_lock(replace(STAY, pin_index=None)), False),
    ("its PIN was changed", NEW_PIN, on_lock(STAY), True),
    ("what others made of it stays", NEW_PIN, on_lock(STAY, left_alone=2), False),
    ("its dates were changed", LONGER, on_lock(STAY), True),
    ("its name was changed", RENAMED, on_lock(STAY), False),
    ("it was taken back", replace(STAY, withdrawn_at=NOW), Installed(), False),
    ("it is being taken back", replace(STAY, withdrawn_at=NOW + HOUR), Installed(), False),
    ("it is over", replace(STAY, starts_at=NOW - DAY, ends_at=NOW), Installed(), False),
    ("the lock is never told of it", replace(STAY, is_offline=True), Installed(), False),
]


@pytest.mark.parametrize(("why", "wish", "installed", "is_due"), GO_ON, ids=[g[0] for g in GO_ON])
def test_a_code_has_to_get_onto_the_lock_soon(why, wish, installed, is_due):
    assert is_to_go_on(wish, installed, NATIVE, NOW) is is_due


LEAVING = replace(STAY, starts_at=NOW - DAY, ends_at=NOW + HOUR)
SHORTER = replace(STAY, starts_at=NOW - DAY, ends_at=NOW + HOUR, revision=2)
WITHDRAWN = replace(STAY, withdrawn_at=NOW)
COME_OFF = [
    ("it is not there", WITHDRAWN, Installed(), False),
    ("it was taken back", WITHDRAWN, on_lock(STAY), True),
    ("it is being taken back", replace(STAY, withdrawn_at=NOW + HOUR), on_lock(STAY), True),
    ("it ends in an hour", LEAVING, on_lock(LEAVING, PLAIN), True),
    ("the lock ends it", LEAVING, on_lock(LEAVING), False),
    ("the lock would end it later", SHORTER, on_lock(STAY), True),
    ("it ends in four days", STAY, on_lock(STAY, PLAIN), False),
    ("it stays", ALWAYS, on_lock(ALWAYS), False),
    ("it is on its way off", WITHDRAWN, on_lock(STAY, placement=Placement.ERASING), True),
    ("nobody can take it off", replace(WITHDRAWN, is_offline=True), on_lock(STAY), False),
]


@pytest.mark.parametrize(
    ("why", "wish", "installed", "is_due"), COME_OFF, ids=[c[0] for c in COME_OFF]
)
def test_a_code_has_to_come_off_the_lock_soon(why, wish, installed, is_due):
    assert is_to_come_off(wish, installed, NOW) is is_due


def test_an_entry_that_may_be_on_the_lock_holds_its_pin():
    assert not holds_pin(STAY, Installed())
    assert holds_pin(STAY, on_lock(STAY, placement=Placement.WRITING))
    assert not holds_pin(STAY, on_lock(STAY, placement=Placement.ABSENT))
