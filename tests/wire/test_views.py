"""What all endpoints share: verbs, keys, bodies, error envelopes, headers."""

import json

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import timezone

from locksite.actors import SYSTEM
from locksite.partners.models import ApiKey, Scope
from locksite.partners.services import revoke_key
from locksite.wire.views import RpcView
from properties.models import Device
from tests.api import UNKNOWN, Partner, endpoints, error
from tests.clock import START
from tests.factories import DeviceFactory, PropertyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner():
    return Partner()


def test_both_dialects_and_the_body_on_a_get_give_the_same_answer(partner, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: START)  # an answer says how old it is
    device = DeviceFactory()

    by_post = partner.post("/devices/get", device_id=str(device.uid))
    by_query = partner.get("/devices/get", f"device_id={device.uid}&_strict=true")
    by_body = partner.send("GET", "/devices/get", json.dumps({"device_id": str(device.uid)}))

    assert by_post[0] == 200
    assert by_post[1]["device"]["device_id"] == str(device.uid)
    assert by_query == by_post
    assert by_body == by_post


def test_the_body_wins_over_the_query(partner):
    device = DeviceFactory()

    status, body = partner.post(
        f"/devices/get?device_id={UNKNOWN}&_strict=true", device_id=str(device.uid)
    )

    assert (status, body["device"]["device_id"]) == (200, str(device.uid))


def test_an_empty_body_counts_as_no_parameters_whatever_its_type(partner):
    for content_type in ("application/json", "text/plain", ""):
        status, body = partner.send("POST", "/devices/list", b"", content_type=content_type)

        assert (status, body["devices"]) == (200, [])


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json",
     "application/json; charset=latin-1", "application/json; charset=no-such-thing"],
)  # fmt: skip
def test_a_body_that_is_not_called_json_is_refused(partner, content_type):
    answer = partner.send("POST", "/devices/list", b"device_id=1", content_type=content_type)

    assert answer == (
        400,
        error(
            "invalid_content_type",
            'A body must come with the header "Content-Type: application/json" and be UTF-8.',
        ),
    )


def test_a_body_in_chunks_is_refused_and_not_taken_for_empty(partner):
    request = RequestFactory().post(
        "/devices/get", headers={"authorization": f"Bearer {partner.key}"}
    )
    del request.META["CONTENT_LENGTH"]
    request.META["HTTP_TRANSFER_ENCODING"] = "chunked"

    response = RpcView.as_view()(request)

    message = "Send the body in one piece, with the header Content-Length."
    assert response.status_code == 400
    assert json.loads(response.content) == error("invalid_input", message, _errors=[message])


def test_json_is_answered_whatever_the_caller_accepts(partner):
    for accept in ("*/*", "text/html", "application/xml", "application/json, text/plain, */*"):
        status, body = partner.send("GET", "/devices/list?format=xml", HTTP_ACCEPT=accept)

        assert (status, body["ok"]) == (200, True)
        assert partner.last["Content-Type"] == "application/json"


def test_every_answer_has_an_id_and_is_kept_by_nobody(partner):
    DeviceFactory()
    ids = set()
    for path in ("/devices/list", "/devices/get", "/devices/nothing", "/thermostats/get"):
        partner.post(path)
        ids.add(partner.last["seam-request-id"])
        assert partner.last["Cache-Control"] == "no-store"

    assert len(ids) == 4


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_a_verb_that_is_not_served_is_refused(partner, verb):
    response = partner.client.generic(
        verb, "/devices/get", headers={"authorization": f"Bearer {partner.key}"}
    )

    assert response.status_code == 405
    assert response["Allow"] == "GET, POST"
    if verb != "HEAD":
        assert json.loads(response.content) == error("method_not_allowed", "Send GET, POST.")


def test_nothing_is_redirected_and_no_cookie_is_set(partner):
    for path in ("/devices/list/", "/devices", "/devices/list//", "/locks/"):
        answer = partner.post(path)

        assert answer == (404, error("not_found", "There is no such endpoint."))
        assert not partner.last.cookies
        assert "Vary" not in partner.last or "Cookie" not in partner.last["Vary"]


def test_addresses_of_the_api_that_do_not_exist_answer_json_on_every_verb():
    for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for path in ("/devices/fly", "/thermostats/list", "/acs/users/create", "/webhooks"):
            response = Client().generic(verb, path)

            assert response.status_code == 404
            assert json.loads(response.content) == error("not_found", "There is no such endpoint.")


