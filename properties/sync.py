"""Mirror what an account says of its locks into `Device` rows. Safe to repeat.

A mirror without opinions: what differs is written, what happened in between is told as events,
and a lock whose ability to take codes may have changed is handed to the engine. Which codes are
on a lock is read elsewhere.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F

from locksite.database import write_transaction
from locksite.doors import Doors
from locksite.journal.models import Event
from properties.changes import (
    REMOVED,
    Seen,
    device_events,
    events_of_unmanaged,
    matter_for_codes,
)
from properties.choices import AccountState, ProviderKind
from properties.models import Device, ProviderAccount
from properties.providers.base import (
    AccountProblem,
    DeviceReport,
    Hints,
    ProviderError,
    Refused,
    Unreachable,
)
from properties.providers.registry import hints_for, source_for
from properties.stamps import stamp

log = logging.getLogger(__name__)

# Virtual locks cost nothing to ask; people who try Locksite want to see what they switched.
EVERY: Final = {ProviderKind.VIRTUAL.value: timedelta(seconds=15)}
EVERY_OTHER: Final = timedelta(seconds=60)
# A list may come back short by mistake: only a lock that was missing for so long counts as
# removed.
REMOVED_AFTER: Final = timedelta(minutes=10)
# By how much the stretches of time overlap of which an account is asked what happened.
HINTS_OVERLAP: Final = timedelta(minutes=2)

# What cannot be done with a lock that is no longer in its account.
OUT_OF_REACH: Final = frozenset(
    {
        *("can_program_online_access_codes", "can_program_offline_access_codes"),
        *("can_remotely_lock", "can_remotely_unlock", "can_configure_auto_lock"),
        *("can_simulate_connection", "can_simulate_disconnection", "can_simulate_removal"),
        *("can_simulate_hub_connection", "can_simulate_hub_disconnection"),
        "can_simulate_paid_subscription",
    }
)


def refresh_account(account: ProviderAccount, *, doors: Doors) -> None:
    """Read the account's list of locks, outside any transaction, and write down what changed.

    Never raises for what the far side does: an account that does not let us in becomes
    `disconnected`, with its problem; one that gave no answer keeps everything as it was, so that
    its age shows. A lock that was written down on its own while the list was under way keeps what
    it has: the list may be older. That is seen by what stands in its row and not by comparing
    times: a report bears the time at which its request began.
    """
    reported = _reported(account)
    try:
        reports = source_for(account, doors).list_devices()
        hints = _hints(account, doors)
    except AccountProblem as problem:
        _write_down_problem(account, problem, doors.now())
    except (Unreachable, Refused) as problem:
        log.warning("account %s not listed: %s", account.uid, problem.error_code)
        _write_down_silence(account, problem, doors.now())
    else:
        _write_down(account, reports, reported, doors.now())
        if hints is not None:
            _follow(account, *hints, doors.now())


def mirror_one(device: Device, report: DeviceReport, now: datetime) -> None:
    """Write down what was reported of one lock, ahead of its account's turn."""
    with write_transaction():
        row = _one(device)
        Event.objects.bulk_create(_write_changes(row, _of_report(report), now))
        Device.objects.filter(pk=row.pk).update(reported_at=now)


def mirror_removal(device: Device, now: datetime) -> None:
    """Write down that one lock is no longer in its account, where that is known for certain."""
    with write_transaction():
        Event.objects.bulk_create(_removed(_one(device), now))


def note(device: Device, **properties: Any) -> None:
    """Write down what is known of a lock for certain, ahead of its account's next list.

    Call with the lock's row held; ``None`` takes a property away. The next list counts more.
    """
    known = {**device.properties, **properties}
    device.properties = {name: value for name, value in known.items() if value is not None}
    device.save(update_fields=["properties"])


def _one(device: Device) -> Device:
    return (
        Device.objects.select_for_update(of=("self",)).select_related("account").get(pk=device.pk)
    )


@dataclass(frozen=True, slots=True)
class _Mirrored:
    """The columns of `Device` that repeat what was reported."""

    reported_name: str
    device_type: str
    flags: dict[str, Any]
    properties: dict[str, Any]
    errors: list[Any]
    warnings: list[Any]
    manufacturer: dict[str, Any]
    provider: dict[str, Any]
    time_zone: str
    capability_facts: dict[str, Any]

    @property
    def seen(self) -> Seen:
        return Seen(
            name=self.reported_name,
            flags=self.flags,
            properties=self.properties,
            errors=self.errors,
            warnings=self.warnings,
            capability_facts=self.capability_facts,
        )


_COLUMNS: Final = tuple(_Mirrored.__dataclass_fields__)


def _of_report(report: DeviceReport) -> _Mirrored:
    return _Mirrored(
        reported_name=report.name[:200],
        device_type=report.device_type,
        flags=_plain(report.flags),
        properties=_plain(report.properties),
        errors=_plain(report.errors),
        warnings=_plain(report.warnings),
        manufacturer=_plain(report.manufacturer),
        provider=_plain(report.provider),
        time_zone=report.time_zone or "",
        capability_facts=_plain(report.capabilities.as_json()),
    )


