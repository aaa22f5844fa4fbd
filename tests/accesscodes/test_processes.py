"""Real processes: an engine that is killed at work, and many partners who want the same PIN."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier

import pytest
import requests

from tests.processes import Site, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.touches_database]

LOCKS, CODES_PER_LOCK = 5, 10

HOTEL = f"""
from datetime import UTC, datetime
from properties.models import Device, Property, ProviderAccount, VirtualLock
house = Property.objects.create(slug="house", name="House")
account = ProviderAccount.objects.create(kind="virtual", name="Virtual locks")
for number in range({LOCKS}):
    VirtualLock.objects.create(
        account=account, make="schlage", name=f"Door {{number}}", answer_min=0.02, answer_max=0.1
    )
account.due_at = datetime.now(UTC)
account.save()
"""

MEMORY = """
import json
from datetime import UTC, datetime
from properties.models import VirtualLock
from properties.providers.virtual.store import memory_of
print(json.dumps({
    lock.name: sorted(entry.pin.digits for entry in memory_of(lock, datetime.now(UTC)).values())
    for lock in VirtualLock.objects.all()
}))
"""


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path, web_processes=2) as site:
        site.run(HOTEL)
        wait_until(lambda: len(devices(site)) == LOCKS, "the locks are listed")
        yield site


@cache
def key_of(site):
    return site.api_key()


def call(site, path, **body):
    return requests.post(
        f"{site.url}{path}",
        json=body,
        headers={"Authorization": f"Bearer {key_of(site)}"},
        timeout=30,
    )


def devices(site):
    return {
        device["display_name"]: device["device_id"]
        for device in call(site, "/devices/list").json()["devices"]
    }


def codes(site):
    return call(site, "/access_codes/list").json()["access_codes"]


def on_locks(site):
    return json.loads(site.run(MEMORY))


def count(site, status):
    [(number,)] = site.rows(
        f"SELECT count(*) FROM accesscodes_accesscode WHERE status = '{status}'"
    )
    return number


def wait_for(site, status, number):
    wait_until(lambda: count(site, status) >= number, f"{number} codes are {status}")


def kill_and_restart(site):
    site.kill_engine()
    site.start_engine()


def test_an_engine_killed_while_setting_50_codes_loses_nothing_and_doubles_nothing(site):
    wanted: dict[str, list[str]] = {}
    for name, device_id in devices(site).items():
        wanted[name] = []
        for number in range(CODES_PER_LOCK):
            body = {"device_id": device_id, "name": f"Guest {number}", "preferred_code_length": 6}
            code = call(site, "/access_codes/create", **body).json()["access_code"]
            wanted[name].append(code["code"])

    for progress in (5, 20, 35):
        wait_for(site, "set", progress)
        kill_and_restart(site)
    wait_for(site, "set", 50)

    assert on_locks(site) == {name: sorted(pins) for name, pins in wanted.items()}
    [(lost,)] = site.rows("SELECT count(*) FROM accesscodes_lockcommand WHERE outcome = 'lost'")
    assert lost > 0, "no engine was killed in the middle of a command"
    doubled = (
        "SELECT code_id FROM accesscodes_transition WHERE to_status = 'set' "
        "GROUP BY code_id HAVING count(*) > 1"
    )
    assert site.rows(doubled) == []

    for code in codes(site):
        call(site, "/access_codes/delete", access_code_id=code["access_code_id"])
    wait_for(site, "gone", 10)
    kill_and_restart(site)
    wait_for(site, "gone", 50)

    assert on_locks(site) == {name: [] for name in wanted}


def test_an_engine_asked_to_stop_finishes_what_it_does_and_says_goodbye(site):
    engine = site.engine

    code = engine.stop()

    assert code == 0
    assert engine.output().rstrip().endswith("has stopped.")
    [(stopped,)] = site.rows(
        "SELECT count(*) FROM accesscodes_enginebeat WHERE stopped_at IS NOT NULL"
    )
    assert stopped == 1


def test_of_sixteen_who_want_one_pin_on_one_lock_exactly_one_gets_it(site):
    device_id = devices(site)["Door 0"]

    for pin in ("482915", "735162", "904718"):
        start = Barrier(16)

        def create(_, pin=pin, start=start):
            start.wait()
            return call(site, "/access_codes/create", device_id=device_id, code=pin)

        with ThreadPoolExecutor(16) as partners:
            answers = list(partners.map(create, range(16)))

        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 15
        losers = [answer.json() for answer in answers if answer.status_code == 409]
        assert {body["error"]["type"] for body in losers} == {"duplicate_access_code"}
