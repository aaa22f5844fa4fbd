"""The lists of accounts are read beside each other: none holds up another, whatever is wrong."""

import threading
from datetime import timedelta

import pytest

from accesscodes.engine import lists
from accesscodes.engine.crew import Crew
from locksite.masked import Pin
from locksite.pins import seal
from properties.choices import AccountState
from properties.models import ProviderAccount
from tests.factories import AccountFactory, VirtualLockFactory
from tests.processes import wait_until

PATIENCE = 20.0


def test_one_that_takes_long_holds_up_no_other_and_is_not_begun_twice():
    may_end, done, begun = threading.Event(), threading.Event(), []

    def work(key):
        begun.append(key)
        if key == 1:
            may_end.wait(PATIENCE)
        else:
            done.set()

    crew = Crew("test", work, threads=2)
    crew.take_up([1])
    crew.take_up([1, 2])

    assert done.wait(PATIENCE)
    may_end.set()
    crew.close()
    assert sorted(begun) == [1, 2]


def test_one_that_fails_is_logged_and_can_be_taken_up_again(caplog):
    tried = []

    def work(key):
        tried.append(key)
        raise ValueError

    def is_tried_again():
        crew.take_up([7])
        return len(tried) > 1

    crew = Crew("row", work, threads=1)
    wait_until(is_tried_again, "it is tried again")
    crew.close()

    assert set(tried) == {7}
    assert "row 7 failed" in caplog.text


@pytest.mark.django_db
def test_an_account_whose_key_cannot_be_opened_rests_for_a_minute(clock, caplog):
    account = AccountFactory(kind="seam", endpoint="https://cloud.example", due_at=clock.now)
    account.credentials = seal(Pin("seam_canary_1"), bound_to=AccountFactory().uid)
    account.save(update_fields=["credentials"])

    lists.read(account.pk, clock.doors())

    account.refresh_from_db()
    assert account.due_at == clock.now + timedelta(minutes=1)
    assert f"account {account.uid} cannot be read" in caplog.text
    assert "seam_canary_1" not in caplog.text


@pytest.mark.django_db
def test_an_account_is_read_and_one_that_was_deleted_meanwhile_is_none(clock):
    lock = VirtualLockFactory()
    ProviderAccount.objects.update(state=AccountState.CONNECTED, due_at=clock.now)

    lists.read(lock.account_id, clock.doors())
    lists.read(lock.account_id + 1, clock.doors())

    assert lock.account.devices.count() == 1
    assert not ProviderAccount.objects.due(clock.now).exists()
