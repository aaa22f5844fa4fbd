"""What pages need from the database, each in a fixed number of queries. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.http import Http404

from accesscodes import due
from accesscodes.choices import CommandAction, Kind, Outcome, Placement, Status
from accesscodes.lateness import LAST, LATE, Setting
from accesscodes.models import (
    AccessCode,
    LockCommand,
    Problem,
    UnmanagedCode,
    terms_of,
)
from accesscodes.slot_forecast import Stay
from accesscodes.web.access import Desk
from accesscodes.web.door_choice import Door, Guest, door_of
from accesscodes.web.lock_presenters import (
    NEXT_NIGHT,
    LockRow,
    Usage,
    lock_order,
    lock_row,
    natural_key,
)
from accesscodes.web.presenters import CodeCard, code_card
from accesscodes.web.proof import Told
from accesscodes.web.record import Rows
from locksite.journal.models import AuditEntry, Event
from locksite.partners.models import WebhookDelivery
from properties.capabilities import CodesDue, LockVerdict, lock_verdict, with_codes_due
from properties.models import Device
from properties.past import past_of

RECORDED = 1000
"""How many rows of each kind the record of one code shows at most, the newest."""

GONE_SHOWN_FOR = timedelta(days=30)
"""How long removed codes stay in the list of codes."""


def stale_after() -> timedelta:
    """Return how old a reading may be before a lock counts as not checked."""
    return timedelta(minutes=settings.LOCKSITE_STALE_MINUTES)


# ---- Locks --------------------------------------------------------------------------------------


def devices_at(desk: Desk) -> QuerySet[Device]:
    """Return the locks of this property that Locksite manages."""
    return (
        Device.objects.for_actor(desk.actor)
        .managed()
        .filter(property=desk.house)
        .select_related("property", "account")
    )


def device_or_404(desk: Desk, uid: UUID) -> Device:
    """Return one lock; one out of reach is answered like one that does not exist."""
    device = devices_at(desk).filter(uid=uid).first()
    if device is None:
        raise Http404("no such lock")
    return device


def usage_of(device_ids: Iterable[int], now: datetime) -> dict[int, Usage]:
    """Return what the codes of these locks say, and how many slots are taken. Two queries.

    Slots are counted as the services count them: our entries, and foreign ones seen last.
    """
    ids = list(device_ids)
    others = UnmanagedCode.objects.live().filter(device=OuterRef("pk")).order_by()
    slots = {
        pk: (ours + (foreign or 0), yielding)
        for pk, ours, foreign, yielding in Device.objects.filter(pk__in=ids)
        .annotate(
            ours=Count("installations", filter=~Q(installations__placement=Placement.ABSENT)),
            foreign=Subquery(others.values("device").annotate(n=Count("pk")).values("n")),
            yielding=Count(
                "installations",
                filter=Q(
                    installations__placement=Placement.PRESENT,
                    installations__code__starts_at__gt=now,
                ),
            ),
        )
        .order_by()
        .values_list("pk", "ours", "foreign", "yielding")
    }
    wanted = Q(withdrawn_at=None) | Q(withdrawn_at__gt=now)
    stays = wanted & Q(kind=Kind.TIME_BOUND, is_backup=False)
    rows = (
        AccessCode.objects.live()
        .filter(device_id__in=ids)
        .values("device_id")
        .annotate(
            sending=Count("pk", filter=Q(status=Status.SETTING)),
            next_start=Min("starts_at", filter=stays & Q(starts_at__gt=now)),
            running_end=Max("ends_at", filter=stays & Q(starts_at__lte=now, ends_at__gt=now)),
        )
        .order_by()
    )
    known = {
        row["device_id"]: (row["sending"], row["next_start"], row["running_end"]) for row in rows
    }
    return {
        pk: Usage(used, yielding, *known.get(pk, ())) for pk, (used, yielding) in slots.items()
    }


@dataclass(frozen=True, slots=True)
class KnownLock:
    """A lock with what is known of it now."""

    device: Device
    verdict: LockVerdict
    usage: Usage


def known_locks(devices: Sequence[Device], now: datetime) -> dict[int, KnownLock]:
    """Return what is known of these locks, by primary key.

    Three queries for any number of them, and two more where one of them is out of reach.
    """
    if not devices:
        return {}
    usage = usage_of([device.pk for device in devices], now)
    past = past_of([device.uid for device in devices])
    known: dict[int, KnownLock] = {}
    for device in devices:
        used = usage.get(device.pk, Usage())
        facts = device.facts(
            codes_used=used.used,
            codes_yielding=used.yielding,
            recent=past.get(device.uid, ()),
        )
        verdict = lock_verdict(facts, now, stale_after=stale_after())
        known[device.pk] = KnownLock(device, verdict, used)
    silent = [lock.device for lock in known.values() if lock.verdict.silence is not None]
    for pk, codes_due in _codes_due(silent, now).items():
        known[pk] = replace(known[pk], verdict=with_codes_due(known[pk].verdict, codes_due))
    return known


def _codes_due(devices: Sequence[Device], now: datetime) -> dict[int, CodesDue]:
    """Return how many codes these locks have to be told of soon. Two queries, none without locks.

    A spare that nobody has does not have to get onto its lock soon.
    """
    if not devices:
        return {}
    terms = {device.pk: terms_of(device) for device in devices}
    soon = now + due.DUE_WITHIN
    rows = (
        AccessCode.objects.live()
        .filter(device_id__in=terms, is_offline=False)
        .filter(Q(starts_at=None) | Q(starts_at__lt=soon) | Q(withdrawn_at__lt=soon))
        .prefetch_related("installations")
    )
    on, off = Counter[int](), Counter[int]()
    for code in rows:
        wish, installed, pk = code.wish(), code.installed(), code.device_id
        on[pk] += not code.is_backup and due.is_to_go_on(wish, installed, terms[pk], now)
        off[pk] += due.is_to_come_off(wish, installed, now)
    return {pk: CodesDue(on[pk], off[pk]) for pk in terms}


def lock_rows(desk: Desk) -> list[LockRow]:
    """Return every door of the property, what needs somebody first. Four queries."""
    locks = known_locks(list(devices_at(desk)), desk.now)
    rows = [
        lock_row(lock.device, lock.verdict, lock.usage, desk.zone, desk.now)
        for lock in locks.values()
    ]
    return sorted(rows, key=lock_order)


def doors_to_choose(desk: Desk) -> list[Door]:
    """Return every door of the property with who is in the room and who arrives, by name.

    One query more than `lock_rows`.
    """
    guests: dict[UUID, list[Guest]] = defaultdict(list)
    stays = (
        AccessCode.objects.live()
        .for_actor(desk.actor)
        .filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=desk.now))
        .filter(
            device__property=desk.house,
            kind=Kind.TIME_BOUND,
            is_backup=False,
            starts_at__lte=desk.now + NEXT_NIGHT,
            ends_at__gt=desk.now,
        )
        .order_by("starts_at", "name")
        .values_list("device__uid", "name", "starts_at", "ends_at")
    )
    for uid, name, starts_at, ends_at in stays:
        if starts_at is not None and ends_at is not None:
            guests[uid].append(Guest(name, starts_at, ends_at))
    rows = sorted(lock_rows(desk), key=lambda row: natural_key(row.name))
    return [door_of(row, guests[row.uid], desk.zone, desk.now) for row in rows]


# ---- Codes --------------------------------------------------------------------------------------


def codes_at(desk: Desk) -> QuerySet[AccessCode]:
    """Return the codes of this property with their entries; `cards_of` puts their locks in."""
    return (
        AccessCode.objects.for_actor(desk.actor)
        .filter(device__property=desk.house, device__is_managed=True)
        .prefetch_related("installations")
    )


def code_or_404(desk: Desk, uid: UUID) -> AccessCode:
    """Return one code; one out of reach is answered like one that does not exist."""
    code = codes_at(desk).select_related("device__property", "device__account").filter(uid=uid)
    found = code.first()
    if found is None:
        raise Http404("no such code")
    return found


def codes_by_id(desk: Desk, uids: Iterable[UUID]) -> list[AccessCode]:
    """Return the codes with these ids that are within reach."""
    rows = codes_at(desk).select_related("device__property", "device__account")
    return list(rows.filter(uid__in=list(uids)))


def cards_of(
    codes: Iterable[AccessCode], devices: Iterable[Device], now: datetime
) -> list[tuple[AccessCode, CodeCard]]:
    """Return codes with their cards. Three queries more.

    Each lock is read once and shared by its codes: a lock's row is large, and has many codes.
    """
    locks = known_locks(list(devices), now)
    pairs = []
    for code in codes:
        lock = locks[code.device_id]
        code.device = lock.device
        pairs.append((code, code_card(code, lock.verdict, now)))
    return pairs


def live_codes(desk: Desk) -> QuerySet[AccessCode]:
    """Return the codes that are not proven gone."""
    return codes_at(desk).filter(gone_at=None)


def gone_codes(desk: Desk) -> QuerySet[AccessCode]:
    """Return the codes that left their locks not long ago, newest first."""
    return codes_at(desk).filter(gone_at__gt=desk.now - GONE_SHOWN_FOR).order_by("-gone_at", "-pk")


def names_and_doors(codes: QuerySet[AccessCode]) -> list[tuple[str, str]]:
    """Return the name of each code and of its door, and nothing else. One query."""
    rows = codes.prefetch_related(None).values_list(
        "name", "device__nickname", "device__reported_name"
    )
    return [(name, nickname or reported_name) for name, nickname, reported_name in rows]


# ---- What happened ------------------------------------------------------------------------------


def lock_events(desk: Desk, device: Device, limit: int) -> list[Event]:
    """Return the newest events of one lock."""
    return list(
        Event.objects.for_actor(desk.actor)
        .filter(device_uid=device.uid)
        .exclude(event_type="access_code.mutations_requested")
        .newest_first()[:limit]
    )


def names_of(events: Iterable[Event]) -> Mapping[str, str]:
    """Return the names of the codes that these events are about, by public id."""
    uids = {event.access_code_uid for event in events if event.access_code_uid is not None}
    if not uids:
        return {}
    ours = AccessCode.objects.filter(uid__in=uids).values_list("uid", "name")
    others = UnmanagedCode.objects.filter(uid__in=uids).values_list("uid", "name")
    return {str(uid): name for uid, name in others.union(ours)}


def code_events(desk: Desk, code: AccessCode, limit: int) -> list[Event]:
    """Return the newest events of one code."""
    return list(
        Event.objects.for_actor(desk.actor).filter(access_code_uid=code.uid).newest_first()[:limit]
    )


def code_deeds(desk: Desk, code: AccessCode, limit: int) -> list[AuditEntry]:
    """Return what people did with one code, newest first."""
    return list(
        AuditEntry.objects.for_actor(desk.actor)
        .filter(object_uid=code.uid)
        .order_by("-id")[:limit]
    )


def told_of(code: AccessCode) -> Told:
    """Return when the lock was told about this code, and said yes. One query."""
    is_write = Q(action__in=[CommandAction.PROGRAM, CommandAction.UPDATE])
    is_yes = Q(outcome=Outcome.ACCEPTED)
    times = LockCommand.objects.filter(installation__code=code).aggregate(
        first_try_at=Min("asked_at", filter=Q(action=CommandAction.PROGRAM)),
        written_at=Max("answered_at", filter=is_write & is_yes),
        removed_at=Max("answered_at", filter=Q(action=CommandAction.REMOVE) & is_yes),
    )
    return Told(**times)


def record_rows(desk: Desk, code: AccessCode) -> Rows:
    """Return everything that is kept of one code, the newest of each kind. Five queries.

    What partners were told is for managers.
    """
    events = code_events(desk, code, RECORDED)
    commands = LockCommand.objects.filter(installation__code=code).order_by("-id")
    transitions = code.transitions.select_related("reading").order_by("-id")
    deliveries = (
        WebhookDelivery.objects.for_actor(desk.actor)
        .filter(event_uid__in=[event.uid for event in events])
        .select_related("endpoint")
        .order_by("-id")
    )
    return Rows(
        deeds=code_deeds(desk, code, RECORDED),
        events=events,
        commands=list(commands[:RECORDED]),
        transitions=list(transitions[:RECORDED]),
        deliveries=list(deliveries[:RECORDED]) if desk.may_manage else [],
    )


def clash_of(code: AccessCode) -> UnmanagedCode | None:
    """Return the code on the same lock that is not ours and has the same PIN, if there is one."""
    if code.pin_index is None:
        return None
    rows = UnmanagedCode.objects.live().filter(device=code.device_id, pin_index=code.pin_index)
    return rows.order_by("id").first()


def linked_codes(desk: Desk, code: AccessCode) -> list[AccessCode]:
    """Return the codes within reach that share the PIN of this one, by door."""
    if not code.common_code_key:
        return []
    rows = codes_at(desk).filter(common_code_key=code.common_code_key, gone_at=None)
    others = rows.exclude(pk=code.pk).select_related("device__property", "device__account")
    return list(others.order_by("device_id"))


def answer_times(device: Device, number: int = 20) -> list[timedelta]:
    """Return how long the lock took for the last codes that it said yes to, newest first."""
    rows = (
        LockCommand.objects.filter(
            device=device,
            outcome=Outcome.ACCEPTED,
            action__in=[CommandAction.PROGRAM, CommandAction.UPDATE],
        )
        .order_by("-id")
        .values_list("asked_at", "answered_at")[:number]
    )
    return [answered_at - asked_at for asked_at, answered_at in rows if answered_at is not None]


def settings_of(devices: Iterable[Device], now: datetime) -> dict[int, list[Setting]]:
    """Return how the last codes of each lock got on it, by its key, newest first. Two queries.

    From the first try until a reading showed the code; one that was tried a moment ago says
    nothing yet.
    """
    found: dict[int, list[Setting]] = {device.pk: [] for device in devices}
    tried = list(
        LockCommand.objects.filter(
            device__in=found, action=CommandAction.PROGRAM, installation__isnull=False
        )
        .values("device_id", "installation__code__uid")
        .annotate(first=Min("asked_at"))
        .annotate(
            place=Window(RowNumber(), partition_by=F("device_id"), order_by=Min("asked_at").desc())
        )
        .filter(place__lte=2 * LAST)
        .order_by("-first")
        .values_list("device_id", "installation__code__uid", "first")
    )
    shown = dict(
        Event.objects.filter(
            access_code_uid__in=[uid for _, uid, _ in tried],
            event_type__in=["access_code.set_on_device", "access_code.scheduled_on_device"],
        )
        .values("access_code_uid")
        .annotate(first=Min("occurred_at"))
        .order_by()
        .values_list("access_code_uid", "first")
    )
    for pk, uid, asked in tried:
        if uid in shown or now - asked > LATE:
            found[pk].append(Setting(shown[uid] - asked if uid in shown else None))
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """A door for which a code is asked, with what it holds and will hold.

    `neighbours` are its codes that are no spares, by start. `planned` is when its slots are held,
    `settings` how its last codes got on it.
    """

    lock: KnownLock
    neighbours: Sequence[AccessCode]
    planned: Sequence[Stay] = ()
    settings: Sequence[Setting] = ()

    @property
    def name(self) -> str:
        """Return the name of the door."""
        return self.lock.device.display_name


def codes_by_door(devices: Iterable[Device]) -> dict[int, list[AccessCode]]:
    """Return the codes on these locks, by the lock's key, by start. Two queries."""
    found: dict[int, list[AccessCode]] = {device.pk: [] for device in devices}
    rows = AccessCode.objects.live().filter(device__in=found).prefetch_related("installations")
    for code in rows.order_by(F("starts_at").asc(nulls_first=True), "name"):
        found[code.device_id].append(code)
    return found


