"""Events in words. Pure: rows of the journal in, lines out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from accesscodes.choices import EventType
from accesscodes.events import ASSIGNED, KEPT
from accesscodes.web import wall_time
from accesscodes.web.changed import what_changed
from accesscodes.web.presenters import Stamp
from accesscodes.web.states import Tone
from locksite.journal.models import AuditEntry, Event


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a list of events. `is_raw`: nobody has found words for it yet."""

    icon: str
    tone: Tone
    text: str
    more: str
    at: Stamp
    is_raw: bool = False


@dataclass(frozen=True, slots=True)
class _Words:
    icon: str
    tone: Tone
    text: str


WORDS: Mapping[str, _Words] = {
    EventType.CREATED: _Words("plus", Tone.GO, "Created"),
    EventType.CHANGED: _Words("pencil", Tone.GO, "Change asked for"),
    EventType.NAME_CHANGED: _Words("pencil", Tone.OK, "Renamed"),
    EventType.CODE_CHANGED: _Words("pencil", Tone.OK, "PIN changed"),
    EventType.TIME_FRAME_CHANGED: _Words("calendar-clock", Tone.OK, "Dates changed"),
    EventType.SCHEDULED_ON_DEVICE: _Words(
        "calendar-check", Tone.OK, "Loaded on the lock, waits for start"
    ),
    EventType.SET_ON_DEVICE: _Words("circle-check", Tone.OK, "On the lock"),
    EventType.REMOVED_FROM_DEVICE: _Words("circle-minus", Tone.OUT, "Removed from the lock"),
    EventType.DELAY_IN_SETTING: _Words("hourglass", Tone.WARN, "Taking longer than usual"),
    EventType.FAILED_TO_SET: _Words("octagon-alert", Tone.BAD, "Couldn't be set on the lock"),
    EventType.DELAY_IN_REMOVING: _Words("hourglass", Tone.WARN, "Removal delayed"),
    EventType.FAILED_TO_REMOVE: _Words("octagon-alert", Tone.BAD, "Removal failed"),
    EventType.DELETED: _Words("circle-minus", Tone.IDLE, "Deleted"),
    EventType.MODIFIED_EXTERNALLY: _Words(
        "triangle-alert", Tone.WARN, "Changed in the lock's app"
    ),
    EventType.DELETED_EXTERNALLY: _Words("triangle-alert", Tone.WARN, "Removed in the lock's app"),
    EventType.UNMANAGED_CREATED: _Words(
        "smartphone", Tone.IDLE, "Code found that was made in the lock's app"
    ),
    EventType.UNMANAGED_REMOVED: _Words(
        "circle-minus", Tone.IDLE, "Code from the lock's app is gone"
    ),
    EventType.CONVERTED_TO_MANAGED: _Words("circle-check", Tone.OK, "Taken over by Locksite"),
    EventType.FAILED_TO_CONVERT: _Words("octagon-alert", Tone.WARN, "Couldn't be taken over"),
    EventType.BACKUP_PULLED: _Words("archive-restore", Tone.GO, "Backup code taken"),
    "device.added": _Words("plus", Tone.GO, "Lock added"),
    "device.removed": _Words("circle-minus", Tone.BAD, "Lock removed from its account"),
    "device.connected": _Words("wifi", Tone.OK, "Lock online"),
    "device.disconnected": _Words("wifi-off", Tone.BAD, "Lock offline"),
    "device.accessory_keypad_connected": _Words("keyboard", Tone.OK, "Keypad connected"),
    "device.accessory_keypad_disconnected": _Words("unplug", Tone.BAD, "Keypad disconnected"),
    "device.low_battery": _Words("battery-warning", Tone.WARN, "Battery low"),
    "device.battery_status_changed": _Words("battery-full", Tone.IDLE, "Battery changed"),
    "device.connection_became_flaky": _Words("wifi-off", Tone.WARN, "Connection unsteady"),
    "device.connection_stabilized": _Words("wifi", Tone.OK, "Connection steady again"),
    "device.tampered": _Words("shield-alert", Tone.BAD, "Tampering reported"),
    "device.name_changed": _Words("pencil", Tone.IDLE, "Renamed"),
    "device.converted_to_unmanaged": _Words("circle-minus", Tone.IDLE, "Left alone from here on"),
    "device.unmanaged.converted_to_managed": _Words("plus", Tone.GO, "Managed from here on"),
    "device.unmanaged.connected": _Words("wifi", Tone.IDLE, "Lock online"),
    "device.unmanaged.disconnected": _Words("wifi-off", Tone.IDLE, "Lock offline"),
    "device.salto.privacy_mode_activated": _Words("lock", Tone.WARN, "Privacy mode on"),
    "device.salto.privacy_mode_deactivated": _Words("lock-open", Tone.OK, "Privacy mode off"),
    "device.error.subscription_required": _Words("octagon-alert", Tone.BAD, "Subscription ended"),
    "device.error.subscription_required.resolved": _Words(
        "circle-check", Tone.OK, "Subscription in order again"
    ),
    "device.third_party_integration_detected": _Words(
        "triangle-alert", Tone.WARN, "Another system found on this lock"
    ),
    "device.third_party_integration_no_longer_detected": _Words(
        "circle-check", Tone.OK, "The other system is gone"
    ),
    "device.deleted": _Words("circle-minus", Tone.IDLE, "Lock deleted"),
    "device.doorbell_rang": _Words("info", Tone.IDLE, "Doorbell rang"),
    "connected_account.created": _Words("plus", Tone.GO, "Account added"),
    "connected_account.connected": _Words("circle-check", Tone.OK, "Account connected"),
    "connected_account.successful_login": _Words("circle-check", Tone.IDLE, "Account signed in"),
    "connected_account.disconnected": _Words("unplug", Tone.BAD, "Account disconnected"),
    "connected_account.reauthorization_requested": _Words(
        "triangle-alert", Tone.WARN, "Account has to be connected anew soon"
    ),
    "connected_account.completed_first_sync": _Words(
        "circle-check", Tone.IDLE, "Account reported for the first time"
    ),
    "connected_account.completed_first_sync_after_reconnection": _Words(
        "circle-check", Tone.OK, "Account reported again after it came back"
    ),
    "connected_account.deleted": _Words("circle-minus", Tone.BAD, "Account deleted"),
    "lock.locked": _Words("lock", Tone.IDLE, "Locked"),
    "lock.unlocked": _Words("lock-open", Tone.OK, "Unlocked"),
    "action_attempt.lock_door.failed": _Words(
        "circle-x", Tone.WARN, "Could not be locked from afar"
    ),
    "action_attempt.unlock_door.failed": _Words(
        "circle-x", Tone.WARN, "Could not be unlocked from afar"
    ),
    "lock.access_denied": _Words("circle-x", Tone.WARN, "PIN refused at the door"),
}

