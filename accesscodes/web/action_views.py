"""What may be done with a code in one click: try again, put back, accept, undo.

Each is a POST; asked for by GET, as without JavaScript from a link, it says what will happen and
asks once. The answer is the page of the code: its main part for htmx, a redirect otherwise.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accesscodes import linked, services
from accesscodes.models import AccessCode
from accesscodes.web import presenters, reading, shell
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if, refused
from accesscodes.web.code_page import code_main, known_code
from accesscodes.web.states import MEDDLED
from locksite.actors import Actor
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest

NOT_YOURS = "Somebody else made this code. Ask a manager to delete it."


class Service(Protocol):
    """A wish about one code."""

    def __call__(self, code: AccessCode, *, actor: Actor, now: datetime) -> AccessCode:
        """Write the wish down and return the code."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: what carries it out, and its words. ``{name}`` stands for the guest."""

    service: Service
    title: str
    effect: str
    button: str
    icon: str
    done: str


RETRY = Action(
    services.retry_code,
    "Try again for {name}?",
    "Sends the same PIN again. Nothing is removed first.",
    "Try again",
    "refresh-cw",
    "The same PIN is being sent again.",
)
RESTORE = Action(
    services.restore_code,
    "Put the code of {name} back?",
    "The lock gets the PIN and the dates that stand here. What was changed in its app is undone.",
    "Put back",
    "refresh-cw",
    "The code is being put back on the lock.",
)
ACCEPT = Action(
    services.accept_outside_change,
    "Accept what was changed for {name}?",
    "The PIN and the dates on the lock become those of this code. A code that was removed there "
    "is deleted here. Nothing is sent to the lock.",
    "Accept the change",
    "check",
    "The change is accepted.",
)


def _act(request: HtmxHttpRequest, desk: Desk, code: UUID, action: Action) -> HttpResponse:
    row = reading.code_or_404(desk, code)
    if request.method == "GET":
        context = {
            "code": row,
            "window": presenters.window_words(row, desk.zone, desk.now),
            "title": action.title.format(name=row.name),
            "action": action,
        }
        return shell.page(request, desk, "accesscodes/code_action.html", "codes", context)
    try:
        action.service(row, actor=desk.actor, now=desk.now)
    except RuleBroken as broken:
        messages.info(request, broken.message)
    else:
        messages.success(request, action.done)
    return answer(request, desk, code)


def answer(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Return the page of a code after something was done with it.

    Where that was done on the page of another code, for another door of the same guest, it is
    that page.
    """
    with suppress(KeyError, ValueError):
        code = UUID(request.POST["seen_from"])
    if request.htmx:
        return code_main(request, desk, reading.code_or_404(desk, code))
    return redirect("code-detail", desk.house.slug, code)


def _may_issue(desk: Desk) -> bool:
    return desk.may_issue


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(_may_issue, instead=NOT_ALLOWED)
def code_retry(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Tell the lock about the code again, at once."""
    return _act(request, desk, code, RETRY)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(_may_issue, instead=NOT_ALLOWED)
def code_restore(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Put the code back as it is wanted here, whatever others made of it."""
    return _act(request, desk, code, RESTORE)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(_may_issue, instead=NOT_ALLOWED)
def code_accept(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Want what others made of the code at the lock.

    Where they removed it, that deletes it here: for those who may.
    """
    row = reading.code_or_404(desk, code)
    if request.method == "POST":
        if known_code(desk, row).state.key not in MEDDLED:
            messages.info(request, "The lock holds what is wanted. There is nothing to accept.")
            return answer(request, desk, code)
        if not row.installed().is_on_lock and not desk.may_delete(row):
            return refused(request, NOT_YOURS)
    return _act(request, desk, code, ACCEPT)


def _undo(code: AccessCode, *, actor: Actor, now: datetime) -> AccessCode:
    linked.undo_all(code, actor=actor, now=now)
    return code


UNDO = Action(
    _undo,
    "Keep the code of {name}?",
    "It stays on the lock as it is.",
    "Undo",
    "undo-2",
    "Nothing was deleted. The code stays.",
)
UNDO_ALL = replace(
    UNDO,
    effect="It stays on the locks of all doors that it was deleted for.",
    done="Nothing was deleted. The codes of all doors stay.",
)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(_may_issue, instead=NOT_ALLOWED)
def code_undo(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Take a delete back while it waits, at all doors that it was for."""
    codes = linked.deleted_together(reading.code_or_404(desk, code))
    if not all(desk.may_delete(row) for row in codes):
        return refused(request, NOT_YOURS)
    return _act(request, desk, code, UNDO_ALL if len(codes) > 1 else UNDO)
