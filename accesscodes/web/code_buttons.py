"""The buttons of a code's page: where each action leads."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from accesscodes.models import AccessCode, UnmanagedCode
from accesscodes.pin_rules import PinRules, length_for
from accesscodes.web.access import Desk
from accesscodes.web.fixes import Fix
from accesscodes.web.states import Action


@dataclass(frozen=True, slots=True)
class Button:
    """One button: a link, or with `is_post` a form with these hidden fields.

    `stays`: the answer is the page's main part, put in place of what is there.
    """

    key: str
    icon: str
    label: str
    is_primary: bool
    url: str
    is_post: bool
    stays: bool
    hidden: tuple[tuple[str, str], ...]


_OF_CODE: Mapping[Action, str] = {
    Action.UNDO: "code-undo",
    Action.REMOVE_NOW: "code-delete",
    Action.RETRY: "code-retry",
    Action.RESTORE: "code-restore",
    Action.ACCEPT: "code-accept",
    Action.CHANGE_PIN: "code-change-pin",
    Action.CHANGE_DATES: "code-dates",
    Action.RENAME: "code-rename",
    Action.USE_BACKUP: "code-backup",
}
_OF_LOCK: Mapping[Action, str] = {
    Action.CHECK_AGAIN: "lock-check",
    Action.OPEN_LOCK: "lock-detail",
    Action.SEE_FIX: "lock-detail",
}
_STAYS = frozenset({Action.UNDO, Action.REMOVE_NOW, Action.RETRY, Action.RESTORE})
_POSTS = _STAYS | {Action.CHANGE_PIN, Action.CHECK_AGAIN}


def _acts_at_once(code: AccessCode, action: Action) -> bool:
    """Return whether one click does it.

    A new PIN for one of several doors is asked for on a page, which says that the others stay.
    """
    if action is Action.CHANGE_PIN and code.common_code_key:
        return False
    return action in _POSTS


def buttons(
    desk: Desk, code: AccessCode, found: tuple[Fix, ...], clash: UnmanagedCode | None
) -> tuple[Button, ...]:
    """Return the buttons for these fixes. `clash` has the same PIN on the same lock."""
    return tuple(
        Button(
            str(fix.action),
            fix.icon,
            fix.label,
            fix.is_primary,
            _url(desk, code, fix.action, clash),
            is_post=_acts_at_once(code, fix.action),
            stays=fix.action in _STAYS,
            hidden=_hidden(code, fix.action),
        )
        for fix in found
    )


def _url(desk: Desk, code: AccessCode, action: Action, clash: UnmanagedCode | None) -> str:
    slug, backup = desk.house.slug, code.backup_in_use
    if action in _OF_CODE:
        return reverse(_OF_CODE[action], args=[slug, code.uid])
    if action in _OF_LOCK:
        return reverse(_OF_LOCK[action], args=[slug, code.device.uid])
    if action is Action.SHOW_BACKUP and backup is not None:
        return reverse("code-detail", args=[slug, backup.uid])
    if action is Action.REMOVE_CLASH and clash is not None:
        return reverse("foreign-remove", args=[slug, clash.uid])
    if action is Action.FREE_A_SLOT:
        return f"{reverse('lock-detail', args=[slug, code.device.uid])}#lock-codes"
    issue = reverse("code-issue", args=[slug, code.device.uid])
    return f"{issue}?{urlencode({'name': code.name})}"


def _hidden(code: AccessCode, action: Action) -> tuple[tuple[str, str], ...]:
    if action is Action.REMOVE_NOW:
        return (("now", "1"),)
    if action is Action.CHANGE_PIN:
        rules = PinRules.from_properties(code.device.properties)
        length = length_for(rules, None, for_desk=True)
        return (("pin_mode", "generate"), ("pin_length", str(length)))
    return ()
