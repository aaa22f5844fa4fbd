"""Seam's JSON as values of ours, and our wishes as bodies of its requests. Pure.

Whatever arrives, nothing here raises: what is missing or of another kind counts as not told. An
object without its id is told by ``None``, as nobody can say which one it was. A PIN is in `pin`
and nowhere else: where a far side repeats one in a message or in a field that we do not know, its
digits are left out. Devices are read in `devices`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from locksite.masked import Pin
from properties.providers.seam.fields import (
    LONGEST_NAME,
    as_id,
    as_instant,
    as_list,
    as_object,
    as_text,
    as_word,
    as_words,
    clean,
    hushed,
    problems,
    without_digits,
)
from properties.providers.seam.values import (
    STATUSES,
    SeamAttempt,
    SeamCode,
    SeamHint,
    SeamWebhook,
    SeamWish,
    SeamWorkspace,
)
from properties.stamps import stamp

_ATTEMPT_STATES: Final = frozenset({"pending", "success", "error"})


def code_of(data: Any) -> SeamCode | None:
    """Return a code, managed or not; ``None`` where it has no id or belongs to no device.

    What is on its way to the lock counts as what the cloud holds, and the code as not set yet.
    """
    data = _as_wanted(as_object(clean(data)))
    remote_id, device_remote_id = as_id(data.get("access_code_id")), as_id(data.get("device_id"))
    if remote_id is None or device_remote_id is None:
        return None
    starts_at, ends_at = as_instant(data.get("starts_at")), as_instant(data.get("ends_at"))
    has_window = data.get("type") == "time_bound" or (
        data.get("type") != "ongoing" and ends_at is not None
    )
    status = data.get("status")
    name = data.get("name")
    return SeamCode(
        remote_id=remote_id,
        device_remote_id=device_remote_id,
        name=name[:LONGEST_NAME] if isinstance(name, str) else None,
        pin=pin_of(data.get("code")),
        type="time_bound" if has_window else "ongoing",
        starts_at=starts_at if has_window else None,
        ends_at=ends_at if has_window else None,
        status=status if isinstance(status, str) and status in STATUSES else "unknown",
        errors=problems(data.get("errors"), "error_code"),
        warnings=problems(data.get("warnings"), "warning_code"),
        pending=as_words(
            as_object(item).get("mutation_code") for item in as_list(data.get("pending_mutations"))
        ),
        is_managed=data.get("is_managed") is not False,
        is_scheduled_on_device=data.get("is_scheduled_on_device") is True,
        is_waiting_for_pin=data.get("is_waiting_for_code_assignment") is True,
        is_backup=data.get("is_backup") is True,
        is_backup_access_code_available=data.get("is_backup_access_code_available") is True,
        pulled_backup_id=as_id(data.get("pulled_backup_access_code_id")),
        is_external_modification_allowed=data.get("is_external_modification_allowed") is True,
        common_code_key=as_text(data.get("common_code_key")),
        is_offline=data.get("is_offline_access_code") is True,
        is_one_time=data.get("is_one_time_use") is True,
        can_be_converted=data.get("cannot_be_managed") is not True,
        can_be_deleted=data.get("cannot_delete_unmanaged_access_code") is not True,
        created_at=as_instant(data.get("created_at")),
        others={
            key: without_digits(key, value)
            for key, value in data.items()
            if key not in _CODE_FIELDS
        },
    )


_ON_THEIR_WAY: Final = {
    "updating_code": ("code",),
    "updating_name": ("name",),
    "updating_time_frame": ("starts_at", "ends_at"),
}


def _as_wanted(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a code as it will be once its `pending_mutations` are done."""
    wanted: dict[str, Any] = {}
    for item in map(as_object, as_list(data.get("pending_mutations"))):
        to = as_object(item.get("to"))
        fields = _ON_THEIR_WAY.get(as_text(item.get("mutation_code")) or "", ())
        wanted |= {field: to[field] for field in fields if field in to}
    if not wanted:
        return data
    if "ends_at" in wanted:
        wanted["type"] = "ongoing" if wanted["ends_at"] is None else "time_bound"
    if data.get("status") == "set":
        wanted["status"] = "setting"
    return {**data, **wanted}


_CODE_FIELDS: Final = frozenset(
    {
        *("access_code_id", "device_id", "name", "code", "type", "starts_at", "ends_at"),
        *("status", "errors", "warnings", "is_managed", "created_at"),
        *("is_scheduled_on_device", "is_waiting_for_code_assignment", "is_backup"),
        *("is_backup_access_code_available", "pulled_backup_access_code_id"),
        *("is_external_modification_allowed", "common_code_key", "is_offline_access_code"),
        *("is_one_time_use", "cannot_be_managed", "cannot_delete_unmanaged_access_code"),
    }
)


