"""Filters for the pages of the reference."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_TICKS = re.compile(r"`([^`]+)`")


@register.filter
def ticks(text: str) -> SafeString:
    """Return a text with what stands in backticks as code; all else is escaped."""
    escaped = str(conditional_escape(text))
    return mark_safe(_TICKS.sub(r"<code>\1</code>", escaped))  # noqa: S308  # nosec: escaped


@register.filter
def at(code: str, base: str) -> str:
    """Return code with this installation's own address in it."""
    return code.replace("ENDPOINT", base)
