"""The flight recorder of one code, on a page and as a file."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accesscodes.known_pins import KnownPins
from accesscodes.models import AccessCode
from accesscodes.web import files, reading, record, shell
from accesscodes.web.access import Desk, at_desk, refused
from locksite.htmx import HtmxHttpRequest

FOR_MANAGERS = "The file names guests and colleagues. Ask a manager for it."


@require_GET
@at_desk
def code_record(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Everything that happened to one code; with `format` as a file, for managers."""
    row = reading.code_or_404(desk, code)
    kind = request.GET.get("format", "")
    if kind in files.KINDS:
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
    hide = KnownPins.of(desk.house, code).masked_in
    if kind == "csv":
        text = files.as_csv(record.COLUMNS, record.cells(lines, desk.zone, hide))
    else:
        text = files.as_json(record.as_json(code, lines, desk.zone, hide))
    return files.handed_out(
        desk,
        text,
        f"code-{code.uid}",
        kind,
        action="access_code.export_record",
        about=("access_code", code.uid),
        rows=len(lines),
    )
