"""Which events a change gives: pure, from what was said before and what is said now.

Nobody picks events by hand. The table is Seam's (access codes, lifecycle); the order inside one
change is Locksite's own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from accesscodes.choices import EventType, Status
from accesscodes.lifecycle import USE_EARLY
from accesscodes.values import Installed, LockTerms, Summary, Wish
from properties.stamps import stamp


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that is known of one code at one moment."""

    wish: Wish
    installed: Installed
    summary: Summary


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be written. `carries_pin`: the wire shows the code's PIN with it."""

    event_type: EventType
    payload: Mapping[str, Any] = field(default_factory=dict)
    carries_pin: bool = False


ASSIGNED = "The lock's maker chose the PIN."
"""What `code_changed` says where nobody changed the wish."""

KEPT = "The deletion that was asked for was undone. The code stays as it was."
"""The reason of the `changed` that takes the word of a deletion back."""


def events_between(before: Snapshot | None, after: Snapshot, terms: LockTerms) -> list[NewEvent]:
    """Return the events of one change, in the order in which they are written.

    `before` is ``None`` for a code that did not exist.
    """
    if before is None:
        creation = [
            NewEvent(EventType.CREATED),
            NewEvent(
                EventType.MUTATIONS_REQUESTED,
                {"requested_mutations": [{"mutation_code": "creating"}]},
            ),
        ]
        return [*creation, *_about_status(None, after), *_about_problems(None, after)]
    return [
        *_about_wish(before, after, terms),
        *_about_status(before, after),
        *_about_content(before, after, terms),
        *_about_problems(before, after),
    ]


def _about_wish(before: Snapshot, after: Snapshot, terms: LockTerms) -> Iterator[NewEvent]:
    old, new = before.wish, after.wish
    if new.withdrawn_at is not None and old.withdrawn_at is None:
        yield NewEvent(
            EventType.MUTATIONS_REQUESTED,
            {"requested_mutations": [{"mutation_code": "deleting"}]},
        )
    if old.withdrawn_at is not None and new.withdrawn_at is None:
        yield NewEvent(EventType.CHANGED, {"change_reason": KEPT, "changed_properties": []})
    if _is_assigned(before, after):
        chosen = _pin_assigned()
        yield NewEvent(EventType.CHANGED, {"changed_properties": chosen.properties})
        yield chosen.event()
    if new.revision == old.revision:
        return
    changes = list(_changes(old, new))
    if not changes:
        return
    yield NewEvent(
        EventType.CHANGED,
        {"changed_properties": [change for what in changes for change in what.properties]},
    )
    on_lock = after.installed.is_on_lock and after.installed.revision
    if on_lock and not after.installed.is_current(new, terms):
        yield NewEvent(
            EventType.MUTATIONS_REQUESTED,
            {"requested_mutations": [{"mutation_code": what.mutation} for what in changes]},
        )
        return
    for what in changes:  # nothing has to travel to the lock: done at once
        yield what.event()


@dataclass(frozen=True, slots=True)
class _Change:
    event_type: EventType
    mutation: str
    description: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def properties(self) -> list[dict[str, Any]]:
        """Return the wire's `changed_properties`; a PIN is named there without its digits."""
        if self.event_type is EventType.CODE_CHANGED:
            return [{"property": "code", "from": None, "to": None}]
        return [
            {"property": name, "from": self.before[name], "to": self.after[name]}
            for name in self.before
            if self.before[name] != self.after[name]
        ]

    def event(self) -> NewEvent:
        payload = {"description": self.description, "from": self.before, "to": self.after}
        return NewEvent(self.event_type, payload)


def _is_assigned(before: Snapshot, after: Snapshot) -> bool:
    """Return whether the PIN changed though nobody changed the wish: the maker chose it."""
    old, new = before.wish, after.wish
    return new.revision == old.revision and new.pin_index != old.pin_index


def _changes(old: Wish, new: Wish) -> Iterator[_Change]:
    if old.name != new.name:
        yield _renamed(old.name, new.name)
    if old.pin_index != new.pin_index:
        yield _pin_changed()
    if (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at):
        yield _moved((old.starts_at, old.ends_at), (new.starts_at, new.ends_at))


