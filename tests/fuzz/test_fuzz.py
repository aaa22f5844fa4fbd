"""Malformed requests by the hundred: none is answered by a fault of ours."""

import pytest
from django.core.handlers.wsgi import WSGIHandler

from tests.fuzz.grammar import Sent
from tests.fuzz.house import build
from tests.fuzz.run import answer, run, wrong_with

JSON = {"content-type": "application/json", "seam-request-id": "x"}


@pytest.mark.usefixtures("in_one_transaction")
def test_malformed_requests_are_refused_and_well_formed_ones_answered():
    outcome = run(seed=1, requests=1500)

    assert outcome.faults == []
    # Some get through, most do not, and every way of saying no is among them.
    assert {200, 400, 401, 403, 404, 405} <= outcome.statuses.keys()
    assert outcome.statuses[200] > 100
    assert outcome.statuses[400] > 300


@pytest.mark.usefixtures("in_one_transaction")
def test_what_broke_the_api_once_is_refused():
    key, handler = build().keys["write"], WSGIHandler()
    sent = [
        Sent("write", "POST", "/devices/list", headers={"CONTENT_LENGTH": "x"}),
        # With a charset in its type, Django reads the query before anybody can answer.
        Sent(
            *("write", "GET", "/devices/list", "&".join(["a=1"] * 1001)),
            headers={"CONTENT_TYPE": "application/json; charset=latin-1"},
        ),
    ]

    assert [answer(handler, each, key)[0] for each in sent] == [400, 400]


@pytest.mark.parametrize(
    ("status", "headers", "body", "fault"),
    [
        (500, JSON, b"{}", "500 b'{}'"),
        (404, {}, b"", "404 is no JSON: None"),
        (400, {"content-type": "application/json"}, b"{}", "400 without seam-request-id"),
        (400, JSON, b"{", "400 cannot be read: b'{'"),
        (400, JSON, b'{"ok": true}', "400 says ok: True"),
        (200, JSON, b'{"ok": true}', ""),
    ],
)
def test_what_is_wrong_with_an_answer_is_seen(status, headers, body, fault):
    assert wrong_with(Sent("write", "POST", "/devices/list"), status, headers, body) == fault