def test_elsewhere_a_caller_with_a_key_reads_json_and_a_browser_a_page():
    with_key = Client().get("/nowhere", headers={"authorization": "Bearer x"})
    browser = Client().get("/nowhere")

    assert with_key["Content-Type"] == "application/json"
    assert "seam-request-id" in with_key
    assert browser.status_code == 404
    assert browser["Content-Type"].startswith("text/html")


NO_KEY = 'Send the header "Authorization: Bearer <API key>".'
BAD_KEY = "This API key is unknown, revoked or expired."


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, NO_KEY),
        ("", NO_KEY),
        ("Bearer", NO_KEY),
        ("Bearer ", NO_KEY),
        ("Basic abc", NO_KEY),
        ("seam_ls_key", NO_KEY),
        ("Bearer seam_ls_abcdefgh_wrong", BAD_KEY),
        ("Bearer " + "x" * 10_000, BAD_KEY),
        ("Bearer schlüssel", BAD_KEY),
        ("bearer \x00", BAD_KEY),
    ],
)
def test_without_a_good_key_nothing_is_answered(header, message):
    headers = {} if header is None else {"authorization": header}

    response = Client().post("/devices/list", headers=headers)

    assert response.status_code == 401
    assert json.loads(response.content) == error("unauthorized", message)


def test_a_key_is_recognised_whatever_the_case_of_its_scheme(partner):
    response = Client().get("/devices/list", headers={"authorization": f"bEARER {partner.key}"})

    assert response.status_code == 200


def test_a_session_is_not_a_key(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("root"))

    assert client.get("/devices/list").status_code == 401


def test_a_fault_of_ours_answers_500_without_details(partner, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Device.objects, "for_actor", fail)

    answer = partner.post("/devices/list")

    assert answer == (
        500,
        error("internal_server_error", "Something went wrong on our side."),
    )
    assert partner.last["seam-request-id"] in caplog.text


def test_a_database_that_does_not_answer_gives_503_and_asks_to_try_again(partner, monkeypatch):
    def fail(*_):
        raise OperationalError("disk is full")

    monkeypatch.setattr(Device.objects, "for_actor", fail)

    answer = partner.post("/devices/list")

    assert answer == (
        503,
        error("service_unavailable", "Locksite cannot reach its database. Try again in a moment."),
    )
    assert partner.last["Retry-After"] == "2"


def test_a_host_that_is_not_ours_is_refused_in_json(partner, settings):
    settings.ALLOWED_HOSTS = ["locksite.example"]

    answer = partner.get("/devices/list")

    assert answer == (
        400,
        error(
            "invalid_input",
            "The request cannot be understood.",
            _errors=["The request cannot be understood."],
        ),
    )


def test_query_strings_and_keys_stay_out_of_the_log(partner, caplog):
    caplog.set_level("DEBUG")
    DeviceFactory()

    partner.get("/access_codes/get", "device_id=zzz&code=48291537")
    partner.post("/access_codes/get", device_id="zzz", code="48291537")

    assert "GET /access_codes/get 404" in caplog.text
    assert "48291537" not in caplog.text
    assert partner.key not in caplog.text


# ---- every endpoint ----

