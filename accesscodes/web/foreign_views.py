"""Codes that were made in a lock's app: taking them over, removing them. For managers.

Each asks once and says what will happen; both work without JavaScript.
"""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accesscodes import foreign, takeover
from accesscodes.models import UnmanagedCode
from accesscodes.web import shell, wall_time
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest

FOR_MANAGERS = "Codes made in the lock's app may be somebody's only key. Ask a manager."


def _row_or_404(desk: Desk, uid: UUID) -> UnmanagedCode:
    """Return a code on a lock of this house; one out of reach is like one that does not exist."""
    rows = UnmanagedCode.objects.for_actor(desk.actor).live()
    row = rows.filter(uid=uid, device__property=desk.house, device__is_managed=True)
    found = row.select_related("device").first()
    if found is None:
        raise Http404("no such code")
    return found


def _ask(request: HtmxHttpRequest, desk: Desk, row: UnmanagedCode, template: str) -> HttpResponse:
    context = {
        "name": row.name or f"Entry in slot {row.slot}",
        "lock": row.device,
        "window": wall_time.window(row.starts_at, row.ends_at, desk.zone, desk.now),
        "obstacle": foreign.obstacle(row.stranger(), row.device.capabilities, desk.now),
    }
    return shell.page(request, desk, template, "locks", context)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
@only_if(lambda desk: desk.may_manage, instead=FOR_MANAGERS)
def foreign_convert(request: HtmxHttpRequest, desk: Desk, entry: UUID) -> HttpResponse:
    """Ask once, then take the code over."""
    row = _row_or_404(desk, entry)
    if request.method == "GET":
        return _ask(request, desk, row, "accesscodes/foreign_convert.html")
    try:
        takeover.convert_to_managed(row, actor=desk.actor, now=desk.now)
    except RuleBroken as broken:
        messages.info(request, broken.message)
    else:
        messages.success(request, f"{row} is being taken over. It stays on the lock as it is.")
    return redirect("lock-detail", desk.house.slug, row.device.uid)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
@only_if(lambda desk: desk.may_manage, instead=FOR_MANAGERS)
def foreign_remove(request: HtmxHttpRequest, desk: Desk, entry: UUID) -> HttpResponse:
    """Ask once, then take the code off its lock."""
    row = _row_or_404(desk, entry)
    if request.method == "GET":
        return _ask(request, desk, row, "accesscodes/foreign_remove.html")
    try:
        takeover.remove_unmanaged(row, actor=desk.actor, now=desk.now)
    except RuleBroken as broken:
        messages.info(request, broken.message)
    else:
        messages.success(request, f"{row} is being removed from the lock.")
    return redirect("lock-detail", desk.house.slug, row.device.uid)
