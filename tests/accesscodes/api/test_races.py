"""Many partners at once, on real web processes."""

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


def test_of_many_who_ask_for_one_pin_at_once_exactly_one_gets_it(tmp_path):
    with Site(tmp_path, engine=False, web_processes=2) as site:
        locks = site.run(LOCKS).split()
        headers = {"Authorization": f"Bearer {site.api_key()}"}

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
        assert site.rows("SELECT count(*) FROM accesscodes_accesscode") == [(5,)]


def test_of_many_who_use_one_new_key_at_once_all_share_one_pin(tmp_path):
    with Site(tmp_path, engine=False, web_processes=2) as site:
        locks = site.run(LOCKS).split()
        headers = {"Authorization": f"Bearer {site.api_key()}"}

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


def test_those_who_ask_for_the_same_doors_in_another_order_do_not_block_each_other(tmp_path):
    with Site(tmp_path, engine=False, web_processes=2) as site:
        locks = site.run(LOCKS).split()
        headers = {"Authorization": f"Bearer {site.api_key()}"}

        def ask(doors):
            answer = requests.put(
                f"{site.url}/access_codes/create_multiple",
                json={"device_ids": doors},
                headers=headers,
                timeout=60,
            )
            assert answer.status_code == 200, answer.text
            codes = answer.json()["access_codes"]
            return answer.status_code, len({code["code"] for code in codes}), len(codes)

        with ThreadPoolExecutor(16) as crowd:
            answers = set(crowd.map(ask, [locks, locks[::-1]] * 8))

        assert answers == {(200, 1, 5)}
