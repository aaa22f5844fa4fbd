"""The life of one code, newest first: what happened to it, and what its lock was asked to do.

Told from three sources that are kept anyway: events, and the two ends of each command to the lock.
No entry holds a digit of a PIN.
"""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.db.models import QuerySet

from accesscodes.choices import CommandAction, EventType, Outcome
from accesscodes.models import AccessCode, LockCommand
from locksite.actors import Actor
from locksite.journal.models import AuditEntry, Event

STARTED: Final = "internal.access_code.programming_started"
FINISHED: Final = "internal.access_code.programming_finished"
DESCRIPTIONS: Final = {
    EventType.CREATED: "The code was issued.",
    EventType.CHANGED: "The code was changed.",
    EventType.NAME_CHANGED: "The lock has the new name.",
    EventType.CODE_CHANGED: "The lock has the new PIN.",
    EventType.TIME_FRAME_CHANGED: "The lock has the new dates.",
    EventType.MUTATIONS_REQUESTED: "A change was asked for.",
    EventType.DELETED: "The code is gone.",
    EventType.MODIFIED_EXTERNALLY: "Somebody changed the code outside of Locksite.",
    EventType.DELETED_EXTERNALLY: "Somebody removed the code outside of Locksite.",
    EventType.SCHEDULED_ON_DEVICE: "The lock has the code and will start it by itself.",
    EventType.SET_ON_DEVICE: "The code is on the lock and works.",
    EventType.REMOVED_FROM_DEVICE: "The code is off the lock.",
    EventType.DELAY_IN_SETTING: "It takes unusually long to put the code on the lock.",
    EventType.FAILED_TO_SET: "The code could not be put on the lock.",
    EventType.DELAY_IN_REMOVING: "It takes unusually long to take the code off the lock.",
    EventType.FAILED_TO_REMOVE: "The code could not be taken off the lock.",
    EventType.BACKUP_PULLED: "A backup code is used in its place.",
    EventType.UNMANAGED_CREATED: "The code was found on the lock.",
    EventType.UNMANAGED_REMOVED: "The code was no longer on the lock.",
    EventType.CONVERTED_TO_MANAGED: "Locksite took the code over.",
    EventType.FAILED_TO_CONVERT: "Locksite could not take the code over.",
}
TYPES: Final = (*(str(each) for each in DESCRIPTIONS), STARTED, FINISHED)
ASKED: Final = {
    CommandAction.PROGRAM: "The lock was asked to take the code.",
    CommandAction.UPDATE: "The lock was asked to change the code.",
    CommandAction.REMOVE: "The lock was asked to drop the code.",
}
ANSWERED: Final = {
    Outcome.ACCEPTED: "The lock said yes.",
    Outcome.REFUSED: "The lock said no.",
    Outcome.UNREACHABLE: "The lock gave no clear answer.",
    Outcome.LOST: "The engine ended before the lock's answer.",
    Outcome.CRASHED: "The command could not be sent.",
}
_OUTSIDE: Final = {EventType.MODIFIED_EXTERNALLY, EventType.DELETED_EXTERNALLY}
_WIRE: Final = {"staff": "console_user", "key": "api_key", "system": "system"}
_TICK: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the life of a code. `event_uid` is ``None`` for what was asked of its lock.

    `actor`: the wire's word for who did it; `actor_id`: the public part of a partner's key.
    """

    uid: UUID
    event_type: str
    at: datetime
    description: str
    event_uid: UUID | None = None
    actor: str = "system"
    actor_id: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first; there are older ones where `has_more`, before `ends_at`."""

    entries: Sequence[Entry]
    has_more: bool
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Source:
    rows: QuerySet[Any]
    field: str
    entry: Callable[[Any], Entry]

    def within(self, after: datetime | None, before: datetime | None) -> "_Source":
        """Return the source for a stretch of time, `before` excluded."""
        rows = self.rows
        if after is not None:
            rows = rows.filter(**{f"{self.field}__gte": after})
        if before is not None:
            rows = rows.filter(**{f"{self.field}__lt": before})
        return _Source(rows, self.field, self.entry)

    def newest(self, number: int | None = None) -> list[Entry]:
        rows = self.rows.order_by(f"-{self.field}", "-pk")
        return [self.entry(row) for row in (rows if number is None else rows[:number])]


