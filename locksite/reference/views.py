"""The reference for partners: pages that anybody may read. Nothing in them is secret."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accesscodes.attempts import PER_MINUTE
from accesscodes.choices import EventType
from locksite.reference import pages
from locksite.reference.conformance import NOTES, measured
from locksite.reference.examples import DEVICE
from locksite.reference.guides import guides
from locksite.wire.error_table import ERRORS


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the list of pages."""

    title: str
    url: str
    is_here: bool


# Address (below /api/docs/), title, template; the first is the start.
TEXTS = (
    ("", "Overview", "overview"),
    ("switch", "Switch from Seam", "switch"),
    ("errors", "Errors", "errors"),
    ("webhooks", "Webhooks", "webhooks"),
    ("limits", "Repeats and limits", "limits"),
    ("extras", "Explanation and confidence", "extras"),
    ("conformance", "Conformance", "conformance"),
)


def _url(name: str, *arguments: str) -> str:
    return reverse(f"reference:{name}", args=arguments)


def _links(request: HttpRequest) -> dict[str, list[Link]]:
    def link(title: str, url: str) -> Link:
        return Link(title, url, request.path == url)

    texts = [
        link(title, _url("text", slug) if slug else _url("overview")) for slug, title, _ in TEXTS
    ]
    spaces = [link(each.title, _url("namespace", each.slug)) for each in pages.namespaces()]
    return {"texts": texts, "spaces": [*spaces, link("Things in answers", _url("things"))]}


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    base = request.build_absolute_uri("/").rstrip("/")
    return render(
        request,
        f"reference/{template}.html",
        {"title": title, "base": base, "links": _links(request), **context},
    )


@require_safe
def text(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show one of the pages of text."""
    for known, title, template in TEXTS:
        if known == slug:
            return _page(
                request,
                template,
                title,
                errors=ERRORS,
                guides=guides(),
                namespaces=pages.namespaces(),
                conformance=measured(),
                notes=NOTES.items(),
                event_types=[each.value for each in EventType],
                rate_limit=settings.LOCKSITE_RATE_LIMIT,
                has_device_limits=settings.LOCKSITE_DEVICE_LIMITS,
                device_limits=PER_MINUTE.items(),
                explanation=pages.pretty({"explanation": DEVICE["explanation"]}),
            )
    raise Http404("no such page")


@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the guide in one language."""
    for each in guides():
        if each.slug == slug:
            title = f"The guide in {each.name}"
            return _page(request, "guide", title, guide=each, guides=guides())
    raise Http404("no such language")


@require_safe
def namespace(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the endpoints of one namespace."""
    for each in pages.namespaces():
        if each.slug == slug:
            return _page(request, "namespace", each.title, namespace=each)
    raise Http404("no such namespace")


@require_safe
def things(request: HttpRequest) -> HttpResponse:
    """Show what answers hold, field by field."""
    return _page(request, "things", "Things in answers", resources=pages.resources())


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show where the words of `?q=` stand."""
    asked = request.GET.get("q", "")[:100]
    hits = [(hit, f"{_url(*_place(hit))}#{hit.anchor}") for hit in pages.search(asked)]
    return _page(request, "search", "Search", asked=asked, hits=hits)


def _place(hit: pages.Hit) -> tuple[str, ...]:
    if hit.page == "namespace":
        return "namespace", hit.slug
    return ("things",) if hit.page == "things" else ("text", "errors")
