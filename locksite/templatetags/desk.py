"""Tags for the desk's templates: an icon, and a time that says its UTC."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
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
