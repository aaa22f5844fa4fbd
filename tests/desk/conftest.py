import pytest
from django.utils import timezone

from properties.choices import Role
from tests.accesscodes.world import World
from tests.factories import MembershipFactory, UserFactory


@pytest.fixture(autouse=True)
def _the_desk_reads_the_hand_moved_clock(clock, monkeypatch):
    """The decorator of every page reads the time once, from `timezone.now`."""
    monkeypatch.setattr(timezone, "now", clock)


@pytest.fixture
def world(db, clock):
    """One property, one virtual lock of a make that keeps a timetable, and a running engine."""
    return World("schlage", clock=clock)


@pytest.fixture
def sign_in(client):
    """Return a function that signs in a person of this role at a property."""

    def as_(role: Role | None, at, username: str = "mara"):
        if role is None:
            user = UserFactory(username=username, is_superuser=True, is_staff=True)
        else:
            user = UserFactory(username=username)
            MembershipFactory(user=user, property=at, role=role)
        client.force_login(user)
        return client

    return as_


@pytest.fixture
def desk(sign_in, world):
    """A browser with a manager signed in at the property of `world`."""
    return sign_in(Role.MANAGER, world.property)
