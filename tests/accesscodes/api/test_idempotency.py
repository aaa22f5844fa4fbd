"""`Idempotency-Key`, and requests that clients send again by themselves."""

import json

import pytest

from accesscodes.models import AccessCode
from locksite.partners.models import StoredAnswer
from locksite.partners.repeats import forget_answers
from tests.api import UNKNOWN, Partner, error
from tests.factories import DeviceFactory

REUSED = error(
    "idempotency_key_reused",
    "This Idempotency-Key was sent before with another endpoint or other parameters. "
    "Send a new key with a new request.",
)


@pytest.fixture
def send(partner):
    """Return a function that posts with a key and gives (status, body text, is it a replay)."""

    def post(path, key="stay-7", by=partner, verb="POST", query="", **params):
        header = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
        body = json.dumps(params) if params else ""
        by.send(verb, f"{path}?{query}" if query else path, body, **header)
        return (
            by.last.status_code,
            by.last.content.decode(),
            by.last.get("Idempotent-Replayed") == "true",
        )

    return post


def test_a_repeated_creation_gets_the_first_answer_to_the_letter(send, world, lock, partner):
    first = send("/access_codes/create", device_id=lock, name="Lena Okafor")
    first_id = partner.last["seam-request-id"]
    world.run(minutes=5)  # the code is on the lock by now: a new answer would say so
    again = send("/access_codes/create", device_id=lock, name="Lena Okafor")

    assert (first[0], first[2]) == (200, False)
    assert again == (200, first[1], True)
    assert partner.last["seam-request-id"] != first_id
    assert partner.last["Cache-Control"] == "no-store"
    assert AccessCode.objects.count() == 1


def test_the_dialect_and_the_order_of_parameters_make_no_other_request(send, lock):
    made = json.loads(send("/access_codes/create", None, device_id=lock)[1])
    code = made["access_code"]["access_code_id"]

    first = send("/access_codes/delete", access_code_id=code, device_id=lock)
    again = send(
        "/access_codes/delete",
        verb="DELETE",
        query=f"device_id={lock}&access_code_id={code}&_strict=true",
    )

    assert again == (200, first[1], True)


def test_a_key_with_another_body_or_endpoint_is_refused_and_changes_nothing(send, lock):
    send("/access_codes/create", device_id=lock, name="Lena Okafor")

    other_body = send("/access_codes/create", device_id=lock, name="Bea")
    other_endpoint = send("/access_codes/create_multiple", device_ids=[lock])

    for status, body, _ in (other_body, other_endpoint):
        assert (status, json.loads(body)) == (400, REUSED)
    assert AccessCode.objects.count() == 1


def test_keys_of_two_partners_have_nothing_to_do_with_each_other(send, world, lock):
    send("/access_codes/create", device_id=lock)

    other = send("/access_codes/create", by=Partner(world.property), device_id=lock)

    assert other[::2] == (200, False)
    assert AccessCode.objects.count() == 2


def test_a_refusal_is_kept_as_well(send, lock, partner):
    send("/access_codes/create", None, device_id=lock, code="482915")
    refused = send("/access_codes/create", device_id=lock, code="482915")
    partner.post("/access_codes/delete", access_code_id=str(AccessCode.objects.get().uid))

    assert send("/access_codes/create", device_id=lock, code="482915") == (409, refused[1], True)


def test_what_never_got_as_far_as_the_endpoint_is_not_kept(send, lock):
    unreadable = send("/access_codes/create", device_id=lock, code=4829)
    repaired = send("/access_codes/create", device_id=lock, code="482915")

    assert unreadable[0] == 400
    assert repaired[::2] == (200, False)


