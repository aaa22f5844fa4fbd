"""Many partners at once, on real web processes."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.processes import Site

pytestmark = [pytest.mark.processes, pytest.mark.touches_database]

LOCKS = """
from datetime import UTC, datetime
from properties.models import Device, ProviderAccount
account = ProviderAccount.objects.create(kind="virtual", name="Virtual locks")
for number in range(5):
    device = Device.objects.create(
        account=account,
        remote_id=str(number),
        reported_name=f"Door {number}",
        device_type="schlage_lock",
        flags={"can_program_online_access_codes": True},
        properties={"online": True, "supported_code_lengths": [4, 5, 6]},
        reported_at=datetime.now(UTC),
    )
    print(device.uid)
"""


KEYS = 200 if os.environ.get("LOCKSITE_TEST_LONG") == "1" else 25


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One site without an engine for all tests here; each makes locks of its own."""
    folder = tmp_path_factory.mktemp("races")
    with Site(folder, engine=False, web_processes=2) as running:
        yield running


@pytest.fixture(scope="module")
def headers(site):
    return {"Authorization": f"Bearer {site.api_key()}"}


@pytest.fixture
def locks(site):
    return site.run(LOCKS).split()


def made_on(site, locks):
    """Return how many codes there are on these locks."""
    uids = ", ".join(f"'{uid}', '{uid.replace('-', '')}'" for uid in locks)
    [(count,)] = site.rows(
        "SELECT count(*) FROM accesscodes_accesscode c JOIN properties_device d"
        f" ON d.id = c.device_id WHERE CAST(d.uid AS text) IN ({uids})"
    )
    return count


def test_of_many_who_ask_for_one_pin_at_once_exactly_one_gets_it(site, headers, locks):
    def ask(lock):
        params = {"device_id": lock, "code": "482915"}
        answer = requests.post(
            f"{site.url}/access_codes/create", json=params, headers=headers, timeout=60
        )
        return lock, answer.status_code

    with ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(ask, [lock for lock in locks for _ in range(16)]))

    for lock in locks:
        assert sorted(status for asked, status in answers if asked == lock) == [
            200,
            *[409] * 15,
        ]
    assert made_on(site, locks) == 5


def test_of_many_who_use_one_new_key_at_once_all_share_one_pin(site, headers, locks):
    def ask(job):
        lock, key = job
        params = {"device_id": lock, "common_code_key": key, "preferred_code_length": 6}
        answer = requests.post(
            f"{site.url}/access_codes/create", json=params, headers=headers, timeout=60
        )
        assert answer.status_code == 200, answer.text
        return key, answer.json()["access_code"]["code"]

    jobs = [(lock, f"stay-{number}") for number in range(8) for lock in locks]
    with ThreadPoolExecutor(16) as crowd:
        pins = set(crowd.map(ask, jobs))

    assert sorted(key for key, _ in pins) == [f"stay-{number}" for number in range(8)]


def test_those_who_ask_for_the_same_doors_in_another_order_do_not_block_each_other(
    site, headers, locks
):
    def ask(doors):
        answer = requests.post(
            f"{site.url}/access_codes/create_multiple",
            json={"device_ids": doors},
            headers=headers,
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        codes = answer.json()["access_codes"]
        return answer.status_code, len({code["code"] for code in codes}), len(codes)

    with ThreadPoolExecutor(16) as crowd:
        answers = set(crowd.map(ask, [locks, locks[::-1]] * 4))

    assert answers == {(200, 1, 5)}


def test_of_many_with_one_idempotency_key_at_once_one_is_done_and_the_others_get_its_answer(
    site, headers, locks
):
    def ask(job):
        number, session = job
        answer = session.post(
            f"{site.url}/access_codes/create",
            json={"device_id": locks[number % len(locks)], "name": f"Guest {number}"},
            headers={**headers, "Idempotency-Key": f"stay-{number}"},
            timeout=60,
        )
        return answer.status_code, answer.headers.get("Retry-After"), answer.text

    sessions = [requests.Session() for _ in range(16)]
    with ThreadPoolExecutor(16) as crowd:
        for number in range(KEYS):
            answers = Counter(crowd.map(ask, [(number, session) for session in sessions]))
            done = [text for status, _, text in answers if status == 200]
            others = {answer[:2] for answer in answers if answer[0] != 200}

            assert len(done) == 1
            assert others <= {(409, "1")}
            assert ask((number, sessions[0])) == (200, None, done[0])

    assert made_on(site, locks) == KEYS


def test_of_many_who_put_the_same_at_once_all_get_the_same_codes(site, headers, locks):
    def ask(_):
        answer = requests.put(
            f"{site.url}/access_codes/create_multiple",
            json={"device_ids": locks},
            headers=headers,
            timeout=60,
        )
        return answer.status_code, answer.text

    with ThreadPoolExecutor(16) as crowd:
        answers = set(crowd.map(ask, range(16)))

    assert [status for status, _ in answers] == [200]
    assert made_on(site, locks) == 5
