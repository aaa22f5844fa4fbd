"""No request reads through the codes of many years: each question is answered by an index."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accesscodes.choices import Kind, Status
from accesscodes.models import AccessCode
from tests.clock import START
from tests.factories import DeviceFactory

YEARS = 2000
A_SCAN = re.compile(r"(SCAN|Seq Scan on) accesscodes_accesscode\b")


@pytest.fixture
def history(world):
    """Write down the codes of years that are over, on the one lock and on its neighbours."""
    devices = [world.device(), *(DeviceFactory() for _ in range(19))]
    AccessCode.objects.bulk_create(
        AccessCode(
            device=devices[number % 20],
            created_at=START - timedelta(hours=number),
            name="Gone",
            kind=Kind.ONGOING,
            pin_index=f"{number:064}",
            status=Status.GONE,
            gone_at=START - timedelta(hours=number - 1),
            created_by="mara",
            created_by_kind="staff",
        )
        for number in range(1, YEARS)
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE accesscodes_accesscode")


@pytest.fixture
def code(partner, lock):
    _, body = partner.post("/access_codes/create", device_id=lock, code="482915", name="Lena")
    return body["access_code"]["access_code_id"]


def plans(captured):
    """Return how the database goes about each of the statements that read or change rows."""
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    found = []
    with connection.cursor() as cursor:
        for query in list(captured):
            if re.match("SELECT|UPDATE", query["sql"]):
                cursor.execute(f"{explain} {query['sql']}".replace("%", "%%"))
                found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


def test_no_request_reads_through_what_is_gone(partner, lock, code, history):
    requests = [
        ("create", {"device_id": lock, "name": "Bea", "code": "593026"}),
        ("create", {"device_id": lock, "name": "Cem"}),
        ("get", {"access_code_id": code}),
        ("get", {"device_id": lock, "code": "482915"}),
        ("list", {"limit": 20}),
        ("list", {"device_id": lock}),
        ("list", {"access_code_ids": [code]}),
        ("update", {"access_code_id": code, "code": "604137"}),
        ("delete", {"access_code_id": code}),
    ]
    for path, params in requests:
        with CaptureQueriesContext(connection) as captured:
            status, _ = partner.post(f"/access_codes/{path}", **params)

        assert status == 200
        seen = plans(captured)
        assert [plan for plan in seen if A_SCAN.search(plan)] == [], path
        assert any("accesscode" in plan for plan in seen)


def test_a_scan_would_be_found(history):
    with CaptureQueriesContext(connection) as captured:
        list(AccessCode.objects.filter(name__contains="a"))

    assert A_SCAN.search(plans(captured)[0])


def test_pages_of_live_codes_are_cut_by_their_own_index(partner, code, history):
    with CaptureQueriesContext(connection) as captured:
        _, body = partner.post("/access_codes/list", limit=20)

    assert [each["access_code_id"] for each in body["access_codes"]] == [code]
    assert "accesscode_live" in "".join(plans(captured))
