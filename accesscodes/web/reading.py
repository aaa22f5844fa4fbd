"""What pages need from the database, each in a fixed number of queries. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
    Window,
)
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Coalesce, RowNumber
from django.http import Http404

from accesscodes import due
from accesscodes.choices import CommandAction, Kind, Outcome, Placement, Status
from accesscodes.lateness import LAST, LATE, Setting
from accesscodes.models import (
    AccessCode,
    AccessCodeQuerySet,
    Installation,
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
from properties.past import past_from, past_in_row

RECORDED = 1000
"""How many rows of each kind the record of one code shows at most, the newest."""

GONE_SHOWN_FOR = timedelta(days=30)
"""How long removed codes stay in the list of codes."""


def stale_after() -> timedelta:
    """Return how old a reading may be before the verdict of its lock is stale."""
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


def devices_with_figures(desk: Desk) -> QuerySet[Device]:
    """Return the same locks with all that `known_locks` needs to know of them."""
    return devices_at(desk).annotate(**_figures(desk.now))


def device_or_404(desk: Desk, uid: UUID) -> Device:
    """Return one lock; one out of reach is answered like one that does not exist. One query."""
    device = devices_with_figures(desk).filter(uid=uid).first()
    if device is None:
        raise Http404("no such lock")
    return device


def _figures(now: datetime, *, lock: str = "pk", uid: str = "uid") -> dict[str, BaseExpression]:
    """Return what `_known` makes a lock's usage and past of, as annotations of a query.

    `lock` and `uid` lead from its rows to the lock's key and public id. Slots are counted as the
    services count them: our entries, and foreign ones seen last.
    """
    ours = Installation.objects.filter(device=OuterRef(lock))
    others = UnmanagedCode.objects.live().filter(device=OuterRef(lock))
    codes = AccessCode.objects.live().filter(device=OuterRef(lock))
    wanted = Q(withdrawn_at=None) | Q(withdrawn_at__gt=now)
    stays = codes.filter(wanted, kind=Kind.TIME_BOUND, is_backup=False)
    ahead = stays.filter(starts_at__gt=now).order_by("starts_at")
    running = stays.filter(starts_at__lte=now, ends_at__gt=now).order_by("-ends_at")
    return {
        "slots_ours": _number(ours.exclude(placement=Placement.ABSENT)),
        "slots_of_others": _number(others),
        "slots_yielding": _number(ours.yielding(now)),
        "codes_sending": _number(codes.filter(status=Status.SETTING)),
        "next_start": Subquery(ahead.values("starts_at")[:1]),
        "running_end": Subquery(running.values("ends_at")[:1]),
        "past_rows": past_in_row(uid),
    }


def _number(rows: "QuerySet[Any]") -> Coalesce:
    """Return how many of these rows, which belong to one lock, there are, as a subquery."""
    counted = rows.order_by().values("device").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


@dataclass(frozen=True, slots=True)
class KnownLock:
    """A lock with what is known of it now."""

    device: Device
    verdict: LockVerdict
    usage: Usage


def _known(device: Device, found: Mapping[str, Any], now: datetime) -> KnownLock:
    usage = Usage(
        found["slots_ours"] + found["slots_of_others"],
        found["slots_yielding"],
        found["codes_sending"],
        found["next_start"],
        found["running_end"],
    )
    facts = device.facts(
        codes_used=usage.used,
        codes_yielding=usage.yielding,
        recent=past_from(found["past_rows"]),
    )
    return KnownLock(device, lock_verdict(facts, now, stale_after=stale_after()), usage)


def known_locks(
    devices: Iterable[Device], now: datetime, *, codes: Iterable[AccessCode] | None = None
) -> dict[int, KnownLock]:
    """Return what is known of these locks, by primary key.

    One query for any number, none where `devices_with_figures` or `codes_with_locks` read them;
    and one more where one of them is out of reach, unless all their live `codes` are at hand.
    """
    by_pk = {device.pk: device for device in devices}
    found = {pk: vars(device) for pk, device in by_pk.items() if "past_rows" in vars(device)}
    missing = by_pk.keys() - found.keys()
    if missing:
        figures = _figures(now)
        rows = Device.objects.filter(pk__in=missing).annotate(**figures).order_by()
        found |= {row["pk"]: row for row in rows.values("pk", *figures)}
    known = {pk: _known(device, found[pk], now) for pk, device in by_pk.items()}
    silent = [lock.device for lock in known.values() if lock.verdict.silence is not None]
    for pk, codes_due in _codes_due(silent, now, codes).items():
        known[pk] = replace(known[pk], verdict=with_codes_due(known[pk].verdict, codes_due))
    return known


def _codes_due(
    devices: Sequence[Device], now: datetime, codes: Iterable[AccessCode] | None
) -> dict[int, CodesDue]:
    """Return how many codes these locks have to be told of soon.

    One query, none without locks, or with their `codes`. A spare that nobody has does not have to
    get onto its lock soon.
    """
    if not devices:
        return {}
    terms = {device.pk: terms_of(device) for device in devices}
    if codes is None:
        soon = now + due.DUE_WITHIN
        codes = with_entries(
            AccessCode.objects.live()
            .filter(device_id__in=terms, is_offline=False)
            .filter(Q(starts_at=None) | Q(starts_at__lt=soon) | Q(withdrawn_at__lt=soon))
        )
    on, off = Counter[int](), Counter[int]()
    for code in codes:
        pk = code.device_id
        if pk not in terms or code.is_offline or code.gone_at is not None:
            continue
        wish, installed = code.wish(), code.installed()
        on[pk] += not code.is_backup and due.is_to_go_on(wish, installed, terms[pk], now)
        off[pk] += due.is_to_come_off(wish, installed, now)
    return {pk: CodesDue(on[pk], off[pk]) for pk in terms}


def lock_rows(desk: Desk) -> list[LockRow]:
    """Return every door of the property, what needs somebody first. One query or two."""
    return rows_of(desk, known_locks(devices_with_figures(desk), desk.now))


def rows_of(desk: Desk, locks: Mapping[int, KnownLock]) -> list[LockRow]:
    """Return these doors as rows, what needs somebody first."""
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


def codes_at(desk: Desk) -> AccessCodeQuerySet:
    """Return the codes of this property; `with_entries` puts in what is on their locks."""
    return AccessCode.objects.for_actor(desk.actor).filter(
        device__property=desk.house, device__is_managed=True
    )


def with_entries(codes: QuerySet[AccessCode]) -> list[AccessCode]:
    """Return these codes, each with the entry that counts on its lock. One query."""
    is_over = Case(When(placement=Placement.ABSENT, then=1), default=0)
    entries = Installation.objects.filter(code=OuterRef("pk")).order_by(is_over, "-pk")
    this_one = Q(installations__pk=Subquery(entries.values("pk")[:1]))
    name: str = "entry"
    entry = {name: FilteredRelation("installations", condition=this_one)}
    found: list[AccessCode] = list(codes.annotate(**entry).select_related(name))
    for code in found:
        code.has_installation(vars(code).pop(name, None))
    return found


def code_or_404(desk: Desk, uid: UUID) -> AccessCode:
    """Return one code; one out of reach is answered like one that does not exist. One query."""
    for code in codes_by_id(desk, [uid]):
        return code
    raise Http404("no such code")


def codes_by_id(desk: Desk, uids: Iterable[UUID]) -> list[AccessCode]:
    """Return the codes with these ids that are within reach. One query."""
    rows = codes_at(desk).with_openings().filter(uid__in=list(uids))
    return codes_with_locks(rows, desk.now)


def cards_of(
    codes: Iterable[AccessCode], locks: Mapping[int, KnownLock], now: datetime
) -> list[tuple[AccessCode, CodeCard]]:
    """Return codes with their cards. No query where `with_entries` read them.

    Each lock is read once and shared by its codes: a lock's row is large, and has many codes.
    """
    pairs = []
    for code in codes:
        lock = locks[code.device_id]
        code.device = lock.device
        pairs.append((code, code_card(code, lock.verdict, now)))
    return pairs


def codes_with_locks(codes: QuerySet[AccessCode], now: datetime) -> list[AccessCode]:
    """Return these codes with their entries and all that `known_locks` needs. One query.

    For few codes: each brings the whole row of its lock along.
    """
    figures = _figures(now, lock="device", uid="device__uid")
    rows = codes.select_related("device__property", "device__account").annotate(**figures)
    found = with_entries(rows)
    devices: dict[int, Device] = {}
    for code in found:
        known = {name: vars(code).pop(name) for name in figures}
        vars(code.device).update(known)
        code.device = devices.setdefault(code.device_id, code.device)
    return found


def live_codes(desk: Desk) -> AccessCodeQuerySet:
    """Return the codes that are not proven gone."""
    return codes_at(desk).filter(gone_at=None)


def live_and_gone(desk: Desk, lock: UUID | None, most_gone: int) -> list[AccessCode]:
    """Return the live codes, and those that left their locks not long ago. One query.

    Of the gone ones the newest `most_gone`, on this `lock` if there is one.
    """
    gone = codes_at(desk).filter(gone_at__gt=desk.now - GONE_SHOWN_FOR)
    if lock is not None:
        gone = gone.filter(device__uid=lock)
    newest = gone.order_by("-gone_at", "-pk").values("pk")[:most_gone]
    return with_entries(codes_at(desk).filter(Q(gone_at=None) | Q(pk__in=newest)))


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
    """Return the codes within reach that share the PIN of this one, by door. At most one query."""
    if not code.common_code_key:
        return []
    rows = codes_at(desk).filter(common_code_key=code.common_code_key, gone_at=None)
    return codes_with_locks(rows.exclude(pk=code.pk).order_by("device_id"), desk.now)


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
