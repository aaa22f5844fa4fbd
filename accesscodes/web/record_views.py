"""The flight recorder of one code, on a page and as a file."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accesscodes.models import AccessCode
from accesscodes.web import reading, record, shell
from accesscodes.web.access import Desk, at_desk, refused
from locksite.htmx import HtmxHttpRequest

FOR_MANAGERS = "The file names guests and colleagues. Ask a manager for it."
FILES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@require_GET
@at_desk
def code_record(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Everything that happened to one code; with `format` as a file, for managers."""
    row = reading.code_or_404(desk, code)
    kind = request.GET.get("format", "")
    if kind in FILES:
        return _file(request, desk, row, kind)
    lines = record.lines(reading.record_rows(desk, row), desk.zone, desk.now)
    context = {
        "code": row,
        "lines": record.shown(lines, desk.zone, desk.now),
        "zone_name": desk.zone_name,
        "may_export": desk.may_manage,
    }
    return shell.page(request, desk, "accesscodes/code_record.html", "codes", context)


def _file(request: HtmxHttpRequest, desk: Desk, code: AccessCode, kind: str) -> HttpResponse:
    if not desk.may_manage:
        return refused(request, FOR_MANAGERS)
    lines = record.lines(reading.record_rows(desk, code), desk.zone, desk.now)
    text = (
        record.as_csv(lines, desk.zone)
        if kind == "csv"
        else record.as_json(code, lines, desk.zone)
    )
    response = HttpResponse(text, content_type=FILES[kind])
    response["Content-Disposition"] = f'attachment; filename="code-{code.uid}.{kind}"'
    return response