def _of_row(device: Device) -> _Mirrored:
    return _Mirrored(**{column: getattr(device, column) for column in _COLUMNS})


def _plain(value: Any) -> Any:
    """Return `value` as it comes back from a JSON column, so that equal things compare equal."""
    return json.loads(json.dumps(value))


def _hints(account: ProviderAccount, doors: Doors) -> tuple[Hints, datetime] | None:
    """Return what the account tells about the time since it last told, and when it was asked.

    ``None`` where it tells no such things, or did not answer: then it is asked for the same time
    again, and locks are looked at when their time comes.

    Webhooks may be lost, or come to nobody; what they would have said is asked for here, with an
    overlap, since events are not always written down in the order in which things happen.
    """
    source = hints_for(account, doors)
    if source is None:
        return None
    asked_at = doors.now()
    if account.hinted_at is None:  # everything is read for the first time anyway
        return Hints((), is_whole=True), asked_at
    try:
        return source.hints_since(account.hinted_at - HINTS_OVERLAP), asked_at
    except (Unreachable, Refused) as problem:
        log.warning("account %s tells nothing: %s", account.uid, problem.error_code)
        return None


def _follow(account: ProviderAccount, hints: Hints, asked_at: datetime, now: datetime) -> None:
    """Have the locks looked at where something happened; all of them where that is not known."""
    named = {hint.device_remote_id for hint in hints.hints}
    devices = account.devices.filter(remote_id__in=named) if hints.is_whole else account.devices
    with write_transaction():
        row = ProviderAccount.objects.filter(pk=account.pk)
        if _has_another_key(account, row.select_for_update().get()):
            return
        devices.all().poke(now)
        row.update(hinted_at=asked_at)


def _write_down_silence(account: ProviderAccount, problem: ProviderError, now: datetime) -> None:
    """Write since when an account gives no answer; it is asked again when it said, or as usual."""
    pause = max(problem.retry_after or timedelta(0), EVERY.get(account.kind, EVERY_OTHER))
    row = ProviderAccount.objects.filter(pk=account.pk)
    with write_transaction():
        if _has_another_key(account, row.select_for_update().get()):
            return
        row.update(due_at=now + pause)
        row.filter(silent_since=None).update(silent_since=now)


def _has_another_key(asked: ProviderAccount, now_there: ProviderAccount) -> bool:
    """Return whether an account was disconnected, or connected anew, while it was being asked."""
    before, after = asked.credentials, now_there.credentials
    return (before and before.token) != (after and after.token)


def _reported(account: ProviderAccount) -> dict[int, datetime | None]:
    """Return when each lock of the account was last reported, by its row's key."""
    return dict(account.devices.values_list("pk", "reported_at"))


def _write_down(
    account: ProviderAccount,
    reports: Sequence[DeviceReport],
    reported: Mapping[int, datetime | None],
    now: datetime,
) -> None:
    listed = {report.remote_id: _of_report(report) for report in reports}
    with write_transaction():
        asked, account = account, ProviderAccount.objects.select_for_update().get(pk=account.pk)
        if _has_another_key(asked, account):
            return
        known = {device.remote_id: device for device in _held(account)}
        events = _account_is_in(account, now)
        new, up_to_date = [], []
        for remote_id, after in listed.items():
            device = known.pop(remote_id, None)
            if device is None:
                new.append(_new_device(account, remote_id, after, now))
                events += _events(new[-1], None, after, now)
            elif device.reported_at == reported.get(device.pk):
                events += _write_changes(device, after, now)
                up_to_date.append(device.pk)
        Device.objects.bulk_create(new)
        for device in known.values():
            events += _missing(device, now)
        account.devices.filter(pk__in=up_to_date).update(reported_at=now)
        Event.objects.bulk_create(events)
        _save_account(
            account,
            now,
            state=AccountState.CONNECTED,
            problem="",
            refreshed_at=now,
            silent_since=None,
        )


def _write_down_problem(account: ProviderAccount, problem: AccountProblem, now: datetime) -> None:
    with write_transaction():
        asked, account = account, ProviderAccount.objects.select_for_update().get(pk=account.pk)
        if _has_another_key(asked, account):
            return
        events = []
        item = {
            "error_code": problem.error_code,
            "message": problem.sentence,
            "created_at": stamp(now),
        }
        if account.state != AccountState.DISCONNECTED:
            log.warning("account %s disconnected: %s", account.uid, problem.error_code)
            payload = {"connected_account_errors": [item], "connected_account_warnings": []}
            events.append(_account_event(account, "connected_account.disconnected", now, payload))
            for device in _held(account):
                events += _write_changes(device, _locked_out(device, item), now)
        Event.objects.bulk_create(events)
        _save_account(
            account, now, state=AccountState.DISCONNECTED, problem=problem.sentence[:200]
        )


