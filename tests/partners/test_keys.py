"""Keys: made once, found by digest, refused when revoked or expired."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from locksite.actors import SYSTEM, Actor
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from locksite.partners.auth import KeyRefused, caller_for_key
from locksite.partners.models import ApiKey, Scope
from locksite.partners.services import create_key, revoke_key, rotate_key
from tests.clock import START
from tests.factories import WEBHOOK_SECRET, PropertyFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db


def make(properties=None, **options):
    return create_key("Channel manager", properties, actor=SYSTEM, now=START, **options)


def who(text, now=START):
    caller = caller_for_key(text, now=now, ip="203.0.113.7")
    return caller.actor, caller.scope


def secret_of(text):
    """Return the secret part of a key's text. It may hold underscores itself."""
    return text[-43:]


def test_a_key_is_shown_once_and_only_its_digest_is_kept():
    row, text = make()

    assert re.fullmatch(rf"seam_ls_{row.key_id}_[A-Za-z0-9_-]{{43}}", text)
    [stored] = ApiKey.objects.values()
    assert stored["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert secret_of(text) not in repr(stored)


def test_every_key_suits_what_the_sdks_insist_on():
    for _ in range(20):
        _, text = make()

        assert text.startswith("seam_")
        assert not text.startswith(("seam_cst", "seam_at", "seam_pk", "ey"))


def test_a_key_without_a_limit_reaches_everything():
    row, text = make()

    assert who(text) == (
        Actor(kind="key", label=row.key_id, property_ids=None, ip="203.0.113.7"),
        Scope.WRITE,
    )


def test_a_key_reaches_the_chosen_properties_alone():
    house, _ = PropertyFactory(), PropertyFactory()
    _, text = make([house], scope=Scope.READ)

    actor, scope = who(text)

    assert actor.property_ids == frozenset({house.pk})
    assert scope is Scope.READ


def test_a_key_for_no_property_at_all_reaches_nothing():
    _, text = make([])

    assert who(text)[0].property_ids == frozenset()


def test_a_revoked_key_is_refused_with_the_next_call():
    row, text = make()

    revoke_key(row, actor=SYSTEM, now=START)

    with pytest.raises(KeyRefused):
        who(text)


def test_a_key_ends_at_the_moment_it_expires():
    _, text = make(expires_at=START + timedelta(hours=1))

    assert who(text, START + timedelta(minutes=59))
    with pytest.raises(KeyRefused):
        who(text, START + timedelta(hours=1))


@pytest.mark.parametrize("change", [str.upper, lambda t: t[:-1], lambda t: t + "x", lambda _: ""])
def test_a_key_that_is_almost_right_is_refused(change):
    _, text = make()

    with pytest.raises(KeyRefused):
        who(change(text))


def test_the_last_use_is_kept_to_the_minute(django_assert_num_queries):
    row, text = make()

    who(text)
    row.refresh_from_db()
    assert (row.last_used_at, row.last_used_ip) == (START, "203.0.113.7")

    with django_assert_num_queries(1):
        who(text, START + timedelta(seconds=60))
    with django_assert_num_queries(2):
        who(text, START + timedelta(seconds=61))
    row.refresh_from_db()
    assert row.last_used_at == START + timedelta(seconds=61)


def test_making_and_revoking_leave_a_trace_without_the_key():
    row, text = make()
    revoke_key(row, actor=SYSTEM, now=START + timedelta(days=1))
    revoke_key(row, actor=SYSTEM, now=START + timedelta(days=2))

    entries = AuditEntry.objects.order_by("id")

    assert [(entry.action, entry.at) for entry in entries] == [
        ("api_key.created", START),
        ("api_key.revoked", START + timedelta(days=1)),
    ]
    assert all(entry.object_uid == row.uid for entry in entries)
    assert text not in repr([entry.detail for entry in entries])


# ---- Rotation


def test_a_rotated_key_is_followed_by_one_that_may_do_the_same():
    house = PropertyFactory()
    ends = START + timedelta(days=30)
    old, old_text = make([house], scope=Scope.READ, expires_at=ends, rate_limit=7)

    new, text = rotate_key(old, actor=SYSTEM, now=START)

    after = START + timedelta(hours=23)
    assert [who(each, after)[0].property_ids for each in (old_text, text)] == [{house.pk}] * 2
    with pytest.raises(KeyRefused):
        who(old_text, START + timedelta(hours=24))
    assert who(text, START + timedelta(days=29))[1] is Scope.READ
    assert (new.name, new.expires_at, new.rate_limit) == ("Channel manager", ends, 7)


def test_a_rotation_does_not_lengthen_the_old_key_and_may_end_it_at_once():
    soon = START + timedelta(minutes=5)
    old, _ = make(expires_at=soon)
    rotate_key(old, actor=SYSTEM, now=START)
    leaked, text = make()
    rotate_key(leaked, actor=SYSTEM, now=START, overlap=timedelta(0))

    old.refresh_from_db()
    assert old.expires_at == soon
    with pytest.raises(KeyRefused):
        who(text)


def test_webhooks_go_along_with_a_rotation():
    old, _ = make()
    endpoint = WebhookEndpointFactory(api_key=old)

    new, _ = rotate_key(old, actor=SYSTEM, now=START)

    endpoint.refresh_from_db()
    assert endpoint.api_key == new
    assert endpoint.secret.open(bound_to=endpoint.uid) == Pin(WEBHOOK_SECRET)


def test_a_key_that_is_over_is_not_rotated():
    revoked, _ = make()
    revoke_key(revoked, actor=SYSTEM, now=START)
    over, _ = make(expires_at=START)

    for key in (revoked, over):
        with pytest.raises(RuleBroken):
            rotate_key(key, actor=SYSTEM, now=START)
    assert ApiKey.objects.count() == 2


def test_a_rotation_leaves_a_trace_without_either_key():
    old, old_text = make()
    new, text = rotate_key(old, actor=SYSTEM, now=START)

    entries = AuditEntry.objects.order_by("id")
    assert [(entry.action, entry.object_uid) for entry in entries] == [
        ("api_key.created", old.uid),
        ("api_key.created", new.uid),
        ("api_key.rotated", old.uid),
    ]
    last = entries[2].detail
    assert (last["replaced_by"], last["expires_at"]) == (new.key_id, "2026-11-24T10:00:00.000Z")
    assert not any(secret_of(each) in repr(entries.values()) for each in (old_text, text))


# ---- manage.py rotate_api_key, revoke_api_key, list_api_keys


def test_the_command_rotates_a_key_and_prints_the_new_one_alone(capsys, clock, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", clock)
    old, old_text = make()

    call_command("rotate_api_key", old.key_id, "--overlap", "30m")

    text = capsys.readouterr().out
    assert text == text.strip() + "\n"
    assert who(text.strip())[0].label != old.key_id
    with pytest.raises(KeyRefused):
        who(old_text, START + timedelta(minutes=30))


@pytest.mark.parametrize("overlap", ["", "soon", "-1h", "1.5h", "24", "999999d"])
def test_the_command_refuses_an_overlap_that_makes_no_sense(overlap):
    old, _ = make()

    with pytest.raises(CommandError) as refused:
        call_command("rotate_api_key", old.key_id, f"--overlap={overlap}")

    assert str(refused.value) == "Give a length of time such as 24h, 30m, 7d or 0."
    assert ApiKey.objects.count() == 1


def test_the_command_revokes_a_key(capsys):
    row, text = make()

    call_command("revoke_api_key", row.key_id)

    assert capsys.readouterr().out == f"Revoked: Channel manager (seam_ls_{row.key_id}_…).\n"
    with pytest.raises(KeyRefused):
        who(text)


@pytest.mark.parametrize("command", ["revoke_api_key", "rotate_api_key"])
def test_a_whole_key_is_understood_and_an_unknown_one_not_repeated(command, capsys):
    row, text = make()

    call_command(command, text)
    with pytest.raises(CommandError) as refused:
        call_command(command, "seam_ls_zzzzzzzz_secret-secret")

    assert AuditEntry.objects.latest("id").object_uid == row.uid
    assert "secret" not in str(refused.value)
    assert text not in capsys.readouterr().out


def test_the_command_lists_keys_without_their_secrets(capsys, clock, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", clock)
    first, first_text = make()
    second, second_text = make(
        [PropertyFactory(slug="seaside")], scope=Scope.READ, expires_at=START, rate_limit=60
    )
    who(first_text)
    revoked, revoked_text = make([])
    revoke_key(revoked, actor=SYSTEM, now=START)

    call_command("list_api_keys")

    out = capsys.readouterr().out
    lines = [re.split(r"  +", line) for line in out.splitlines()]
    name, day = "Channel manager", "2026-11-23 10:00Z"
    assert lines == [
        ["ID", "NAME", "STATE", "MAY", "REACH", "A MINUTE", "ENDS", "LAST USED", "FROM"],
        [revoked.key_id, name, "revoked", "write", "nothing", "default", "never", "never"],
        [second.key_id, name, "over", "read", "seaside", "60", day, "never"],
        [first.key_id, name, "usable", "write", "everything", "default", "never", day,
         "203.0.113.7"],
    ]  # fmt: skip
    for text in (first_text, second_text, revoked_text):
        assert secret_of(text) not in out


# ---- manage.py create_api_key ----


def test_the_command_prints_the_key_alone(capsys):
    call_command("create_api_key", "Channel manager")

    text = capsys.readouterr().out
    assert who(text.strip())[0].property_ids is None
    assert text == text.strip() + "\n"


def test_the_command_limits_a_key(capsys):
    house = PropertyFactory(slug="seaside")
    other = PropertyFactory(slug="hillside")
    PropertyFactory(slug="third")

    call_command(
        "create_api_key", "Reports", "--property", "seaside", "--property", "hillside",
        "--read-only", "--expires-in-days", "30",
    )  # fmt: skip

    actor, scope = who(capsys.readouterr().out.strip())
    assert (actor.property_ids, scope) == (frozenset({house.pk, other.pk}), Scope.READ)
    expires_at = ApiKey.objects.get().expires_at
    assert expires_at is not None


def test_the_command_refuses_a_property_that_does_not_exist():
    PropertyFactory(slug="seaside")

    with pytest.raises(CommandError) as refused:
        call_command("create_api_key", "Reports", "--property", "seesade")

    assert str(refused.value) == "No property is called seesade. There are: seaside."
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("arguments", [("",), ("x" * 101,), ("x", "--expires-in-days", "0")])
def test_the_command_refuses_what_makes_no_sense(arguments):
    with pytest.raises(CommandError):
        call_command("create_api_key", *arguments)

    assert not ApiKey.objects.exists()
