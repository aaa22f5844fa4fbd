"""Which locks a list shows."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from locksite.wire.filters import finds_nothing, id_holds
from properties.models import Device

# The flags that `include_if` and `exclude_if` may name.
FLAGS = frozenset(
    {
        "can_program_online_access_codes",
        "can_program_offline_access_codes",
        "can_remotely_unlock",
        "can_remotely_lock",
        "can_unlock_with_code",
        "can_configure_auto_lock",
        "can_simulate_connection",
        "can_simulate_disconnection",
        "can_simulate_removal",
        "can_simulate_hub_connection",
        "can_simulate_hub_disconnection",
        "can_simulate_paid_subscription",
    }
)
_EQUAL = {
    "device_ids": "uid__in",
    "connected_account_id": "account__uid",
    "connected_account_ids": "account__uid__in",
    "device_type": "device_type",
    "device_types": "device_type__in",
    "manufacturer": "manufacturer__manufacturer",
    "created_before": "created_at__lt",
}


def filtered(devices: QuerySet[Device], params: Mapping[str, Any]) -> QuerySet[Device]:
    """Return the locks for which all filters hold."""
    if finds_nothing(params):
        return devices.none()
    devices = devices.filter(
        **{lookup: params[name] for name, lookup in _EQUAL.items() if name in params}
    )
    if params.get("search"):
        devices = _searched(devices, params["search"])
    if params.get("custom_metadata_has"):
        devices = _with_metadata(devices, params["custom_metadata_has"])
    return _with_flags(devices, params)


def _searched(devices: QuerySet[Device], text: str) -> QuerySet[Device]:
    """Return the locks whose shown name or id holds this text."""
    shown = Q(nickname__icontains=text) | Q(nickname="", reported_name__icontains=text)
    return devices.filter(shown | id_holds(text))


def _with_metadata(devices: QuerySet[Device], wanted: Mapping[str, Any]) -> QuerySet[Device]:
    """Return the locks that carry all of these pairs; keys may hold any character."""
    rows = devices.values_list("pk", "custom_metadata")
    return devices.filter(pk__in=[pk for pk, has in rows if wanted.items() <= has.items()])


def _with_flags(devices: QuerySet[Device], params: Mapping[str, Any]) -> QuerySet[Device]:
    for name in params.get("include_if", ()):
        devices = devices.filter(**{f"flags__{name}": True}) if name in FLAGS else devices.none()
    for name in FLAGS.intersection(params.get("exclude_if", ())):
        devices = devices.filter(
            Q(**{f"flags__{name}__isnull": True}) | Q(**{f"flags__{name}": False})
        )
    return devices