METHODS = {
    "keycode": "with a PIN",
    "manual": "by hand",
    "automatic": "by itself",
    "remote": "remotely",
    "card": "with a card",
}

SILENT = frozenset(
    {
        EventType.MUTATIONS_REQUESTED,
        "action_attempt.lock_door.succeeded",
        "action_attempt.unlock_door.succeeded",
        "action_attempt.simulate_keypad_code_entry.succeeded",
        "action_attempt.simulate_keypad_code_entry.failed",
        "action_attempt.simulate_manual_lock_via_keypad.succeeded",
        "action_attempt.simulate_manual_lock_via_keypad.failed",
    }
)
"""Parts of the wire that say nothing which a line next to them does not say."""


def happening(event: Event, names: Mapping[str, str], zone: tzinfo, now: datetime) -> Happening:
    """Return the line of one event. `names` gives names of codes by id, for a lock's page."""
    words = WORDS.get(event.event_type)
    at = Stamp.of(event.occurred_at, wall_time.short_moment(event.occurred_at, zone, now))
    if words is None:
        return Happening("info", Tone.IDLE, event.event_type, "", at, is_raw=True)
    text = words.text
    name = names.get(str(event.access_code_uid), "")
    if event.event_type in {"lock.locked", "lock.unlocked"}:
        method = METHODS.get(str(event.payload.get("method", "")), "")
        text = f"{text} {method}".strip()
    if event.event_type == EventType.CODE_CHANGED and event.payload.get("description") == ASSIGNED:
        text = "PIN chosen by the lock's maker"
    if event.event_type == EventType.CHANGED and event.payload.get("change_reason") == KEPT:
        text = "Delete undone"
    if event.event_type in {"device.battery_status_changed", "device.low_battery"}:
        text = _battery(event.payload, text)
    if name:
        text = f"{name}: {wall_time.uncapital(text)}"
    return Happening(words.icon, words.tone, text, said_by(event.payload), at)


