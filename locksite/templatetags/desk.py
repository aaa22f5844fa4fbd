"""Tags for the desk's templates: icons, times with their UTC, QR codes, the way back."""

from typing import Any
from urllib.parse import urlsplit

import segno
from django import template
from django.core.exceptions import DisallowedHost
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from locksite.local_time import as_clock, telling

register = template.Library()


@register.simple_tag
def icon(name: str, spins: bool = False) -> SafeString:
    """Return an icon of the sprite. It is decoration: the words beside it say the same."""
    return format_html(
        '<svg class="i{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        " i--spin" if spins else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
def local_time(stamp: object) -> SafeString:
    """Return a `<time>` for anything with `text`, `iso` and `utc`, as `presenters.Stamp` has."""
    utc = getattr(stamp, "utc", "")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>{}',
        getattr(stamp, "iso", ""),
        utc,
        getattr(stamp, "text", ""),
        format_html(' <span class="utc">({})</span>', utc) if telling().shows_utc else "",
    )


@register.filter
def clock(text: object) -> str:
    """Return a time of day in a field as its reader likes it; what is no time as it was typed."""
    return as_clock(str(text or ""))


@register.simple_tag(takes_context=True)
def way_back(context: Context) -> str:
    """Return the address of our page that led here, or "": not known, or this very page."""
    request: Any = context.get("request")
    if request is None:
        return ""
    came_from = str(request.META.get("HTTP_REFERER", ""))
    try:
        if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
            return ""
    except DisallowedHost:
        return ""
    parts = urlsplit(came_from)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    is_elsewhere = path != request.get_full_path() or request.method == "POST"
    return path if is_elsewhere and url_has_allowed_host_and_scheme(path, None) else ""


QUIET = 4
"""The white border of a QR code, in modules."""


@register.simple_tag
def qr(url: str) -> SafeString:
    """Return an address as a QR code, in black on whatever is behind it."""
    rows = list(segno.make_qr(url, error="m").matrix_iter(border=QUIET))
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return format_html(
        '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="QR code of {1}">'
        '<path d="{2}"/></svg>',
        len(rows),
        url,
        path,
    )
