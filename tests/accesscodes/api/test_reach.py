"""What is out of a key's reach is answered exactly like what does not exist, on every endpoint."""

import pytest

from accesscodes.models import AccessCode, UnmanagedCode
from locksite.masked import Pin
from properties.providers.virtual.people import add_foreign_code
from tests.api import UNKNOWN, Partner, endpoints
from tests.factories import DeviceFactory, WebhookDeliveryFactory, WebhookEndpointFactory

SINCE = {"since": "2026-01-01"}
# For each endpoint: what names something, beside what else it needs. A list shows nothing for it.
NAMES_ONE = {
    "access_codes/create": [("device_id", {})],
    "access_codes/create_multiple": [("device_ids", {})],
    "access_codes/delete": [("access_code_id", {})],
    "access_codes/generate_code": [("device_id", {})],
    "access_codes/get": [("access_code_id", {}), ("device_id", {"code": "482915"})],
    "access_codes/get_timeline": [("access_code_id", {})],
    "access_codes/pull_backup_access_code": [("access_code_id", {})],
    "access_codes/report_device_constraints": [("device_id", {"supported_code_lengths": [6]})],
    "access_codes/simulate/create_unmanaged_access_code": [
        ("device_id", {"name": "Cleaner", "code": "482915"}),
    ],
    "access_codes/unmanaged/convert_to_managed": [("unmanaged_id", {})],
    "access_codes/unmanaged/delete": [("unmanaged_id", {})],
    "access_codes/unmanaged/get": [("unmanaged_id", {}), ("device_id", {"code": "735162"})],
    "access_codes/unmanaged/update": [("unmanaged_id", {"is_managed": True})],
    "access_codes/update": [("access_code_id", {"name": "Mine now"})],
    "access_codes/update_multiple": [("common_code_key", {"name": "Mine now"})],
    "action_attempts/get": [("action_attempt_id", {})],
    "devices/get": [("device_id", {}), ("name", {})],
    "devices/report_provider_metadata": [("zone_of", {})],
    "devices/simulate/connect": [("device_id", {})],
    "devices/simulate/connect_to_hub": [("device_id", {})],
    "devices/simulate/disconnect": [("device_id", {})],
    "devices/simulate/disconnect_from_hub": [("device_id", {})],
    "devices/simulate/paid_subscription": [("device_id", {"is_expired": True})],
    "devices/simulate/remove": [("device_id", {})],
    "devices/unmanaged/get": [("left_alone_id", {})],
    "devices/unmanaged/update": [("left_alone_id", {"is_managed": True})],
    "devices/update": [("device_id", {"name": "Mine now"})],
    "events/get": [("event_id", {}), ("device_id", {})],
    "locks/get": [("device_id", {}), ("name", {})],
    "locks/configure_auto_lock": [("device_id", {"auto_lock_enabled": True})],
    "locks/lock_door": [("device_id", {})],
    "locks/simulate/manual_lock_via_keypad": [("device_id", {})],
    "locks/unlock_door": [("device_id", {})],
    "locks/simulate/keypad_code_entry": [("device_id", {"code": "482915"})],
    "webhooks/delete": [("webhook_id", {})],
    "webhooks/deliveries/retry": [("webhook_id", {}), ("webhook_delivery_id", {})],
    "webhooks/get": [("webhook_id", {})],
    "webhooks/rotate_secret": [("webhook_id", {})],
    "webhooks/update": [("webhook_id", {"event_types": ["*"]})],
}
NAMES_MANY = {
    "access_codes/list": [
        ("device_id", {}), ("access_code_ids", {}), ("search", {}), ("search_by_pin", {}),
    ],
    "access_codes/unmanaged/list": [("device_id", {})],
    "action_attempts/list": [("action_attempt_ids", {}), ("device_id", {})],
    "devices/unmanaged/list": [("left_alone_ids", {})],
    "devices/list": [("device_ids", {}), ("connected_account_id", {}), ("name_search", {})],
    "events/list": [
        ("device_id", SINCE), ("device_ids", SINCE), ("access_code_id", SINCE),
        ("access_code_ids", SINCE), ("connected_account_id", SINCE), ("event_ids", {}),
    ],
    "locks/list": [("device_ids", {}), ("connected_account_id", {})],
    "webhooks/deliveries/list": [("webhook_id", {})],
}  # fmt: skip
OF_EVERYBODY = {"devices/list_device_providers", "workspaces/get", "workspaces/list"}
# Webhooks belong to the key that made them: even a key that reaches everything has only its own.
OF_THE_KEY = {"webhooks/create", "webhooks/list"}