def _battery(payload: Mapping[str, Any], text: str) -> str:
    level, status = payload.get("battery_level"), payload.get("battery_status")
    if isinstance(level, int | float):
        word = status or "low"
        return f"Battery {word}, {round(level * 100)} %"
    return f"Battery {status}" if status else text


def said_by(payload: Mapping[str, Any]) -> str:
    """Return what the lock said, or what was changed; never digits."""
    for key in ("access_code_errors", "access_code_warnings"):
        problems = payload.get(key) or []
        if problems and problems[0].get("message"):
            return str(problems[0]["message"])
    if isinstance(reason := payload.get("reason"), Mapping) and reason.get("message"):
        return str(reason["message"])
    return str(payload.get("change_reason", ""))


def happenings(
    events: Iterable[Event], names: Mapping[str, str], zone: tzinfo, now: datetime
) -> tuple[Happening, ...]:
    """Return the lines of events that say something, in the order given."""
    return tuple(
        happening(event, names, zone, now) for event in events if event.event_type not in SILENT
    )


ACTIONS: Mapping[str, _Words] = {
    "access_code.issue": _Words("user", Tone.IDLE, "Issued by {who}"),
    "access_code.change": _Words("user", Tone.IDLE, "Changed by {who}"),
    "access_code.delete": _Words("user", Tone.IDLE, "Deleted by {who}"),
    "access_code.convert": _Words("user", Tone.IDLE, "Taken over by {who}"),
    "access_code.remove_unmanaged": _Words("user", Tone.IDLE, "Removed by {who}"),
    "access_code.pull_backup": _Words("user", Tone.IDLE, "Backup code taken by {who}"),
    "access_code.delete_now": _Words("user", Tone.IDLE, "Deleted without waiting by {who}"),
    "access_code.undo_delete": _Words("undo-2", Tone.IDLE, "Delete undone by {who}"),
    "access_code.restore": _Words("user", Tone.IDLE, "Put back by {who}"),
    "access_code.accept_outside_change": _Words(
        "user", Tone.IDLE, "Change made at the lock accepted by {who}"
    ),
    "access_code.retry": _Words("user", Tone.IDLE, "Tried again by {who}"),
    "access_code.reveal_pin": _Words("eye", Tone.IDLE, "PIN shown to {who}"),
    "access_code.export_record": _Words("download", Tone.IDLE, "Record taken along by {who}"),
    "property.export_activity": _Words("download", Tone.IDLE, "Activity taken along by {who}"),
    "device.rename": _Words("pencil", Tone.IDLE, "Renamed by {who}"),
    "device.set_metadata": _Words("user", Tone.IDLE, "Partner's notes changed by {who}"),
    "device.manage": _Words("plus", Tone.IDLE, "Taken over by {who}"),
    "device.stop_managing": _Words("circle-minus", Tone.IDLE, "Left alone from here on, by {who}"),
    "device.report_code_lengths": _Words("user", Tone.IDLE, "Lengths of PINs told by {who}"),
    "device.report_time_zone": _Words("clock", Tone.IDLE, "Time zone told by {who}"),
    "device.backup_pool_on": _Words("archive-restore", Tone.IDLE, "Backup codes wanted by {who}"),
    "device.backup_pool_off": _Words(
        "archive-restore", Tone.IDLE, "Backup codes no longer wanted by {who}"
    ),
    "lock.lock_door": _Words("lock", Tone.IDLE, "Locked from here by {who}"),
    "lock.unlock_door": _Words("lock-open", Tone.IDLE, "Unlocked from here by {who}"),
    "lock.configure_auto_lock": _Words("lock", Tone.IDLE, "Locking by itself set by {who}"),
    "lock.lock_at_keypad": _Words("lock", Tone.IDLE, "Locked at the virtual keypad by {who}"),
    "lock.type_at_keypad": _Words(
        "grid-3x3", Tone.IDLE, "PIN tried at the virtual keypad by {who}"
    ),
    "lock.make_foreign_code": _Words(
        "user", Tone.IDLE, "Code made in the virtual lock's app by {who}"
    ),
    "lock.simulate": _Words("user", Tone.IDLE, "Trouble acted out by {who}"),
    "shift_note.leave": _Words("pencil", Tone.IDLE, "Note for the next shift left by {who}"),
    "shift_note.done": _Words("check", Tone.IDLE, "Note for the next shift marked done by {who}"),
    "property.set_key_box": _Words("key-round", Tone.IDLE, "Key-box code changed by {who}"),
    "property.forget_key_box": _Words("key-round", Tone.IDLE, "Key-box code removed by {who}"),
    "property.reveal_key_box": _Words("eye", Tone.IDLE, "Key-box code shown to {who}"),
}


