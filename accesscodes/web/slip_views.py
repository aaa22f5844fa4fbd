"""The guest's slip: the PIN on paper, with when and how it works.

The page asked for by GET holds no digits and says whether the PINs may be handed over. A POST
shows them, and each one is written down. PINs that are not safe to hand over are shown only to
somebody who was told so and asks all the same.
"""

from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from accesscodes import services
from accesscodes.models import AccessCode
from accesscodes.web import reading, shell, slips
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from accesscodes.web.code_page import known_codes
from locksite.database import write_transaction
from locksite.htmx import HtmxHttpRequest

MOST = 60
"""How many slips are printed at once, at most."""


def _may_reveal(desk: Desk) -> bool:
    return desk.may_reveal


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(_may_reveal, instead=NOT_ALLOWED)
def slip(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """The slip of one code."""
    return _page(request, desk, [reading.code_or_404(desk, code)])


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(_may_reveal, instead=NOT_ALLOWED)
def slips_of(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """The slips of the codes named by `ids`, separated by commas, one on each page."""
    uids = _uids(request.GET.get("ids", ""))
    found = {code.uid: code for code in reading.codes_by_id(desk, uids)}
    if not uids or len(found) < len(set(uids)):
        raise Http404("no such codes")
    return _page(request, desk, [found[uid] for uid in dict.fromkeys(uids)])


def _uids(text: str) -> list[UUID]:
    try:
        return [UUID(part) for part in text.split(",") if part][:MOST]
    except ValueError:
        raise Http404("no such codes") from None


def _page(request: HtmxHttpRequest, desk: Desk, codes: Sequence[AccessCode]) -> HttpResponse:
    pairs = [(known.code, slips.slip_of(known, desk)) for known in known_codes(desk, codes)]
    is_sure = "sure" in request.POST
    wanted = [
        (code, slip)
        for code, slip in pairs
        if slip.is_printable and (slip.handover.is_safe or is_sure)
    ]
    if request.method == "GET" or not wanted:
        context = {
            "slips": tuple(slip for _, slip in pairs),
            "ready": sum(slip.is_printable and slip.handover.is_safe for _, slip in pairs),
            "printable": sum(slip.is_printable for _, slip in pairs),
        }
        return shell.page(request, desk, "accesscodes/slip.html", "codes", context)
    with write_transaction():
        printed = [
            (
                slip,
                services.reveal_pin(code, actor=desk.actor, now=desk.now, how="printed").digits,
            )
            for code, slip in wanted
        ]
    context = {
        "printed": [(slip, slips.in_groups(digits), digits) for slip, digits in printed],
        "house": slips.house_of(desk),
        "back": slips.back_to(desk, codes),
    }
    return shell.page(request, desk, "accesscodes/slip_print.html", "codes", context)
