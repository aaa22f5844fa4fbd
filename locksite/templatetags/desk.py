"""Tags for the desk's templates: an icon, and a time that says its UTC."""

from typing import Any
from urllib.parse import urlsplit

from django import template
from django.core.exceptions import DisallowedHost
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

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
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        getattr(stamp, "iso", ""),
        getattr(stamp, "utc", ""),
        getattr(stamp, "text", ""),
    )


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
