"""A partner, two houses with virtual locks, and a clock that also the web reads."""

import pytest
from django.utils import timezone

from tests.accesscodes.world import World
from tests.api import Partner


@pytest.fixture
def world(db, clock, monkeypatch):
    """A lock that keeps windows, with the real engine behind it."""
    monkeypatch.setattr(timezone, "now", clock)
    return World("schlage", clock=clock)


@pytest.fixture
def partner(world):
    return Partner(world.property)


@pytest.fixture
def lock(world):
    return str(world.device().uid)