HOW_REVEALED = {"copied": "PIN copied by {who}", "printed": "PIN shown on a slip to {who}"}


def who_did(entry: AuditEntry) -> str:
    """Return who did it: a person by name, a partner by the name of the key, or Locksite."""
    return f"API key {entry.actor_label}" if entry.actor_kind == "key" else entry.actor_label


def deed_text(entry: AuditEntry, who: str) -> str:
    """Return what `who` did, or "" where nobody has found words for it."""
    words = ACTIONS.get(entry.action)
    if words is None:
        return ""
    text = words.text
    if entry.action == "access_code.reveal_pin":
        text = HOW_REVEALED.get(str(entry.detail.get("how")), text)
    return text.format(who=who)


def deeds(
    entries: Iterable[AuditEntry], zone: tzinfo, now: datetime
) -> tuple[tuple[datetime, Happening], ...]:
    """Return what people did, with the instant, so that it can be put among events."""
    lines = []
    for entry in entries:
        words = ACTIONS.get(entry.action)
        if words is None:
            continue
        who = who_did(entry)
        at = Stamp.of(entry.at, wall_time.short_moment(entry.at, zone, now))
        text, more = deed_text(entry, who), what_changed(entry.detail, zone, now)
        lines.append((entry.at, Happening(words.icon, words.tone, text, more, at)))
    return tuple(lines)


def merged(
    events: Iterable[Event],
    entries: Iterable[AuditEntry],
    zone: tzinfo,
    now: datetime,
) -> tuple[Happening, ...]:
    """Return what happened to one code and who did what, newest first.

    "Created" is left out where the audit trail names the person: it says the same with a name.
    """
    rows = list(entries)
    has_issuer = any(entry.action == "access_code.issue" for entry in rows)
    lines = [
        (event.occurred_at, happening(event, {}, zone, now))
        for event in events
        if event.event_type not in SILENT
        and not (has_issuer and event.event_type == EventType.CREATED)
    ]
    lines += deeds(rows, zone, now)
    lines.sort(key=lambda line: line[0], reverse=True)
    return tuple(line for _, line in lines)
