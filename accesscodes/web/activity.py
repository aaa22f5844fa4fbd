"""What happened at a property and who did what, in one list. Reads only.

Events and the audit trail are two journals; people read one. `happenings` has the words.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accesscodes.choices import EventType
from accesscodes.models import AccessCode, UnmanagedCode
from accesscodes.web import happenings, wall_time
from accesscodes.web.access import Desk
from accesscodes.web.changed import what_changed
from accesscodes.web.happenings import Happening
from accesscodes.web.presenters import Stamp
from accesscodes.web.states import Tone
from locksite.journal.models import AuditEntry, Event
from properties.models import Device

KINDS = {
    "codes": ("Codes", "key-round"),
    "locks": ("Locks", "door-closed"),
    "doors": ("Doors opened", "lock-open"),
    "staff": ("Staff", "user"),
}
"""The filters: what happened to codes, to locks, at doors, and what people did."""

_EVENTS_OF = {
    "codes": Q(event_type__startswith="access_code."),
    "locks": Q(event_type__startswith="device."),
    "doors": Q(event_type__startswith="lock."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what, about which code at which door. `key` is the same for ever."""

    key: str
    at: datetime
    what: Happening
    name: str
    code: UUID | None
    door: str
    lock: UUID | None


@dataclass(frozen=True, slots=True)
class _Things:
    """Names by public id: codes of ours with their door, codes of others, doors."""

    codes: dict[UUID, tuple[str, UUID]]
    others: dict[UUID, tuple[str, UUID]]
    doors: dict[UUID, str]


def lines(
    desk: Desk,
    kind: str,
    lock: UUID | None,
    limit: int,
    *,
    since: datetime | None = None,
    in_full: bool = False,
) -> list[Line]:
    """Return what happened, newest first, at most `limit` lines. Five queries at most.

    `kind` is a key of `KINDS`, or "" for everything. Seen are this property's journal alone, as it
    was when each line was written, whoever a lock belongs to now. `in_full`: for what is read on
    another day.
    """
    events: list[Event] = []
    deeds: list[AuditEntry] = []
    if kind != "staff":
        events = list(_events(desk, kind, lock, since)[:limit])
    if kind in {"", "staff"}:
        deeds = list(_deeds(desk, lock, since)[:limit])
    things = _things(
        [
            *(event.access_code_uid for event in events),
            *(event.device_uid for event in events),
            *(entry.object_uid for entry in deeds),
        ]
    )
    issued = {entry.object_uid for entry in deeds if entry.action == "access_code.issue"}
    found = [
        *_event_lines(desk, events, things, issued),
        *_deed_lines(desk, deeds, things, in_full),
    ]
    found.sort(key=lambda line: line.at, reverse=True)
    return found[:limit]


def _events(desk: Desk, kind: str, lock: UUID | None, since: datetime | None) -> QuerySet[Event]:
    rows = (
        Event.objects.for_actor(desk.actor)
        .filter(property_id=desk.house.pk)
        .exclude(event_type__in=happenings.SILENT)
    )
    if kind:
        rows = rows.filter(_EVENTS_OF[kind])
    if lock is not None:
        rows = rows.filter(device_uid=lock)
    if since is not None:
        rows = rows.filter(occurred_at__gte=since)
    return rows.newest_first()


def _deeds(desk: Desk, lock: UUID | None, since: datetime | None) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.for_actor(desk.actor).filter(property_id=desk.house.pk)
    if lock is not None:
        on_it = AccessCode.objects.filter(device__uid=lock).values("uid")
        rows = rows.filter(Q(object_uid=lock) | Q(object_uid__in=on_it))
    if since is not None:
        rows = rows.filter(at__gte=since)
    return rows.order_by("-id")


def _things(uids: Iterable[UUID | None]) -> _Things:
    wanted = {uid for uid in uids if uid is not None}
    if not wanted:
        return _Things({}, {}, {})
    codes, others = (
        {
            uid: (name, lock)
            for uid, name, lock in model.objects.filter(uid__in=wanted).values_list(
                "uid", "name", "device__uid"
            )
        }
        for model in (AccessCode, UnmanagedCode)
    )
    locks = wanted | {lock for _, lock in (*codes.values(), *others.values())}
    doors = {
        uid: nickname or reported
        for uid, nickname, reported in Device.objects.filter(uid__in=locks).values_list(
            "uid", "nickname", "reported_name"
        )
    }
    return _Things(codes, others, doors)


def _event_lines(
    desk: Desk, events: Sequence[Event], things: _Things, issued: set[UUID]
) -> Iterator[Line]:
    for event in events:
        code = event.access_code_uid
        if event.event_type == EventType.CREATED and code in issued:
            continue  # the audit trail says the same, with a name
        ours = None if code is None else things.codes.get(code)
        known = ours or (None if code is None else things.others.get(code))
        lock = event.device_uid
        yield Line(
            f"e{event.pk}",
            event.occurred_at,
            happenings.happening(event, {}, desk.zone, desk.now),
            "" if known is None else known[0],
            None if ours is None else code,
            "" if lock is None else things.doors.get(lock, ""),
            lock if lock in things.doors else None,
        )


def _deed_lines(
    desk: Desk, deeds: Sequence[AuditEntry], things: _Things, in_full: bool
) -> Iterator[Line]:
    for entry in deeds:
        who = happenings.who_did(entry)
        at = Stamp.of(entry.at, wall_time.short_moment(entry.at, desk.zone, desk.now))
        text = happenings.deed_text(entry, who)
        words = happenings.ACTIONS.get(entry.action)
        what = Happening(
            "user" if words is None else words.icon,
            Tone.IDLE,
            text or f"{entry.action} by {who}",
            what_changed(entry.detail, desk.zone, desk.now, in_full=in_full),
            at,
            is_raw=not text,
        )
        uid = entry.object_uid
        ours = things.codes.get(uid)
        known = ours or things.others.get(uid)
        lock = uid if known is None else known[1]
        yield Line(
            f"a{entry.pk}",
            entry.at,
            what,
            "" if known is None else known[0],
            None if ours is None else uid,
            things.doors.get(lock, ""),
            lock if lock in things.doors else None,
        )
