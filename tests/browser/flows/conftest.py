"""Houses of their own beside the demo hotel, and somebody at the desk in each way."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.flows.backstage import Backstage
from tests.browser.flows.clerk import WAYS, Clerk, Seat, Way


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

    def sit_down(way: Way, who: str = "harriet") -> Clerk:
        if not any(seat.way == way for seat in seats.values()):
            backstage.build_house(way=way.name)
        key = f"{who}, {way.name}"
        if key not in seats:
            seats[key] = Seat(browser, site.url, way, who)
        backstage.enter(way=way.name)
        clerks.append(Clerk(seats[key], backstage))
        return clerks[-1]

    yield sit_down
    assert [wrong for clerk in clerks for wrong in clerk.leave()] == []


def _as_parameter(way: Way) -> Any:
    return pytest.param(way, id=way.name, marks=[pytest.mark.long] if way.is_long else [])


@pytest.fixture(params=map(_as_parameter, WAYS))
def clerk(request, sit_down) -> Clerk:
    """A manager at the desk, with JavaScript and without."""
    clerk: Clerk = sit_down(request.param)
    return clerk
