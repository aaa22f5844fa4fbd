"""The one address that every page of the desk asks for news."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from accesscodes.web import (
    activity_views,
    arrival_views,
    code_page,
    code_views,
    live,
    lock_views,
    now_views,
    reading,
    shell,
)
from accesscodes.web.access import Desk, at_desk
from accesscodes.web.asked import words_in
from accesscodes.web.live import Board
from locksite.htmx import HtmxHttpRequest


def _board(  # noqa: PLR0911  one line for each page
    request: HtmxHttpRequest, desk: Desk
) -> tuple[Board, str]:
    """Return the board that the page shows, and the section it belongs to."""
    scope, _, name = request.GET.get("scope", "").partition(":")
    match scope:
        case "arrivals":
            return arrival_views.arrivals_board(desk), "arrivals"
        case "activity":
            return activity_views.activity_board(desk, request.GET), "activity"
        case "locks":
            query = request.GET
            return lock_views.list_board(desk, query.get("state", ""), words_in(query)), "locks"
        case "codes":
            return code_views.list_board(desk, request.GET), "codes"
        case "lock":
            device = reading.device_or_404(desk, _uid(name))
            return lock_views.lock_board(desk, device, request.GET.get("asked", "")), "locks"
        case "code":
            return code_page.code_board(desk, reading.code_or_404(desk, _uid(name))), "codes"
        case "now" if desk.may_issue:
            code = reading.code_or_404(desk, _uid(name))
            return now_views.now_board(desk, code, request.GET.get("asked", "")), "codes"
        case "frame":
            return shell.frame_board(desk), ""
        case _:
            raise Http404("no such page")


def _uid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404("no such thing") from None


@require_GET
@at_desk
def look(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """Tell a page what changed since it last heard; 204 where nothing did.

    Whether anything did is asked first, in one query; only then is the page made again.
    """
    seen = request.GET.get("t", "")
    if live.is_as_seen(seen, desk.marks, shell.engine_part(desk).mark, desk.now):
        return HttpResponse(status=204)
    board, section = _board(request, desk)
    return live.answer(
        request, board, shell.live_element(desk, board), shell.shared(desk, section)
    )
