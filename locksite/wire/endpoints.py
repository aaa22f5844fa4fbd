"""All endpoints of the API, found where they are served."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLResolver, get_resolver

from locksite.wire.views import RpcView


def endpoints(patterns: Any = None) -> Iterator[tuple[str, type[RpcView]]]:
    """Yield the address, without a slash in front, and the class of every endpoint."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from endpoints(pattern.url_patterns)
            continue
        view = getattr(pattern.callback, "cls", None)
        if isinstance(view, type) and issubclass(view, RpcView):
            yield str(pattern.pattern), view