GET_POST = ["GET", "POST"]
ENDPOINTS = {
    "access_codes/create": ["POST"],
    "access_codes/create_multiple": ["POST", "PUT"],
    "access_codes/delete": ["DELETE", "POST"],
    "access_codes/generate_code": GET_POST,
    "access_codes/get": GET_POST,
    "access_codes/get_timeline": GET_POST,
    "access_codes/list": GET_POST,
    "access_codes/pull_backup_access_code": ["POST"],
    "access_codes/report_device_constraints": ["POST"],
    "access_codes/simulate/create_unmanaged_access_code": ["POST"],
    "access_codes/unmanaged/convert_to_managed": ["PATCH", "POST", "PUT"],
    "access_codes/unmanaged/delete": ["DELETE", "POST"],
    "access_codes/unmanaged/get": GET_POST,
    "access_codes/unmanaged/list": GET_POST,
    "access_codes/unmanaged/update": ["PATCH", "POST", "PUT"],
    "access_codes/update": ["PATCH", "POST", "PUT"],
    "access_codes/update_multiple": ["PATCH", "POST", "PUT"],
    "action_attempts/get": GET_POST,
    "devices/get": GET_POST,
    "action_attempts/list": GET_POST,
    "devices/list": GET_POST,
    "devices/list_device_providers": GET_POST,
    "devices/report_provider_metadata": ["POST"],
    "devices/simulate/connect": ["POST"],
    "devices/simulate/connect_to_hub": ["POST"],
    "devices/simulate/disconnect": ["POST"],
    "devices/simulate/disconnect_from_hub": ["POST"],
    "devices/simulate/paid_subscription": ["POST"],
    "devices/simulate/remove": ["POST"],
    "devices/unmanaged/get": GET_POST,
    "devices/unmanaged/list": GET_POST,
    "devices/unmanaged/update": ["PATCH", "POST", "PUT"],
    "devices/update": ["PATCH", "POST", "PUT"],
    "events/get": GET_POST,
    "events/list": GET_POST,
    "locks/get": GET_POST,
    "locks/configure_auto_lock": ["POST"],
    "locks/list": GET_POST,
    "locks/lock_door": ["POST"],
    "locks/simulate/manual_lock_via_keypad": ["POST"],
    "locks/unlock_door": ["POST"],
    "locks/simulate/keypad_code_entry": ["POST"],
    "webhooks/create": ["POST"],
    "webhooks/delete": ["DELETE", "POST"],
    "webhooks/deliveries/list": GET_POST,
    "webhooks/deliveries/retry": ["POST"],
    "webhooks/get": GET_POST,
    "webhooks/list": GET_POST,
    "webhooks/rotate_secret": ["POST"],
    "webhooks/update": ["PATCH", "POST", "PUT"],
    "workspaces/get": GET_POST,
    "workspaces/list": GET_POST,
}
every_endpoint = pytest.mark.parametrize("path", ENDPOINTS)


def test_these_endpoints_are_served_on_these_verbs():
    assert {path: list(view.verbs) for path, view in endpoints()} == ENDPOINTS


def test_every_endpoint_that_changes_something_wants_a_key_that_may():
    assert {path for path, view in endpoints() if view.changes_something} == {
        "access_codes/create",
        "access_codes/create_multiple",
        "access_codes/delete",
        "access_codes/pull_backup_access_code",
        "access_codes/report_device_constraints",
        "access_codes/simulate/create_unmanaged_access_code",
        "access_codes/unmanaged/convert_to_managed",
        "access_codes/unmanaged/delete",
        "access_codes/unmanaged/update",
        "access_codes/update",
        "access_codes/update_multiple",
        "devices/report_provider_metadata",
        "devices/simulate/connect",
        "devices/simulate/connect_to_hub",
        "devices/simulate/disconnect",
        "devices/simulate/disconnect_from_hub",
        "devices/simulate/paid_subscription",
        "devices/simulate/remove",
        "devices/unmanaged/update",
        "devices/update",
        "locks/configure_auto_lock",
        "locks/lock_door",
        "locks/simulate/manual_lock_via_keypad",
        "locks/unlock_door",
        "locks/simulate/keypad_code_entry",
        "webhooks/create",
        "webhooks/delete",
        "webhooks/deliveries/retry",
        "webhooks/rotate_secret",
        "webhooks/update",
    }


def test_what_each_kind_of_key_may_call():
    """Of a key that may not, an endpoint reads no parameter; one that may gets its answer."""
    now = timezone.now()
    changing = {path for path, view in endpoints() if view.changes_something}
    none, unknown, over, revoked = (Partner() for _ in range(4))
    none.key, unknown.key = "", unknown.key + "x"
    ApiKey.objects.filter(pk=over.row.pk).update(expires_at=now)
    revoke_key(revoked.row, actor=SYSTEM, now=now)
    reader, limited, writer = Partner(scope=Scope.READ), Partner(PropertyFactory()), Partner()

    for path, verbs in ENDPOINTS.items():
        for verb in verbs:
            for partner in (none, unknown, over, revoked):
                assert partner.send(verb, f"/{path}", b"{")[0] == 401
            status, body = reader.send(verb, f"/{path}", b"{")
            if path in changing:
                message = "This API key may read and not change anything."
                assert (status, body) == (403, error("forbidden", message))
            else:
                assert status == 400
            for partner in (limited, writer):
                assert partner.send(verb, f"/{path}", b"{")[0] == 400