def timeline(
    code: AccessCode,
    *,
    actor: Actor,
    after: datetime | None = None,
    before: datetime | None = None,
    event_types: Iterable[str] = TYPES,
    limit: int,
) -> Page:
    """Return what `actor` may know of the life of a code after and before these times, exclusive.

    Entries of the same millisecond stay together, so a page may hold a few more than `limit`:
    times are how a next page is asked for.
    """
    start = None if after is None else after + _TICK
    sources = [source.within(start, before) for source in _sources(code, actor, {*event_types})]
    found = _newest_first(source.newest(limit + 1) for source in sources)
    if len(found) <= limit:
        return Page(_with_actors(code, found), False, None)
    cut = _floor(found[limit - 1].at)
    kept = _newest_first(source.within(cut, None).newest() for source in sources)
    has_more = any(source.within(None, cut).rows.exists() for source in sources)
    return Page(_with_actors(code, kept), has_more, cut)


def _sources(code: AccessCode, actor: Actor, types: AbstractSet[str]) -> list[_Source]:
    told = types - {STARTED, FINISHED}
    events = Event.objects.for_actor(actor).filter(access_code_uid=code.uid, event_type__in=told)
    commands = LockCommand.objects.filter(installation__code=code)
    sources = [_Source(events, "occurred_at", _of_event)]
    if FINISHED in types:
        answered = commands.filter(answered_at__isnull=False)
        sources.append(_Source(answered, "answered_at", _of_answer))
    if STARTED in types:
        sources.append(_Source(commands, "asked_at", _of_question))
    return sources


def _newest_first(parts: Iterable[list[Entry]]) -> list[Entry]:
    found = [entry for part in parts for entry in part]
    return sorted(found, key=lambda entry: entry.at, reverse=True)


def _floor(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _of_event(event: Event) -> Entry:
    event_type = EventType(event.event_type)
    return Entry(
        uid=event.uid,
        event_type=event.event_type,
        at=event.occurred_at,
        description=event.payload.get("change_reason") or DESCRIPTIONS[event_type],
        event_uid=event.uid,
        actor="external" if event_type in _OUTSIDE else "system",
    )


def _of_question(command: LockCommand) -> Entry:
    words = ASKED[CommandAction(command.action)]
    return Entry(uuid5(command.uid, STARTED), STARTED, command.asked_at, words)


def _of_answer(command: LockCommand) -> Entry:
    if command.answered_at is None:
        raise ValueError("a command that is under way has no answer")
    words = ANSWERED[Outcome(command.outcome)]
    return Entry(uuid5(command.uid, FINISHED), FINISHED, command.answered_at, words)


def _with_actors(code: AccessCode, entries: Sequence[Entry]) -> list[Entry]:
    """Say who did it, where somebody did: a wish, its events and its audit entry share a time."""
    times = {entry.at for entry in entries if entry.event_uid is not None}
    notes = AuditEntry.objects.filter(object_uid=code.uid, at__in=times).order_by("pk")
    by = {note.at: note for note in notes if note.action != "access_code.reveal_pin"}
    return [_by(entry, by.get(entry.at)) for entry in entries]


def _by(entry: Entry, note: AuditEntry | None) -> Entry:
    if note is None or entry.event_uid is None or entry.actor == "external":
        return entry
    is_key = note.actor_kind == "key"
    return Entry(
        entry.uid,
        entry.event_type,
        entry.at,
        entry.description,
        entry.event_uid,
        actor=_WIRE[note.actor_kind],
        actor_id=note.actor_label if is_key else "",
    )