def _renamed(old: str | None, new: str | None) -> _Change:
    return _Change(
        EventType.NAME_CHANGED,
        "updating_name",
        "The name was changed.",
        {"name": old},
        {"name": new},
    )


def _pin_changed() -> _Change:
    return _Change(
        EventType.CODE_CHANGED,
        "updating_code",
        "The PIN was changed.",
        {"code": None},
        {"code": None},
    )


def _pin_assigned() -> _Change:
    return replace(_pin_changed(), description=ASSIGNED)


Window = tuple[datetime | None, datetime | None]


def _moved(old: Window, new: Window) -> _Change:
    def times(window: Window) -> dict[str, str | None]:
        return {
            "starts_at": stamp(window[0]) if window[0] else None,
            "ends_at": stamp(window[1]) if window[1] else None,
        }

    return _Change(
        EventType.TIME_FRAME_CHANGED,
        "updating_time_frame",
        "The dates were changed.",
        times(old),
        times(new),
    )


def _about_status(before: Snapshot | None, after: Snapshot) -> Iterator[NewEvent]:
    old = None if before is None else before.summary
    new = after.summary
    if new.is_scheduled_on_device and not (old and old.is_scheduled_on_device):
        yield NewEvent(EventType.SCHEDULED_ON_DEVICE, carries_pin=True)
    if new.status is (old and old.status):
        return
    if new.status is Status.SET and not after.wish.is_offline:
        yield NewEvent(EventType.SET_ON_DEVICE, carries_pin=True)
    if new.status is Status.GONE:
        if after.installed.was_ever_sent:
            yield NewEvent(EventType.REMOVED_FROM_DEVICE)
        yield NewEvent(EventType.DELETED, {"code": None})


def _about_content(before: Snapshot, after: Snapshot, terms: LockTerms) -> Iterator[NewEvent]:
    """Yield what a reading confirmed: another content than the one proven before."""
    old, new = before.installed.content, after.installed.content
    if old is None or new is None or old == new or not before.installed.revision:
        return
    if not after.installed.is_current(after.wish, terms):
        return
    if terms.capabilities.shows_names and old.name != new.name:
        yield _renamed(old.name, new.name).event()
    if old.pin_index != new.pin_index and not _is_assigned(before, after):
        yield _pin_changed().event()
    if (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at):
        yield _moved((old.starts_at, old.ends_at), (new.starts_at, new.ends_at)).event()


_EVENT_OF = {
    "delay_in_setting_on_device": EventType.DELAY_IN_SETTING,
    "delay_in_removing_from_device": EventType.DELAY_IN_REMOVING,
    "failed_to_remove_from_device": EventType.FAILED_TO_REMOVE,
}


_MADE_BY_OTHERS = frozenset(
    {
        "conflicting_external_modification",
        "external_modification_in_effect",
        "access_code_inactive",
    }
)


def _about_problems(before: Snapshot | None, after: Snapshot) -> Iterator[NewEvent]:
    old = before.summary if before is not None else Summary(after.summary.status)
    known = _codes_of(old)
    lists = {
        "access_code_errors": [_item(error, "error_code") for error in after.summary.errors],
        "access_code_warnings": [_item(warn, "warning_code") for warn in after.summary.warnings],
        "device_errors": [],
        "device_warnings": [],
        "connected_account_errors": [],
        "connected_account_warnings": [],
    }
    for code in sorted(_codes_of(after.summary) - known - {USE_EARLY}):
        if code in _MADE_BY_OTHERS:
            was_removed = not after.installed.is_on_lock
            yield NewEvent(
                EventType.DELETED_EXTERNALLY if was_removed else EventType.MODIFIED_EXTERNALLY
            )
            continue
        is_removing = after.summary.status is Status.REMOVING
        otherwise = EventType.FAILED_TO_REMOVE if is_removing else EventType.FAILED_TO_SET
        yield NewEvent(_EVENT_OF.get(code, otherwise), lists)


def _codes_of(summary: Summary) -> set[str]:
    return {str(item["error_code"]) for item in summary.errors} | {
        str(item["warning_code"]) for item in summary.warnings
    }


def _item(problem: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: problem[name] for name in (key, "message", "created_at")}