def places_of(locks: Sequence[KnownLock], now: datetime) -> list[Place]:
    """Return these doors with what they hold, in their order. Five queries for any number."""
    devices = [lock.device for lock in locks]
    codes, settings = codes_by_door(devices), settings_of(devices, now)
    others = dict.fromkeys(codes, 0)
    foreign = UnmanagedCode.objects.live().filter(device__in=others).values_list("device_id")
    others |= dict(foreign.annotate(number=Count("pk")).order_by())
    return [
        Place(
            lock,
            [code for code in codes[pk] if not code.is_backup],
            planned_stays(lock.device, codes[pk], others[pk], now),
            settings[pk],
        )
        for lock in locks
        for pk in (lock.device.pk,)
    ]


def planned_stays(
    device: Device, codes: Iterable[AccessCode], others: int, now: datetime
) -> list[Stay]:
    """Return when these codes of a lock, and `others` that are not ours, hold its slots from now.

    A code holds its slot from the moment at which it may be put on the lock. What others made
    stays until somebody removes it.
    """
    terms = terms_of(device)
    stays = [Stay(now)] * others
    for code in codes:
        wish = code.wish()
        is_there = code.installed().is_on_lock
        if not code.is_offline and (is_there or wish.unwanted_since(now) is None):
            since = now if is_there else max(wish.load_from(terms), now)
            ends = [at for at in (wish.ends_at, wish.withdrawn_at) if at is not None]
            stays.append(Stay(since, max(min(ends), now) if ends else None))
    return stays


def foreign_codes(device: Device) -> list[UnmanagedCode]:
    """Return the codes on a lock that are not ours, by slot."""
    rows = list(UnmanagedCode.objects.live().filter(device=device).order_by("slot"))
    for row in rows:
        row.device = device
    return rows


def strangers_at(desk: Desk) -> list[UnmanagedCode]:
    """Return the codes on the locks of this property that are not ours, by name. One query."""
    rows = UnmanagedCode.objects.for_actor(desk.actor).live().select_related("device")
    here = rows.filter(device__property=desk.house, device__is_managed=True)
    return list(here.order_by("name", "device_id", "slot"))


def lock_problems(desk: Desk, device: Device) -> list[Problem]:
    """Return what is open on the lock itself, or on its whole account."""
    return list(Problem.objects.for_actor(desk.actor).open().of_lock(device).order_by("since"))


def code_problems(desk: Desk, code: AccessCode) -> list[Problem]:
    """Return what is open on one code, or stands for all codes of its account."""
    return list(Problem.objects.for_actor(desk.actor).open().of_code(code).order_by("since"))
