"""`/health` and `/healthz`."""

import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from accesscodes.models import EngineBeat
from properties.stamps import stamp
from tests.factories import DeviceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine():
    now = timezone.now()
    return EngineBeat.objects.create(
        engine_id=uuid.uuid4(), host="desk", pid=7, started_at=now, beat_at=now
    )


def states(response):
    return {each["service"]: each["status"] for each in response.json()["service_health_statuses"]}


def test_all_is_well_while_the_engine_beats(client, engine):
    for path in ("/health", "/healthz"):
        response = client.get(path)

        assert response.status_code == 200
        assert response.json()["ok"] is True
        assert response["seam-request-id"]
        assert states(response) == {"database": "healthy", "engine": "healthy"}


def test_an_engine_that_is_silent_shows_inside_health_and_fails_healthz(client, engine):
    EngineBeat.objects.update(beat_at=timezone.now() - timedelta(seconds=21))

    health, healthz = client.get("/health"), client.get("/healthz")

    assert (health.status_code, health.json()["ok"]) == (200, True)
    assert (healthz.status_code, healthz.json()["ok"]) == (503, False)
    assert states(health) == states(healthz) == {"database": "healthy", "engine": "unhealthy"}


def test_a_database_that_does_not_answer_is_told_and_breaks_nothing(client, monkeypatch):
    def fail(*_):
        raise OperationalError("gone")

    monkeypatch.setattr("locksite.health.engine_health", fail)

    health, healthz = client.get("/health"), client.get("/healthz")

    assert (health.status_code, healthz.status_code) == (200, 503)
    assert states(health) == {"database": "unhealthy", "engine": "unknown"}


def test_health_answers_the_verbs_of_monitors_and_of_the_sdks(client):
    assert client.post("/health").status_code == 200
    assert client.head("/health").status_code == 200
    assert client.delete("/health").status_code == 405


def test_an_engine_that_takes_no_work_is_degraded_since_the_lock_waits(client, engine):
    waiting_since = timezone.now() - timedelta(minutes=3)
    DeviceFactory(due_at=waiting_since)

    health, healthz = client.get("/health"), client.get("/healthz")

    assert (health.status_code, healthz.status_code) == (200, 503)
    assert health.json()["service_health_statuses"][1] == {
        "service": "engine",
        "status": "degraded",
        "description": "Puts codes on locks and takes them off.",
        "since": stamp(waiting_since),
    }


def test_an_engine_that_is_silent_is_told_with_its_last_sign_of_life(client, engine):
    beat_at = timezone.now() - timedelta(minutes=3)
    EngineBeat.objects.update(beat_at=beat_at)

    [_, told] = client.get("/health").json()["service_health_statuses"]

    assert (told["status"], told["since"]) == ("unhealthy", stamp(beat_at))
