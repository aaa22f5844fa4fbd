"""What people and partners may ask of a code, where neither the desk nor the wire matters."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.errors import RuleBroken
from locksite.masked import Pin
from tests.factories import DeviceFactory

pytestmark = pytest.mark.django_db


def test_the_dates_of_a_stay_that_make_a_pin_weak_are_those_of_the_house(clock):
    device = DeviceFactory(property__time_zone="Pacific/Auckland")
    stay = {
        "starts_at": datetime(2026, 11, 25, 14, tzinfo=UTC),  # on the 26th, in Auckland
        "ends_at": datetime(2026, 11, 27, 14, tzinfo=UTC),
    }

    spec = CodeSpec(name="Lena", pin=Pin("2511"), refuse_weak=True, **stay)
    weak = replace(spec, pin=Pin("2611"))

    with pytest.raises(RuleBroken, match="easy to guess"):
        issue_code(device, weak, actor=SYSTEM, now=clock.now)
    code = issue_code(device, spec, actor=SYSTEM, now=clock.now)

    assert code.pin.open(bound_to=code.uid) == Pin("2511")
