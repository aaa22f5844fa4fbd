"""The list of doors of a large house: 200 locks, 2,000 codes, and as many queries as for two."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.choices import Kind, Status
from accesscodes.models import AccessCode
from properties.choices import Role
from properties.models import Device
from tests.desk.html import words
from tests.factories import AccountFactory, DeviceFactory, PropertyFactory

pytestmark = pytest.mark.django_db


def fill(house, locks, codes, now):
    account = AccountFactory()
    devices = Device.objects.bulk_create(
        DeviceFactory.build(property=house, account=account, reported_at=now) for _ in range(locks)
    )
    AccessCode.objects.bulk_create(
        AccessCode(
            device=device,
            created_at=now,
            name=f"Guest {number}",
            kind=Kind.TIME_BOUND,
            status=Status.UNSET,
            starts_at=now + timedelta(days=number + 1),
            ends_at=now + timedelta(days=number + 2),
            created_by="mara",
            created_by_kind="staff",
        )
        for device in devices
        for number in range(codes)
    )


@pytest.mark.parametrize(("locks", "codes"), [(2, 1), (200, 10)])
def test_the_list_of_doors_costs_as_many_queries_whatever_its_size(
    locks, codes, sign_in, clock, django_assert_num_queries
):
    house = PropertyFactory()
    fill(house, locks, codes, clock())
    desk = sign_in(Role.FRONT_DESK, house)
    path = reverse("lock-list", args=[house.slug])
    desk.get(path)

    # session, user, roles, properties; how things stand; locks; arrivals
    with django_assert_num_queries(7):
        page = desk.get(path)

    assert f"All {locks}" in words(page, "lock-chips")
    assert AccessCode.objects.count() == locks * codes