def test_a_failure_of_ours_undoes_everything_and_leaves_the_key_free(send, lock, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("accesscodes.attempts._attempt", lambda *_: 1 / 0)
        failed = send("/access_codes/create", device_id=lock)
        assert not AccessCode.objects.exists()

    assert failed[0] == 500
    assert send("/access_codes/create", device_id=lock)[::2] == (200, False)


def test_an_answer_is_kept_for_two_days(send, lock, clock):
    first = send("/access_codes/create", device_id=lock)

    clock.move(hours=48, seconds=-1)
    assert send("/access_codes/create", device_id=lock) == (200, first[1], True)
    clock.move(seconds=1)
    assert send("/access_codes/create", device_id=lock)[::2] == (200, False)
    assert AccessCode.objects.count() == 2


def test_old_answers_are_forgotten_and_others_stay(send, lock, clock):
    send("/access_codes/create", device_id=lock)
    clock.move(hours=24)
    send("/access_codes/create", "stay-8", device_id=lock)
    clock.move(hours=24)

    assert forget_answers(clock()) == 1
    assert [row.key for row in StoredAnswer.objects.all()] == ["stay-8"]


def test_a_kept_answer_is_sealed_and_its_fingerprint_is_no_plain_digest(send, lock):
    send("/access_codes/create", device_id=lock, code="48291537")

    [row] = StoredAnswer.objects.values()
    assert "48291537" not in repr({**row, "body": row["body"].token})
    stored = StoredAnswer.objects.get()
    assert "48291537" in stored.body.open(bound_to=stored.uid).digits


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "ä", "tab\t"])
def test_a_key_that_is_none_is_refused(send, lock, key):
    message = "The header Idempotency-Key must be 1 to 255 visible ASCII characters."

    status, body, _ = send("/access_codes/create", key, device_id=lock)

    assert (status, json.loads(body)) == (400, error("invalid_input", message, _errors=[message]))
    assert not AccessCode.objects.exists()


def test_reading_takes_no_notice_of_a_key(send):
    assert send("/access_codes/list", "x" * 256) == send("/access_codes/list", "stay-7")
    assert not StoredAnswer.objects.exists()


def test_a_replay_reads_the_key_and_the_answer_and_writes_nothing(
    send, lock, django_assert_num_queries
):
    send("/access_codes/create", device_id=lock)

    with django_assert_num_queries(3):  # the key, its properties, the answer
        assert send("/access_codes/create", device_id=lock)[2] is True


# ---- Without a key: PUT /access_codes/create_multiple


@pytest.fixture
def doors(world, lock):
    return [lock, str(DeviceFactory(property=world.property).uid)]


def put(send, doors, **params):
    return send("/access_codes/create_multiple", None, verb="PUT", device_ids=doors, **params)


def test_a_repeated_put_gets_the_codes_that_were_made(send, doors, clock):
    first = put(send, doors)

    clock.move(minutes=10, seconds=-1)
    assert put(send, doors) == (200, first[1], True)
    assert put(send, doors[::-1])[2] is False
    clock.move(seconds=1)
    assert put(send, doors)[2] is False
    assert AccessCode.objects.count() == 6


def test_a_post_makes_new_codes_each_time(send, doors):
    for _ in range(2):
        send("/access_codes/create_multiple", None, device_ids=doors)

    assert AccessCode.objects.count() == 4


def test_a_put_after_one_of_the_codes_was_deleted_makes_new_ones(send, doors, partner):
    made = json.loads(put(send, doors)[1])["access_codes"]
    partner.post("/access_codes/delete", access_code_id=made[0]["access_code_id"])

    assert put(send, doors)[::2] == (200, False)
    assert AccessCode.objects.count() == 4


def test_a_put_that_was_refused_is_judged_anew(send, doors):
    missing = put(send, [*doors, UNKNOWN])
    again = put(send, [*doors, UNKNOWN])

    assert (missing[0], again[0], again[2]) == (404, 404, False)
    assert not StoredAnswer.objects.exists()


def test_a_deletion_that_is_repeated_gets_the_same_attempt(send, lock):
    made = json.loads(send("/access_codes/create", None, device_id=lock)[1])
    code = made["access_code"]["access_code_id"]

    answers = {
        send("/access_codes/delete", None, verb="DELETE", query=f"access_code_id={code}")
        for _ in range(3)
    }

    assert [status for status, _, _ in answers] == [200]
