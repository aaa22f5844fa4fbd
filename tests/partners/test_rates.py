"""How many requests a key may make within a minute, over all web processes."""

from datetime import timedelta

import pytest
import requests
from django.db import connection
from django.test.utils import CaptureQueriesContext

from locksite.actors import SYSTEM
from locksite.errors import TooOften
from locksite.partners import rates
from locksite.partners.models import ApiKey
from locksite.partners.rates import Taking, count_request, take
from locksite.partners.services import create_key
from tests.api import Partner, error
from tests.clock import START
from tests.processes import Site

# ---- What a process may take: pure


@pytest.mark.parametrize(
    ("taken", "limit", "expected"),
    [
        ([], 1200, Taking(60, 0.0, [(1000.0, 60)])),
        ([], 3, Taking(1, 0.0, [(1000.0, 1)])),
        ([(990.0, 1140)], 1200, Taking(15, 0.0, [(990.0, 1140), (1000.0, 15)])),
        ([(990.0, 1199)], 1200, Taking(1, 0.0, [(990.0, 1199), (1000.0, 1)])),
        ([(950.0, 200), (990.0, 1000)], 1200, Taking(0, 10.0, [(950.0, 200), (990.0, 1000)])),
        # a minute ago, and dated ahead by a clock that was wrong
        ([(940.0, 1200)], 1200, Taking(60, 0.0, [(1000.0, 60)])),
        ([(2000.0, 1200)], 1200, Taking(60, 0.0, [(1000.0, 60)])),
        # the limit was lowered
        ([(990.0, 60)], 10, Taking(0, 50.0, [(990.0, 60)])),
    ],
)
def test_what_a_process_may_take_of_a_limit(taken, limit, expected):
    assert take(taken, limit, 1000.0) == expected


@pytest.mark.parametrize("limit", [1, 7, 40, 100, 1200, 100_000])
def test_all_that_is_taken_within_a_minute_is_the_limit_exactly_and_in_few_steps(limit):
    taken: list[tuple[float, int]] = []
    for step in range(400):
        taking = take(taken, limit, 1000.0 + step / 10)
        taken = list(taking.taken)

    assert sum(count for _, count in taken) == limit
    assert len(taken) <= 90


# ---- Counting


@pytest.fixture
def key(db, settings):
    settings.LOCKSITE_RATE_LIMIT = 40
    return create_key("Channel manager", None, actor=SYSTEM, now=START)[0]


@pytest.fixture
def processes(monkeypatch):
    """Return a function that counts a request in one of several processes."""
    memories: list[dict] = [{}, {}, {}]

    def count(key, process, now):
        monkeypatch.setattr(rates, "_purses", memories[process])
        count_request(key, now=now)

    return count


def allowed(count, key, process_of, now, requests):
    done = 0
    for number in range(requests):
        try:
            count(key, process_of(number), now)
        except TooOften:
            continue
        done += 1
    return done


@pytest.mark.parametrize(
    "process_of", [lambda _: 0, lambda number: number % 2, lambda number: number // 20 % 2]
)
def test_two_processes_together_keep_the_limit(key, processes, process_of):
    assert 38 <= allowed(processes, key, process_of, START, 100) <= 40


def test_each_minute_brings_as_many_again_and_no_minute_more(key, processes):
    times = [START + timedelta(seconds=second) for second in range(300)]
    done = [allowed(processes, key, lambda number: number % 2, now, 5) for now in times]

    for start in range(240):
        assert 38 <= sum(done[start : start + 60]) <= 42
    assert 190 <= sum(done) <= 200


def test_a_refusal_says_when_to_come_back_and_writes_nothing(key, processes):
    allowed(processes, key, lambda _: 0, START, 40)
    later = START + timedelta(seconds=20)
    with pytest.raises(TooOften):
        processes(key, 0, later)

    with CaptureQueriesContext(connection) as captured, pytest.raises(TooOften) as refused:
        processes(key, 0, later)

    assert len(captured) == 0
    assert refused.value.wait == timedelta(seconds=40)
    processes(key, 0, later + refused.value.wait)


def test_nineteen_of_twenty_requests_of_a_generous_limit_write_nothing(key, processes, settings):
    settings.LOCKSITE_RATE_LIMIT = 1200

    with CaptureQueriesContext(connection) as captured:
        for _ in range(60):
            processes(key, 0, START)

    assert sum(query["sql"].startswith("UPDATE") for query in captured) == 1


def test_a_key_may_have_a_limit_of_its_own_or_none(key, processes, settings):
    key.rate_limit = 3
    assert allowed(processes, key, lambda _: 0, START, 10) == 3
    other, _ = create_key("Other", None, actor=SYSTEM, now=START)
    other.rate_limit = 0
    assert allowed(processes, other, lambda _: 0, START, 100) == 100


def test_zero_is_no_limit_and_costs_nothing(key, settings, django_assert_num_queries):
    settings.LOCKSITE_RATE_LIMIT = 0

    with django_assert_num_queries(0):
        for _ in range(100):
            count_request(key, now=START)


def test_one_request_too_many_is_429(key, settings):
    partner = Partner()
    ApiKey.objects.filter(pk=partner.row.pk).update(rate_limit=2)

    answers = [partner.get("/workspaces/get")[0] for _ in range(2)]
    refused = partner.get("/workspaces/get")

    message = "This API key may make 2 requests a minute."
    assert answers == [200, 200]
    assert refused == (429, error("rate_limit_exceeded", message))
    assert 59 <= int(partner.last["Retry-After"]) <= 60


# ---- Real processes


@pytest.mark.processes
@pytest.mark.touches_database
def test_real_web_processes_keep_the_limit_together(tmp_path):
    settings = {"LOCKSITE_RATE_LIMIT": "100"}
    with Site(tmp_path, engine=False, web_processes=2, settings=settings) as site:
        headers = {"Authorization": f"Bearer {site.api_key()}"}
        statuses = [
            requests.get(f"{site.url}/workspaces/get", headers=headers, timeout=30).status_code
            for _ in range(200)
        ]

    assert 95 <= statuses.count(200) <= 105
    assert {*statuses} == {200, 429}
    assert statuses[:50] == [200] * 50