def test_every_endpoint_is_in_the_matrix():
    assert {path for path, _ in endpoints()} == {
        *(*NAMES_ONE, *NAMES_MANY, *OF_EVERYBODY, *OF_THE_KEY)
    }


@pytest.fixture
def owner(world):
    """A key that reaches everything, and made what belongs to keys."""
    return Partner()


@pytest.fixture
def theirs(world, lock, owner):
    """Something of every kind that the key under test does not reach."""
    _, body = Partner().post(
        "/access_codes/create", device_id=lock, code="482915", name="Lena Okafor"
    )
    code_id = body["access_code"]["access_code_id"]
    AccessCode.objects.update(common_code_key="stay-7")
    add_foreign_code(world.locks[0], Pin("735162"), "Cleaner", now=world.now)
    world.run(minutes=1)
    _, told = Partner().post("/events/list", access_code_id=code_id, **SINCE)
    event_id = told["events"][0]["event_id"]
    device = world.device()
    endpoint = WebhookEndpointFactory(api_key=owner.row)
    delivery = WebhookDeliveryFactory(endpoint=endpoint, property_id=world.property.pk)
    left_alone = str(DeviceFactory(property=world.property, is_managed=False).uid)
    return {
        "left_alone_id": left_alone,
        "left_alone_ids": [left_alone],
        "zone_of": lock,
        "action_attempt_ids": [body["action_attempt"]["action_attempt_id"]],
        "webhook_id": str(endpoint.uid),
        "webhook_delivery_id": str(delivery.uid),
        "device_id": lock,
        "device_ids": [lock],
        "access_code_id": code_id,
        "common_code_key": "stay-7",
        "unmanaged_id": str(UnmanagedCode.objects.get().uid),
        "access_code_ids": [code_id],
        "action_attempt_id": body["action_attempt"]["action_attempt_id"],
        "event_id": event_id,
        "event_ids": [event_id],
        "connected_account_id": str(device.account.uid),
        "name": device.display_name,
        "search": "Okafor",
        "search_by_pin": "482915",
        "name_search": device.display_name,
    }


@pytest.fixture
def stranger(theirs):
    """A key that reaches one other house; made after everything that it must not see."""
    return Partner(DeviceFactory(reported_name="Elsewhere").property)


SENT_AS = {
    "unmanaged_id": "access_code_id",
    "left_alone_id": "device_id",
    "left_alone_ids": "device_ids",
    "name_search": "search",
    "search_by_pin": "search",
}


def wish():
    return AccessCode.objects.values("name", "revision", "version", "withdrawn_at").get()


def nothing_like(value):
    return [UNKNOWN] if isinstance(value, list) else UNKNOWN


def cases(table):
    return [(path, name, others) for path, rows in table.items() for name, others in rows]


@pytest.mark.parametrize(("path", "name", "others"), cases({**NAMES_ONE, **NAMES_MANY}))
def test_foreign_is_answered_like_unknown(world, theirs, owner, stranger, path, name, others):
    before = wish()

    def call(partner, value):
        if name == "zone_of":
            known = {"device_id": value, "schlage_metadata": {"time_zone": "Europe/Berlin"}}
            return partner.post(f"/{path}", devices=[known])
        return partner.post(f"/{path}", **{SENT_AS.get(name, name): value}, **others)

    foreign = call(stranger, theirs[name])
    unknown = call(stranger, nothing_like(theirs[name]))

    assert foreign == unknown
    assert foreign[0] == (404 if path in NAMES_ONE else 200)
    assert wish() == before
    # It could be shown: to a key that reaches it, it is.
    assert call(owner, theirs[name]) != foreign


def test_a_key_that_reaches_everything_has_its_own_webhooks_alone(theirs, owner):
    everything = Partner()

    assert everything.post("/webhooks/list") == (200, {"webhooks": [], "ok": True})
    assert everything.post("/webhooks/get", webhook_id=theirs["webhook_id"])[0] == 404
    assert len(owner.post("/webhooks/list")[1]["webhooks"]) == 1
