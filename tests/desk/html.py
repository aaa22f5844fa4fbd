"""Read an answer of the desk as a person would: the words of an element, found by its id."""

import re
from html.parser import HTMLParser

VOID = {"input", "meta", "link", "br", "img", "use", "rect", "line", "circle", "path"}
UNSEEN = {"script", "style", "title", "noscript"}


class _Reader(HTMLParser):
    def __init__(self, wanted: str | None):
        super().__init__()
        self.wanted = wanted
        self.depth = 0 if wanted else 1
        self.unseen = 0
        self.found = wanted is None
        self.parts: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.attributes.append((tag, values))
        if "id" in values:
            self.ids.append(values["id"])
        if tag in VOID:
            return
        if self.depth:
            self.depth += 1
        elif self.wanted and values.get("id") == self.wanted:
            self.found, self.depth = True, 1
        if tag in UNSEEN:
            self.unseen += 1

    def handle_startendtag(self, tag, attrs):
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in UNSEEN:
            self.unseen -= 1
        if self.depth and tag not in VOID:
            self.depth -= 1

    def handle_data(self, data):
        if self.depth and not self.unseen:
            self.parts.append(data)


def _read(response, wanted: str | None) -> _Reader:
    reader = _Reader(wanted)
    reader.feed(response.content.decode())
    return reader


def words(response, element: str | None = None) -> str:
    """Return the visible words of an answer, or of the one element with this id."""
    reader = _read(response, element)
    assert reader.found, f"no element #{element}; there are {reader.ids}"
    return re.sub(r"\s+", " ", " ".join(reader.parts)).strip()


def ids(response) -> list[str]:
    """Return the ids of all elements in their order."""
    return _read(response, None).ids


def fields(response, form_id: str | None = None) -> dict[str, str]:
    """Return what the inputs of the page hold, as a browser would send them."""
    values: dict[str, str] = {}
    for tag, attributes in _read(response, None).attributes:
        name = attributes.get("name")
        if tag != "input" or not name:
            continue
        if attributes.get("type") in {"radio", "checkbox"} and "checked" not in attributes:
            continue
        values.setdefault(name, attributes.get("value") or "")
    return values


def attributes(response, element: str) -> dict[str, str | None]:
    """Return the attributes of the element with this id."""
    for _, values in _read(response, None).attributes:
        if values.get("id") == element:
            return values
    raise AssertionError(f"no element #{element}")


def links(response) -> list[str]:
    """Return every address that the page leads to."""
    return [
        values[name]
        for _, values in _read(response, None).attributes
        for name in ("href", "action", "hx-get", "hx-post", "src")
        if values.get(name)
    ]