def pin_of(value: Any) -> Pin | None:
    """Return a PIN; ``None`` for stars, for a number (its zeros are lost), for anything else."""
    is_pin = isinstance(value, str) and re.fullmatch(r"\d{1,20}", value, re.ASCII)
    return Pin(value) if is_pin else None


def create_body(device_remote_id: str, wish: SeamWish) -> dict[str, Any]:
    """Return the body that asks for a new code."""
    body: dict[str, Any] = {"device_id": device_remote_id, **_wished(wish)}
    if wish.common_code_key is not None:
        body["common_code_key"] = wish.common_code_key
    if wish.is_offline:
        body |= {"is_offline_access_code": True, "is_one_time_use": wish.is_one_time}
        if wish.max_time_rounding is not None:
            body["max_time_rounding"] = wish.max_time_rounding
    return body


def update_body(remote_id: str, wish: SeamWish) -> dict[str, Any]:
    """Return the body that makes an online code what is wished now, its kind included."""
    kind = "ongoing" if wish.ends_at is None else "time_bound"
    return {"access_code_id": remote_id, "type": kind, **_wished(wish)}


def _wished(wish: SeamWish) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": wish.name,
        "prefer_native_scheduling": wish.prefers_native,
        "is_external_modification_allowed": wish.allows_outside_changes,
    }
    if wish.pin is not None and not wish.is_offline:
        body["code"] = wish.pin.digits
    if wish.starts_at is not None and wish.ends_at is not None:
        body |= {
            "starts_at": stamp(wish.starts_at),
            "ends_at": stamp(wish.ends_at),
            "use_backup_access_code_pool": wish.uses_backup_pool,
        }
    return body


# ---- Events, commands, the rest -----------------------------------------------------------------


def hint_of(data: Any) -> SeamHint | None:
    """Return what an event hints at; ``None`` where it has no id or no type."""
    data = as_object(clean(data))
    event_id, event_type = as_id(data.get("event_id")), as_id(data.get("event_type"))
    if event_id is None or event_type is None:
        return None
    return SeamHint(
        event_id=event_id,
        event_type=event_type,
        device_remote_id=as_id(data.get("device_id")),
        code_remote_id=as_id(data.get("access_code_id")),
        connected_account_id=as_id(data.get("connected_account_id")),
        occurred_at=as_instant(data.get("occurred_at")),
        created_at=as_instant(data.get("created_at")),
        method=as_word(data.get("method")),
    )


def attempt_of(data: Any) -> SeamAttempt | None:
    """Return how a command goes; ``None`` where it has no id, or no state that we know."""
    data = as_object(clean(data))
    remote_id, status = as_id(data.get("action_attempt_id")), data.get("status")
    if remote_id is None or not isinstance(status, str) or status not in _ATTEMPT_STATES:
        return None
    error = as_object(data.get("error"))
    return SeamAttempt(
        remote_id=remote_id,
        action_type=as_word(data.get("action_type")) or "",
        status=status,
        is_confirmed=as_object(data.get("result")).get("was_confirmed_by_device") is True,
        error_type=as_word(error.get("type")) or "",
        sentence=hushed(as_text(error.get("message")) or ""),
    )


def workspace_of(data: Any) -> SeamWorkspace | None:
    """Return a workspace; ``None`` where it has no id."""
    data = as_object(clean(data))
    remote_id = as_id(data.get("workspace_id"))
    if remote_id is None:
        return None
    return SeamWorkspace(
        remote_id=remote_id,
        name=(as_text(data.get("name")) or "")[:LONGEST_NAME],
        company_name=(as_text(data.get("company_name")) or "")[:LONGEST_NAME],
        is_sandbox=data.get("is_sandbox") is True,
        is_suspended=data.get("is_suspended") is True,
    )


def webhook_of(data: Any) -> SeamWebhook | None:
    """Return a webhook; ``None`` where it has no id or no address."""
    data = as_object(clean(data))
    remote_id, url = as_id(data.get("webhook_id")), as_text(data.get("url"))
    if remote_id is None or url is None:
        return None
    secret = as_text(data.get("secret"))
    return SeamWebhook(
        remote_id=remote_id,
        url=url,
        event_types=as_words(as_list(data.get("event_types"))),
        secret=None if secret is None else Pin(secret),
    )
