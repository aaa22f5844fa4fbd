"""Keys: made once, found by digest, refused when revoked or expired."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from locksite.actors import SYSTEM, Actor
from locksite.journal.models import AuditEntry
from locksite.partners.auth import KeyRefused, caller_for_key
from locksite.partners.models import ApiKey, Scope
from locksite.partners.services import create_key, revoke_key
from tests.clock import START
from tests.factories import PropertyFactory

pytestmark = pytest.mark.django_db


def make(properties=None, **options):
    return create_key("Channel manager", properties, actor=SYSTEM, now=START, **options)


def who(text, now=START):
    caller = caller_for_key(text, now=now, ip="203.0.113.7")
    return caller.actor, caller.scope


def test_a_key_is_shown_once_and_only_its_digest_is_kept():
    row, text = make()

    assert re.fullmatch(rf"seam_ls_{row.key_id}_[A-Za-z0-9_-]{{43}}", text)
    [stored] = ApiKey.objects.values()
    assert stored["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert text.rpartition(row.key_id)[2] not in repr(stored)


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
