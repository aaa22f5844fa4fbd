"""The checks of a rough day notice what they are there to notice."""

from datetime import datetime, timedelta

import pytest

from tests.evidence import (
    Command,
    Promise,
    Step,
    broken_chains,
    broken_promises,
    double_commands,
    needless_commands,
    stale_commits,
)

NOON = datetime(2026, 11, 23, 12)  # noqa: DTZ001


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def command(number, token, asked, answered, outcome="accepted", **parts):
    """Return a command of lock 7, by default each for an entry of its own."""
    parts = {"device": 7, "installation": number, "action": "program", "revision": 1, **parts}
    answered_at = None if answered is None else at(answered)
    return Command(
        number, token=token, asked_at=at(asked), answered_at=answered_at, outcome=outcome, **parts
    )


GOOD = [
    command(1, 1, 0, 1),
    command(2, 1, 2, 9, "lost"),
    command(3, 2, 10, 11),
    command(4, 1, 0, 20, device=8),
]


def test_an_orderly_day_gives_no_complaint():
    steps = [Step(1, 5, 7, "", "setting", None), Step(2, 5, 7, "setting", "set", 1)]

    assert stale_commits(GOOD, steps, {7: 2, 8: 1}) == []
    assert double_commands(GOOD) == []
    assert needless_commands(GOOD) == []
    assert broken_chains(steps, {5: "set"}) == []
    assert broken_promises([Promise(frozenset({"1111"}))], ["1111"]) == []
    assert Command.of((1, 7, 1, "program", 1, 1, "2026-11-23 12:00:00", None, "")) == (
        command(1, 1, 0, None, "")
    )


@pytest.mark.parametrize(
    ("commands", "steps", "complaint"),
    [
        ([*GOOD, command(5, 1, 12, 13, "lost")], [], "command 5 has token 1 after 2"),
        ([*GOOD, command(5, 3, 12, 13)], [], "command 5 has a token that its lock never gave"),
        (
            [command(1, 1, 0, 12), command(3, 2, 10, 11)],
            [],
            "command 1 was answered after a takeover",
        ),
        (
            GOOD,
            [Step(1, 5, 7, "", "setting", 2), Step(2, 6, 7, "", "setting", 1)],
            "transition 2 comes of an old lease",
        ),
    ],
)
def test_what_an_old_holder_wrote_is_noticed(commands, steps, complaint):
    assert stale_commits(commands, steps, {7: 2, 8: 1}) == [complaint]


def test_two_commands_at_once_are_noticed():
    overlapping = [command(1, 1, 0, 5), command(2, 1, 4, 6)]
    open_still = [command(1, 1, 0, None, ""), command(2, 1, 4, 6)]

    assert double_commands(overlapping) == ["command 2 was sent while 1 was under way"]
    assert double_commands(open_still) == ["command 2 was sent while 1 was under way"]


def test_a_command_that_was_done_before_is_noticed():
    again = [command(1, 1, 0, 1), command(2, 1, 2, 3, installation=1)]
    after_a_loss = [command(1, 1, 0, 1, "lost"), command(2, 1, 2, 3, installation=1)]

    assert needless_commands(again) == ["command 2 repeats what was done"]
    assert needless_commands(after_a_loss) == []


def test_a_gap_in_a_code_s_history_is_noticed():
    steps = [Step(1, 5, 7, "", "setting"), Step(2, 5, 7, "set", "removing")]

    assert broken_chains(steps, {5: "gone", 6: "set"}) == [
        "transition 2 of code 5 starts at 'set'",
        "code 5 is gone, its last transition says 'removing'",
        "code 6 is set, its last transition says ''",
    ]


@pytest.mark.parametrize(
    ("may_be", "on_lock", "complaints"),
    [
        ({"1111"}, [], ["a code is lost"]),
        ({"1111"}, ["1111", "1111"], ["a PIN is in 2 slots"]),
        ({"1111"}, ["1111", "2222"], ["an orphan is on the lock"]),
        ({None}, ["1111"], ["an orphan is on the lock"]),
        ({"1111", "2222"}, ["1111", "2222"], ["a code is there with its old and its new PIN"]),
        ({"1111", "2222"}, ["2222"], []),
        ({"1111", None}, [], []),
    ],
)
def test_a_promise_that_was_not_kept_is_noticed(may_be, on_lock, complaints):
    assert broken_promises([Promise(frozenset(may_be))], on_lock) == complaints