def _held(account: ProviderAccount) -> list[Device]:
    """Lock the rows of the account's locks, in the one order in which many are ever locked."""
    return list(account.devices.select_for_update().order_by("pk"))


def _locked_out(device: Device, item: dict[str, Any]) -> _Mirrored:
    """Return the lock with its account's error repeated on it, as the wire has it."""
    of_account = {**item, "is_connected_account_error": True, "is_device_error": False}
    others = [error for error in device.errors if error["error_code"] != item["error_code"]]
    changes = {
        "errors": [*others, of_account],
        "properties": {**device.properties, "online": False},
    }
    return _Mirrored(**{**_columns(_of_row(device)), **changes})


def _missing(device: Device, now: datetime) -> list[Event]:
    """Say that a lock was removed, once it has been missing for long enough."""
    if device.reported_at is not None and device.reported_at > now - REMOVED_AFTER:
        return []
    return _removed(device, now)


def _removed(device: Device, now: datetime) -> list[Event]:
    before = _of_row(device)
    if REMOVED in before.seen.problems:
        return []
    error = {
        "error_code": REMOVED,
        "message": "The lock is no longer in its account.",
        "created_at": stamp(now),
        "is_device_error": True,
    }
    changes = {
        "errors": [*before.errors, error],
        "properties": {**before.properties, "online": False},
        "flags": {
            flag: value and flag not in OUT_OF_REACH for flag, value in before.flags.items()
        },
    }
    return _write_changes(device, _Mirrored(**{**_columns(before), **changes}), now)


def _new_device(
    account: ProviderAccount, remote_id: str, after: _Mirrored, now: datetime
) -> Device:
    return Device(
        account=account,
        remote_id=remote_id,
        reported_at=now,
        due_at=now,
        **_columns(_dated(after, None, now)),
    )


def _write_changes(device: Device, after: _Mirrored, now: datetime) -> list[Event]:
    """Write the columns that differ, poke the engine where it matters; return what to tell."""
    before = _of_row(device)
    after = _dated(_as_told(device, after), before, now)
    old, new = _columns(before), _columns(after)
    changed = {column: new[column] for column in _COLUMNS if new[column] != old[column]}
    if not changed:
        return []
    if matter_for_codes(before.seen, after.seen):
        changed |= {"due_at": now, "generation": F("generation") + 1}
    Device.objects.filter(pk=device.pk).update(**changed)
    return _events(device, before, after, now)


def _dated(after: _Mirrored, before: _Mirrored | None, now: datetime) -> _Mirrored:
    """Return the report with a time for the problems that came without one: since we know them."""
    known = () if before is None else (*before.errors, *before.warnings)

    def with_time(item: dict[str, Any]) -> dict[str, Any]:
        if item.get("created_at"):
            return item
        key = "error_code" if "error_code" in item else "warning_code"
        since = (each["created_at"] for each in known if each.get(key) == item.get(key))
        return {**item, "created_at": next(since, stamp(now))}

    return replace(
        after,
        errors=[with_time(item) for item in after.errors],
        warnings=[with_time(item) for item in after.warnings],
    )


def _as_told(device: Device, after: _Mirrored) -> _Mirrored:
    """Return the report with what partners know better."""
    if not device.told_code_lengths:
        return after
    told = {"supported_code_lengths": device.told_code_lengths}
    return replace(after, properties={**after.properties, **told})


def _columns(mirrored: _Mirrored) -> dict[str, Any]:
    return {column: getattr(mirrored, column) for column in _COLUMNS}


def _events(
    device: Device, before: _Mirrored | None, after: _Mirrored, now: datetime
) -> list[Event]:
    events = device_events(None if before is None else before.seen, after.seen)
    if not device.is_managed:
        events = events_of_unmanaged(events)
    return [
        Event(
            event_type=event.event_type,
            occurred_at=event.occurred_at or now,
            created_at=now,
            property_id=device.property_id,
            device_uid=device.uid,
            connected_account_uid=device.account.uid,
            payload=dict(event.payload),
        )
        for event in events
    ]


def _account_is_in(account: ProviderAccount, now: datetime) -> list[Event]:
    """Return what to tell about an account that let us in: the first time, and after a break."""
    if account.refreshed_at is None:
        types = ["connected_account.connected", "connected_account.completed_first_sync"]
    elif account.state == AccountState.DISCONNECTED:
        types = [
            "connected_account.connected",
            "connected_account.completed_first_sync_after_reconnection",
        ]
    else:
        types = []
    return [_account_event(account, event_type, now, {}) for event_type in types]


def _account_event(
    account: ProviderAccount, event_type: str, now: datetime, payload: dict[str, Any]
) -> Event:
    return Event(
        event_type=event_type,
        occurred_at=now,
        created_at=now,
        connected_account_uid=account.uid,
        payload=payload,
    )


def _save_account(account: ProviderAccount, now: datetime, **columns: Any) -> None:
    columns["due_at"] = now + EVERY.get(account.kind, EVERY_OTHER)
    changed = [name for name, value in columns.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, columns[name])
    account.save(update_fields=changed)
