"""What the first page costs: everything that a browser fetches for it, as it is sent."""

import gzip
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests

ASSETS = re.compile(r'<(?:link|script)[^>]*?\s(?:href|src)="([^"]+)"|<use href="([^"#]+)#')
FAR_FUTURE = "max-age=315360000, public, immutable"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is fetched. `size` is in bytes, compressed as with `gzip -9`."""

    path: str
    size: int
    encoding: str
    caching: str


def signed_in(url: str, username: str, password: str) -> requests.Session:
    """Return a session of somebody at the desk."""
    session = requests.Session()
    address = f"{url}/account/login/"
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', session.get(address).text)
    assert token is not None
    form = {"username": username, "password": password, "csrfmiddlewaretoken": token[1]}
    session.post(address, form, headers={"Referer": address}).raise_for_status()
    return session


def parts_of(session: requests.Session, url: str) -> list[Part]:
    """Return the page first, then each file that it names, once."""
    page = session.get(url)
    page.raise_for_status()
    found = [_part(page)]
    names = {one or other for one, other in ASSETS.findall(page.text)}
    for name in sorted(names):
        # As sent: `requests` would otherwise unpack it.
        answer = session.get(urljoin(url, name), headers={"Accept-Encoding": "gzip"})
        answer.raise_for_status()
        found.append(_part(answer))
    return found


def _part(answer: requests.Response) -> Part:
    return Part(
        urlsplit(answer.url).path,
        len(gzip.compress(answer.content, 9)),
        answer.headers.get("Content-Encoding", ""),
        answer.headers.get("Cache-Control", ""),
    )
