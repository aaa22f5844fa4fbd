"""Which buttons a code in trouble gets: the best step first, and only what is possible."""

from dataclasses import replace

import pytest

from accesscodes.web.fixes import FALLBACKS, ICONS, Possible, actions, fixes, hints
from accesscodes.web.states import STATES, Action, CodeState, Tone

ALL = Possible(
    may_issue=True,
    may_delete=True,
    is_wanted=True,
    is_gone=False,
    is_fixed=False,
    has_backup=True,
    is_backup_in_use=False,
    has_clash=True,
    picks_pins=True,
)
PLAIN = replace(ALL, has_backup=False, has_clash=False)
HOUSEKEEPING = replace(PLAIN, may_issue=False, may_delete=False)


def state(key, action):
    return CodeState(key, "Label", Tone.BAD, "x", "Sentence.", Action(action))


@pytest.mark.parametrize(
    ("key", "action", "can", "offered"),
    [
        ("undo", "undo", ALL, ["undo", "remove_now"]),
        ("undo", "undo", HOUSEKEEPING, []),
        ("stuck_remove", "retry", replace(ALL, is_wanted=False), ["retry", "open_lock"]),
        ("slow_remove", "open_lock", replace(ALL, is_wanted=False), ["open_lock", "retry"]),
        ("account", "see_fix", PLAIN, ["see_fix"]),
        ("blocked", "see_fix", ALL, ["see_fix", "use_backup"]),
        (
            "duplicate",
            "change_pin",
            ALL,
            ["change_pin", "use_backup", "remove_clash", "retry", "open_lock"],
        ),
        ("duplicate", "change_pin", PLAIN, ["change_pin", "retry", "open_lock"]),
        (
            "duplicate",
            "change_pin",
            replace(PLAIN, picks_pins=False),
            ["retry", "open_lock"],
        ),
        ("full", "free_a_slot", PLAIN, ["free_a_slot", "retry", "open_lock"]),
        ("refused", "change_pin", PLAIN, ["change_pin", "retry", "open_lock"]),
        ("not_accepted", "rename", PLAIN, ["rename", "change_pin", "issue_again", "open_lock"]),
        ("changed", "restore", PLAIN, ["restore", "accept", "retry", "open_lock"]),
        ("ext_ok", "accept", PLAIN, ["accept", "restore", "change_dates"]),
        (
            "failed",
            "use_backup",
            ALL,
            ["use_backup", "retry", "change_pin", "issue_again", "open_lock"],
        ),
        # No backup is ready: what comes next is what to do.
        ("failed", "use_backup", PLAIN, ["retry", "change_pin", "issue_again", "open_lock"]),
        (
            "backup",
            "show_backup",
            replace(ALL, is_backup_in_use=True),
            ["show_backup", "retry", "open_lock"],
        ),
        ("inactive", "issue_again", PLAIN, ["issue_again", "restore", "open_lock"]),
        ("no_pin", "retry", replace(PLAIN, is_fixed=True), ["retry", "issue_again", "open_lock"]),
        ("set", "hand_over", ALL, []),
        ("failed", "use_backup", HOUSEKEEPING, ["open_lock"]),
    ],
)
def test_what_is_offered(key, action, can, offered):
    assert [str(each) for each in actions(state(key, action), can)] == offered


def test_the_first_button_is_the_one_to_press():
    buttons = fixes(state("failed", "use_backup"), ALL)

    assert [fix.is_primary for fix in buttons] == [True, False, False, False, False]
    assert [fix.label for fix in buttons][:2] == ["Use backup code", "Try again"]


def test_the_page_says_what_trying_again_does():
    buttons = fixes(state("failed", "use_backup"), PLAIN)

    assert "“Try again” sends the same PIN again." in hints(buttons)


def test_every_action_has_its_words_and_every_fallback_its_state():
    assert set(ICONS) == set(Action) - {Action.NONE, Action.HAND_OVER}
    assert set(FALLBACKS) <= {row.key for row in STATES}