UNKNOWN_ANSWERS = [
    ("devices/get", "device_id", {}, "device"),
    ("locks/get", "device_id", {}, "device"),
    ("access_codes/create", "device_id", {}, "device"),
    ("access_codes/generate_code", "device_id", {}, "device"),
    ("locks/simulate/keypad_code_entry", "device_id", {"code": "4829"}, "device"),
    ("access_codes/get", "access_code_id", {}, "access_code"),
    ("access_codes/get", "device_id", {"code": "4829"}, "access_code"),
    ("access_codes/update", "access_code_id", {}, "access_code"),
    ("access_codes/delete", "access_code_id", {}, "access_code"),
    ("action_attempts/get", "action_attempt_id", {}, "action_attempt"),
    ("events/get", "event_id", {}, "event"),
]


@pytest.mark.parametrize("bad", ["zzz", "", " ", "%00", "0" * 150, UNKNOWN, "{}", "1 OR 1=1", "ä"])
@pytest.mark.parametrize(("path", "name", "others", "what"), UNKNOWN_ANSWERS)
def test_an_id_that_names_nothing_is_not_found(partner, path, name, others, what, bad):
    assert partner.post(f"/{path}", **{name: bad, **others}) == (
        404,
        error(f"{what}_not_found", f"There is no such {what.replace('_', ' ')}."),
    )


@pytest.mark.parametrize("bad", [{}, [1], 2**200, 1.5, True])
@pytest.mark.parametrize(("path", "name", "others", "what"), UNKNOWN_ANSWERS)
def test_an_id_that_is_no_text_is_refused(partner, path, name, others, what, bad):
    status, body = partner.post(f"/{path}", **{name: bad, **others})

    assert (status, body["error"]["type"]) == (400, "invalid_input")


@every_endpoint
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"[1, 2]",
        b"null",
        b'{"device_id": 1e999, "since": 1e999}',
        b'{"device_id": NaN}',
        b'{"device_id": "\\ud800"}',
        b'{"access_code_id": "\\u0000"}',
        b'{"limit": ' + b"9" * 400 + b', "since": "2026-01-01"}',
        b'{"limit": ' + b"9" * 5000 + b"}",
        b'{"limit": -1, "unstable_offset": 1e300, "since": "2026-01-01"}',
        b'{"device_ids": {"a": []}, "access_code_ids": [[]], "between": [1, 2]}',
        b'{"created_before": "0001-01-01T00:00:00+14:00", "since": "0001-01-01T00:00:00+14:00"}',
        b'{"created_before": "9999-12-31T23:59:59-14:00", "since": "9999-12-31T23:59:59-14:00"}',
        b'{"page_cursor": "AAAA"}',
        b'{"page_cursor": "W10"}',
        b'{"page_cursor": "bnVsbA"}',
        b'{"custom_metadata_has": {"a\\"b": "c"}, "search": "%"}',
        b'{"search": "-", "name": "-"}',
        b'{"device_id": "\xff"}',
        '{"device_id": "x"}'.encode("utf-16"),
        b"x" * 3_000_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_odd_bodies_never_break_an_endpoint(partner, path, body):
    DeviceFactory()

    status, answer = partner.send("POST", f"/{path}", body)

    assert status < 500
    assert answer["ok"] is (status == 200)


@every_endpoint
@pytest.mark.parametrize(
    "query",
    [
        "limit=abc",
        "search=%00",
        "device_ids=a&device_ids=",
        "created_before=0001-01-01&since=0001-01-01",
        "_strict=1&_strict=2",
        "&&&==&",
        "%",
        "search=%ff",
        "device_id=" + "9" * 9000,
        "a.b.c=d&between.x=1",
        "since=2026-01-01&limit=1e5",
    ],
)
def test_odd_queries_never_break_an_endpoint(partner, path, query):
    DeviceFactory()

    status, answer = partner.send(ENDPOINTS[path][0], f"/{path}?{query}")

    assert status < 500
    assert answer["ok"] is (status == 200)


def test_form_data_without_a_boundary_is_refused(partner):
    status, _ = partner.send("POST", "/devices/list", b"--x", content_type="multipart/form-data")

    assert status == 400
