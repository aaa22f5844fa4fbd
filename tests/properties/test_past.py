"""What happened to locks lately: the same whether asked for by itself or beside other rows."""

from datetime import timedelta

import pytest

from accesscodes.models import AccessCode
from locksite.journal.models import Event
from properties.capabilities import PastEvent
from properties.models import Device
from properties.past import RECENT_EVENTS, past_from, past_in_row, past_of
from tests.clock import START
from tests.factories import AccessCodeFactory, DeviceFactory

pytestmark = pytest.mark.django_db


def happened(device, *event_types, payload=None):
    for number, event_type in enumerate(event_types):
        at = START + timedelta(seconds=number, microseconds=number)
        facts = {"property_id": None, "device_uid": device.uid, "payload": payload}
        Event.objects.append(event_type, occurred_at=at, now=at, **facts)


def test_it_comes_along_with_locks_and_with_rows_that_lead_to_locks():
    eventful, quiet = DeviceFactory(), DeviceFactory()
    happened(eventful, "device.connected", "access_code.created", "device.low_battery")
    happened(eventful, "device.tampered", payload={"error_code": "é", "level": 0.08})
    AccessCodeFactory(device=eventful)
    AccessCodeFactory(device=quiet)

    locks = Device.objects.annotate(found=past_in_row()).values_list("uid", "found")
    codes = AccessCode.objects.annotate(found=past_in_row("device__uid"))

    expected = {eventful.uid: past_of([eventful.uid])[eventful.uid], quiet.uid: ()}
    assert expected[eventful.uid][0] == PastEvent(
        "device.tampered", START, {"error_code": "é", "level": 0.08}
    )
    assert {uid: past_from(found) for uid, found in locks} == expected
    rows = codes.values_list("device__uid", "found")
    assert {uid: past_from(found) for uid, found in rows} == expected


def test_no_more_than_the_newest_are_looked_at():
    device = DeviceFactory()
    happened(device, *["device.connected"] * RECENT_EVENTS, "device.disconnected")

    found = past_from(Device.objects.annotate(found=past_in_row()).get().found)

    assert found == past_of([device.uid])[device.uid]
    assert [event.event_type for event in found][:2] == ["device.disconnected", "device.connected"]
    assert len(found) == RECENT_EVENTS
