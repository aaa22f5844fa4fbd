"""A house of its own beside the demo hotel, and somebody at its desk in four ways."""

from collections.abc import Iterator

import pytest

from tests.browser.flows.backstage import Backstage
from tests.browser.flows.clerk import WAYS, Clerk, Seat, Way
from tests.browser.flows.words import PASSWORD


@pytest.fixture(scope="session")
def backstage(site) -> Iterator[Backstage]:
    with Backstage(site) as backstage:
        backstage.build()
        yield backstage


@pytest.fixture(scope="session")
def seats(browser, site, backstage) -> Iterator[dict[str, Seat]]:
    """The seats that were taken, by name; one stays signed in for all flows."""
    taken: dict[str, Seat] = {}
    yield taken
    for seat in taken.values():
        seat.context.close()


@pytest.fixture
def sit_down(browser, site, backstage, seats) -> Iterator:
    """Return a function that seats somebody; whatever is wrong on a page fails the test."""
    clerks: list[Clerk] = []

    def sit_down(way: Way, username: str = "harriet") -> Clerk:
        key = f"{username}, {way.name}"
        if key not in seats:
            seats[key] = Seat(browser, site.url, way, username, PASSWORD)
        clerks.append(Clerk(seats[key], backstage))
        return clerks[-1]

    yield sit_down
    assert [wrong for clerk in clerks for wrong in clerk.leave()] == []


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def clerk(request, sit_down) -> Clerk:
    """A manager at the desk: wide or on a phone, with JavaScript and without."""
    clerk: Clerk = sit_down(request.param)
    return clerk
