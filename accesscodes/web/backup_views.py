"""Using a spare code when a guest's own does not work."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accesscodes import pool
from accesscodes.web import presenters, reading, shell
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_backup(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Ask once, then take a spare; its page shows the PIN for the guest."""
    row = reading.code_or_404(desk, code)
    if request.method == "GET":
        if not row.has_backup and row.backup_in_use is None:
            messages.info(request, "No backup code is ready for this code.")
            return redirect("code-detail", desk.house.slug, code)
        context = {
            "code": row,
            "window": presenters.window_words(row, desk.zone, desk.now),
        }
        return shell.page(request, desk, "accesscodes/code_backup.html", "codes", context)
    try:
        spare = pool.pull(row, actor=desk.actor, now=desk.now).spare
    except RuleBroken as broken:
        messages.info(request, broken.message)
        return redirect("code-detail", desk.house.slug, code)
    messages.success(request, f"This backup code opens now. Give its PIN to {row.name}.")
    return redirect("code-detail", desk.house.slug, spare.uid)
