"""Codes, and the facts about them.

`AccessCode` has two groups of columns with one writer each: the *wish* (what people want), written
by `services` alone, and the *summary* (what we say of it), written by `ledger` alone.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When

from accesscodes.choices import (
    AttemptStatus,
    CommandAction,
    EventType,
    ForeignWish,
    Kind,
    Outcome,
    Placement,
    Severity,
    Status,
)
from accesscodes.foreign import Stranger
from accesscodes.lifecycle import Mutation, pending_mutations
from accesscodes.planning import Sent
from accesscodes.values import Content, Installed, LockTerms, Summary, Wish
from locksite.actors import Actor
from locksite.journal.models import Event
from locksite.pins import PinField
from properties.choices import AccountState
from properties.models import Device, Property, ProviderAccount
from properties.providers.base import CloudWord

# By how much the clocks of two machines may differ without anybody minding.
CLOCKS_DIFFER_BY = timedelta(seconds=60)

# For a lock that belongs to no property yet; a property has its own lead.
DEFAULT_LEAD = timedelta(minutes=60)


UNLOCKED = "lock.unlocked"
"""The event of a door that was opened; it names the code where the lock told which."""


NOT_THERE = (Status.UNSET, Status.SETTING, Status.UNKNOWN)
"""What we say of a code that is wanted and that no reading has shown as wanted and open."""


def not_ahead(moment: datetime | None, now: datetime) -> datetime | None:
    """Return `moment`; ``None`` where there is none, or a clock that was wrong has dated it."""
    return None if moment is not None and moment > now + CLOCKS_DIFFER_BY else moment


class AccessCodeQuerySet(models.QuerySet["AccessCode"]):
    """Questions about codes."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the codes on locks within the actor's reach."""
        if actor.property_ids is None:
            return self
        return self.filter(device__property_id__in=actor.property_ids)

    def live(self) -> Self:
        """Return the codes that are not proven gone."""
        return self.filter(gone_at=None)

    def spares(self) -> Self:
        """Return the spare codes that are kept for nobody yet."""
        return self.live().filter(is_backup=True, backs_up=None, withdrawn_at=None)

    def ready_spares(self) -> Self:
        """Return the spares that a reading has shown on their lock."""
        return self.spares().filter(status=Status.SET)

    def with_spares(self) -> Self:
        """Return codes with `has_spare`: whether a spare is ready on the same lock."""
        ready = AccessCode.objects.ready_spares().filter(device=OuterRef("device"))
        return self.annotate(has_spare=Exists(ready))

    def with_openings(self) -> Self:
        """Return codes with `last_opening`: when the door last opened by their present PIN."""
        told = Event.objects.filter(
            access_code_uid=OuterRef("uid"), event_type__in=(UNLOCKED, EventType.CODE_CHANGED)
        ).order_by("-id")
        opened = Case(When(event_type=UNLOCKED, then=F("occurred_at")))
        return self.annotate(
            last_opening=Subquery(told.annotate(opened=opened).values("opened")[:1])
        )

    def for_list(self) -> Self:
        """Return codes with all that a list or the wire shows, in a fixed number of queries."""
        return self.select_related(
            "device__property", "device__account", "pulled_backup"
        ).prefetch_related("installations")

    def offline_within(self, device: Device, first: datetime, end: datetime) -> Self:
        """Return the offline codes that start in a stretch of time and use up one of its PINs.

        Those that were gone before their PIN was known use up none.
        """
        return self.filter(
            Q(gone_at=None) | Q(pin_index__isnull=False),
            device=device,
            is_offline=True,
            starts_at__gte=first,
            starts_at__lt=end,
        )

    def holding(
        self,
        device: Device,
        pin_index: str,
        *,
        starts_at: datetime | None,
        ends_at: datetime | None,
        now: datetime,
    ) -> Self:
        """Return the codes that hold this PIN on this lock at some time in a window.

        Without `starts_at` the window begins now, without `ends_at` it never ends; windows that
        only touch do not overlap. A code past its end, or withdrawn, and not proven gone may still
        open the door, so it holds its PIN without an end.
        """
        return self.holding_any(
            {device.pk: pin_index}, starts_at=starts_at, ends_at=ends_at, now=now
        )

    def holding_any(
        self,
        indexes: Mapping[int, str],
        *,
        starts_at: datetime | None,
        ends_at: datetime | None,
        now: datetime,
    ) -> Self:
        """Return what `holding` does for several locks: `indexes` has a PIN's index for each key.

        An index is made with the id of its lock, so no other lock has the same.
        """
        is_overdue = Q(ends_at__lte=now) | Q(withdrawn_at__lte=now)
        reaches_in = Q(ends_at=None) | Q(ends_at__gt=starts_at or now) | is_overdue
        held = {"device__in": list(indexes), "pin_index__in": list(indexes.values())}
        rows = self.live().filter(reaches_in, **held)
        if ends_at is None:
            return rows
        return rows.filter(Q(starts_at__lt=ends_at) | Q(starts_at=None, created_at__lt=ends_at))


class AccessCode(models.Model):
    """What somebody wants on one lock, and what we know of it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, models.PROTECT, related_name="codes")
    created_at = models.DateTimeField(editable=False)

    # ---- The wish: written by `services` ----
    name = models.CharField(max_length=200)
    pin = PinField(null=True, blank=True, editable=False)
    pin_index = models.CharField(max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001
    kind = models.CharField(max_length=20, choices=Kind)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    prefer_native_scheduling = models.BooleanField(default=True)
    is_external_modification_allowed = models.BooleanField(default=False)
    use_backup_access_code_pool = models.BooleanField(default=False)
    is_offline = models.BooleanField(default=False)
    is_one_time_use = models.BooleanField(default=False)
    is_backup = models.BooleanField(default=False)
    common_code_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    # The spare that is used in its place. A spare serves one guest and nobody after.
    pulled_backup = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="backs_up"
    )
    # The moment from which it is no longer wanted; may lie ahead while it can still be undone.
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)
    created_by = models.CharField(max_length=150)
    created_by_kind = models.CharField(max_length=10)
    # Grows with every change of the wish.
    revision = models.PositiveIntegerField(default=1)
    # When somebody last gave it another PIN; empty: it has its first.
    pin_changed_at = models.DateTimeField(null=True, blank=True)

    # ---- The summary: written by `ledger` ----
    status = models.CharField(max_length=20, choices=Status)
    errors = models.JSONField(default=list, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    # Since when what is wanted and what was observed differ; empty: they agree.
    diverged_since = models.DateTimeField(null=True, blank=True)
    is_scheduled_on_device = models.BooleanField(default=False)
    # The last reading that showed the code as wanted.
    proven_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)
    # Grows with every write to this row.
    version = models.PositiveIntegerField(default=0)

    objects = AccessCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accesscode_window_fits_kind",
                condition=Q(kind=Kind.ONGOING, starts_at=None, ends_at=None)
                | Q(kind=Kind.TIME_BOUND, starts_at__isnull=False, ends_at__isnull=False),
            ),
            models.CheckConstraint(
                name="accesscode_ends_after_start",
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="accesscode_pin_has_index",
                condition=Q(pin=None) | Q(pin_index__isnull=False),
            ),
            models.CheckConstraint(
                name="accesscode_gone_has_time",
                condition=Q(status=Status.GONE, gone_at__isnull=False)
                | (~Q(status=Status.GONE) & Q(gone_at=None)),
            ),
        ]
        indexes = [
            # the engine's and the lock page's question: what is live on this lock
            models.Index(
                fields=["device", "id"], name="accesscode_live", condition=Q(gone_at=None)
            ),
            # who holds this PIN on this lock
            models.Index(
                fields=["device", "pin_index"],
                name="accesscode_pin_holders",
                condition=Q(gone_at=None),
            ),
            # the spares of one lock
            models.Index(
                fields=["device"],
                name="accesscode_spares",
                condition=Q(gone_at=None, is_backup=True),
            ),
            # the codes that belong together
            models.Index(
                fields=["common_code_key"],
                name="accesscode_linked",
                condition=Q(gone_at=None, common_code_key__isnull=False),
            ),
            # /access_codes/list, in pages
            models.Index(
                fields=["created_at", "id"],
                name="accesscode_live_by_time",
                condition=Q(gone_at=None),
            ),
            # the watchdog's question in four parts: what differs on record; what should have
            # ended, or been withdrawn, and is not gone; what starts soon and is not on its lock
            models.Index(
                fields=["diverged_since"],
                name="accesscode_diverged",
                condition=Q(diverged_since__isnull=False),
            ),
            models.Index(
                fields=["ends_at"],
                name="accesscode_ending",
                condition=Q(gone_at=None, ends_at__isnull=False),
            ),
            models.Index(
                fields=["withdrawn_at"],
                name="accesscode_withdrawn",
                condition=Q(gone_at=None, withdrawn_at__isnull=False),
            ),
            models.Index(
                fields=["status", "starts_at"],
                name="accesscode_awaited",
                condition=Q(gone_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def installation(self) -> "Installation | None":
        """Return the entry on the lock: the live one, else the newest, else `None`."""
        if self.pk is None:
            return None
        rows = sorted(
            self.installations.all(),
            key=lambda row: (row.placement != Placement.ABSENT, row.pk),
        )
        return rows[-1] if rows else None

    @property
    def has_backup(self) -> bool:
        """Return whether a spare could be used in its place now; asks unless `with_spares` did."""
        if self.kind != Kind.TIME_BOUND or self.is_backup or not self.device.keeps_backup_codes:
            return False
        known: bool | None = getattr(self, "has_spare", None)
        if known is None:
            known = AccessCode.objects.ready_spares().filter(device=self.device_id).exists()
        return known

    @property
    def backup_in_use(self) -> "AccessCode | None":
        """Return the spare that opens in its place, if there is one and it is not gone."""
        spare = self.pulled_backup
        return spare if spare is not None and spare.gone_at is None else None

    @property
    def opened_at(self) -> datetime | None:
        """Return when the door last opened by its present PIN; asks unless `with_openings` did."""
        if not hasattr(self, "last_opening"):
            row = AccessCode.objects.with_openings().get(pk=self.pk)
            self.last_opening: datetime | None = row.last_opening
        return self.last_opening

    def read_installations(self) -> None:
        """Read the entries on the lock anew, for `installation`."""
        self.__dict__.setdefault("_prefetched_objects_cache", {}).pop("installations", None)
        models.prefetch_related_objects([self], "installations")

    def has_no_installations(self) -> None:
        """Let `installation` know that nothing was ever put on the lock: the code is new."""
        self.has_installation(None)

    def has_installation(self, entry: "Installation | None") -> None:
        """Let `installation` know what somebody has read already.

        What asks the database anew, such as `installations.get`, goes on doing so.
        """
        rows: Any = self.installations.all()
        rows._result_cache = [] if entry is None else [entry]
        rows._prefetch_done = True  # as Django marks what it prefetched
        self.__dict__.setdefault("_prefetched_objects_cache", {})["installations"] = rows

    def wish(self) -> Wish:
        """Return what is wanted, as a value for the pure functions."""
        return Wish(
            code_id=self.pk,
            revision=self.revision,
            name=self.name,
            pin_index=self.pin_index,
            kind=Kind(self.kind),
            created_at=self.created_at,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            prefers_native=self.prefer_native_scheduling,
            is_offline=self.is_offline,
            allows_outside_changes=self.is_external_modification_allowed,
            withdrawn_at=self.withdrawn_at,
        )

    def installed(self) -> Installed:
        """Return what we believe of its entry on the lock."""
        row = self.installation
        return Installed() if row is None else row.installed()

    def summary(self) -> Summary:
        """Return what we said last."""
        return Summary(
            status=Status(self.status),
            errors=tuple(self.errors),
            warnings=tuple(self.warnings),
            diverged_since=self.diverged_since,
            is_scheduled_on_device=self.is_scheduled_on_device,
            proven_at=self.proven_at,
            gone_at=self.gone_at,
        )

    def terms(self) -> LockTerms:
        """Return what is fixed about its lock (reads `device`, its property and account)."""
        return terms_of(self.device)

    def pending_mutations(self, now: datetime) -> tuple[Mutation, ...]:
        """Return what is on its way to the lock."""
        return pending_mutations(self.wish(), self.installed(), self.terms(), self.summary(), now)


def terms_of(device: Device) -> LockTerms:
    """Return what is fixed about a lock while we plan for it."""
    return LockTerms(
        capabilities=device.capabilities,
        lead=device.property.just_in_time_lead if device.property else DEFAULT_LEAD,
        is_account_connected=device.account.state == AccountState.CONNECTED,
    )


class InstallationQuerySet(models.QuerySet["Installation"]):
    """Questions about entries on locks."""

    def on_lock(self, device: Device, now: datetime) -> Self:
        """Return the entries that are, or may be, on this lock, and those still under audit."""
        return self.filter(
            ~Q(placement=Placement.ABSENT) | Q(audit_until__gt=now), device=device
        ).order_by("id")

    def on_locks_of(self, device: Device) -> Self:
        """Return the entries on the locks of the same house, or of this lock where it has none."""
        rows = self.exclude(placement=Placement.ABSENT)
        if device.property_id is None:
            return rows.filter(device=device)
        return rows.filter(device__property_id=device.property_id)

    def yielding(self, now: datetime) -> Self:
        """Return the entries of codes that start later: on a full lock they give way to others."""
        return self.filter(placement=Placement.PRESENT, code__starts_at__gt=now)

    def overdue(self, now: datetime, by: timedelta) -> Self:
        """Return the entries whose dates ended longer ago than `by`, and that nobody withdrew."""
        wanted = Q(code__withdrawn_at=None) | Q(code__withdrawn_at__gt=now)
        return self.filter(wanted, code__ends_at__lt=now - by)


class Installation(models.Model):
    """One entry that we put, or mean to put, into one slot of a lock for a code.

    `content` says what the entry was last proven to hold and `sent` what we last asked for, both
    as `values.Content.as_json()`; `pin` is the sealed PIN of `content`,
    empty where the lock hides it and it is not ours. `revision` is the wish that was last proven,
    0 for none. `known_pins` and `known_names` are the indexes of every PIN and every name ever
    sent to this slot for this code: by these we recognise the entry as ours. At a cloud `slot` is
    a number that we give (see `engine.cloud`), and `remote_id` the id of the code there.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.ForeignKey(AccessCode, models.PROTECT, related_name="installations")
    device = models.ForeignKey(Device, models.PROTECT, related_name="installations")
    slot = models.PositiveIntegerField(null=True, blank=True)
    remote_id = models.CharField(max_length=200, blank=True)
    placement = models.CharField(max_length=20, choices=Placement)
    keeps_window = models.BooleanField(default=False)

    revision = models.PositiveIntegerField(default=0)
    pin = PinField(null=True, blank=True, editable=False)
    content = models.JSONField(null=True, blank=True, editable=False)
    sent = models.JSONField(null=True, blank=True, editable=False)
    is_acknowledged = models.BooleanField(default=False)
    known_pins = models.JSONField(default=list, blank=True, editable=False)
    known_names = models.JSONField(default=list, blank=True, editable=False)
    # The last reading that showed the entry, and the first that showed it missing.
    seen_at = models.DateTimeField(null=True, blank=True)
    absent_at = models.DateTimeField(null=True, blank=True)
    # A code that is gone is looked for until then: a write that timed out may still land.
    audit_until = models.DateTimeField(null=True, blank=True)

    # Tries since the last success or the last change of the wish.
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    # Refused for good: waits for a changed wish. The revision that was refused.
    refused_revision = models.PositiveIntegerField(default=0)
    # Refused for what the lock was like: the `generation` of the lock then.
    refused_generation = models.BigIntegerField(null=True, blank=True)
    # Another guest has the PIN until then, as planned.
    waits_until = models.DateTimeField(null=True, blank=True)
    # When ours was found changed or removed by others and was to be put back, within a day.
    restores = models.JSONField(default=list, blank=True, editable=False)
    # The wish for which a change that others made stays in force.
    left_alone = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    error_since = models.DateTimeField(null=True, blank=True)
    # What a cloud last said of it, as `CloudWord.as_json()`.
    word = models.JSONField(null=True, blank=True, editable=False)

    objects = InstallationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "slot"],
                name="installation_slot_once",
                condition=~Q(placement=Placement.ABSENT),
            ),
            models.UniqueConstraint(
                fields=["code"],
                name="installation_live_once_per_code",
                condition=~Q(placement=Placement.ABSENT),
            ),
            models.CheckConstraint(
                name="installation_placed_has_slot",
                condition=Q(placement=Placement.ABSENT) | Q(slot__isnull=False) | ~Q(remote_id=""),
            ),
        ]
        indexes = [
            # the plan of one lock
            models.Index(fields=["device", "placement"], name="installation_on_lock"),
            # which slot the codes of a cloud were given
            models.Index(
                fields=["device", "remote_id"],
                name="installation_remote",
                condition=~Q(remote_id=""),
            ),
            # the watchdog's questions: what was gone and is there again, what others changed
            models.Index(
                fields=["code"],
                name="installation_back",
                condition=Q(audit_until__isnull=False) & ~Q(placement=Placement.ABSENT),
            ),
            models.Index(
                fields=["left_alone"],
                name="installation_left_alone",
                condition=Q(left_alone__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"slot {self.slot}: {self.placement}"

    def installed(self) -> Installed:
        """Return the row as a value for the pure functions."""
        return Installed(
            placement=Placement(self.placement),
            slot=self.slot,
            keeps_window=self.keeps_window,
            revision=self.revision,
            content=None if self.content is None else Content.from_json(self.content),
            sent=None if self.sent is None else Content.from_json(self.sent),
            is_acknowledged=self.is_acknowledged,
            known_pins=frozenset(self.known_pins),
            known_names=frozenset(self.known_names),
            seen_at=self.seen_at,
            absent_at=self.absent_at,
            audit_until=self.audit_until,
            attempts=self.attempts,
            retry_at=self.retry_at,
            refused_revision=self.refused_revision,
            refused_generation=self.refused_generation,
            waits_until=self.waits_until,
            restores=tuple(datetime.fromisoformat(at) for at in self.restores),
            left_alone=self.left_alone,
            error_code=self.error_code,
            error_message=self.error_message,
            error_since=self.error_since,
            remote_id=self.remote_id,
            word=None if self.word is None else CloudWord.from_json(self.word),
        )


class UnmanagedCodeQuerySet(models.QuerySet["UnmanagedCode"]):
    """Questions about codes that are not ours."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the codes on locks within the actor's reach."""
        if actor.property_ids is None:
            return self
        return self.filter(device__property_id__in=actor.property_ids)

    def live(self) -> Self:
        """Return the codes that were on their lock when it was last read."""
        return self.filter(gone_at=None)

    def out_of_sight(
        self, device: Device, shown: Collection[int], since: datetime
    ) -> dict[int, str | None]:
        """Return the slots where others' entries may be all the same, and their PINs.

        Those that vanished after `since`, because the list that no longer showed them may have
        been an old one; and those that count as there while the last list does not show their
        slot: `shown` are the slots that it shows. The PIN only of one that an old list could hide.
        Entries that the lock was asked to remove are left out.
        """
        hidden = Q(gone_at=None) & ~Q(slot__in=shown)
        rows = self.filter(hidden | Q(gone_at__gt=since), device=device, code=None)
        rows = rows.exclude(wish=ForeignWish.REMOVE, attempts__gt=0).order_by("id")
        return {
            slot: pin_index if gone_at is None or seen_at > since else None
            for slot, pin_index, seen_at, gone_at in rows.values_list(
                "slot", "pin_index", "seen_at", "gone_at"
            )
        }

    def held(self, device: Device) -> Self:
        """Return the codes on this lock, less those that it was asked to remove."""
        return self.live().filter(device=device).exclude(wish=ForeignWish.REMOVE, attempts__gt=0)


class UnmanagedCode(models.Model):
    """An entry that a reading showed on a lock and that is not ours.

    It is what it holds in its slot: changed in the maker's app, it is another one, with a row of
    its own. `wish` and the columns that say whose it is are written by `takeover` alone,
    everything else by the ledger. A code that becomes ours keeps its public id as `AccessCode`.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, models.PROTECT, related_name="unmanaged_codes")
    slot = models.PositiveIntegerField()
    # At a cloud: the id of the code there.
    remote_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=200, blank=True)
    # Empty where the lock hides PINs.
    pin = PinField(null=True, blank=True, editable=False)
    pin_index = models.CharField(max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    first_seen_at = models.DateTimeField()
    # Brought up to date once an hour while nothing changes; the lock's row says when it was read.
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)
    # What it became.
    code = models.OneToOneField(
        AccessCode, models.PROTECT, null=True, blank=True, related_name="was_unmanaged"
    )

    wish = models.CharField(max_length=10, choices=ForeignWish, blank=True)
    wished_by = models.CharField(max_length=150, blank=True)
    wished_by_kind = models.CharField(max_length=10, blank=True)
    is_external_modification_allowed = models.BooleanField(default=False)

    # Tries to fulfil the wish.
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    error_since = models.DateTimeField(null=True, blank=True)

    objects = UnmanagedCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "slot"],
                name="unmanagedcode_slot_once",
                condition=Q(gone_at=None),
            ),
            models.CheckConstraint(
                name="unmanagedcode_converted_is_over",
                condition=Q(code=None) | Q(gone_at__isnull=False),
            ),
            models.CheckConstraint(
                name="unmanagedcode_pin_has_index",
                condition=Q(pin=None) | Q(pin_index__isnull=False),
            ),
        ]
        indexes = [
            # what was last in this slot
            models.Index(fields=["device", "slot", "-id"], name="unmanagedcode_by_slot"),
            # which slot the codes of a cloud were given
            models.Index(
                fields=["device", "remote_id"],
                name="unmanagedcode_remote",
                condition=~Q(remote_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"slot {self.slot}"

    def content(self) -> Content:
        """Return what the entry held when it was last seen."""
        return Content(self.pin_index, self.name, self.starts_at, self.ends_at)

    def stranger(self) -> Stranger:
        """Return the row as a value for the pure functions."""
        return Stranger(
            row_id=self.pk,
            slot=self.slot,
            content=self.content(),
            is_enabled=self.is_enabled,
            is_unwanted=self.gone_at is None and self.wish == ForeignWish.REMOVE,
            is_to_be_asked_for=self.gone_at is None
            and self.wish == ForeignWish.CONVERT
            and bool(self.remote_id),
            retry_at=self.retry_at,
        )

    def opens_at(self, now: datetime) -> bool:
        """Return whether the lock opens for it now, as far as its entry says."""
        return (
            self.is_enabled
            and (self.starts_at is None or self.starts_at <= now)
            and (self.ends_at is None or now < self.ends_at)
        )


class LockCommandQuerySet(models.QuerySet["LockCommand"]):
    """Questions about commands."""

    def sent_since(self, device: Device, at: datetime) -> list[Sent]:
        """Return the commands that left for a lock after `at`."""
        rows = self.filter(device=device, asked_at__gt=at).values_list("action", "asked_at")
        return [Sent(CommandAction(action), asked_at) for action, asked_at in rows]

    def last_to_write(
        self, device: Device, slots: Iterable[int], since: datetime
    ) -> Iterable["LockCommand"]:
        """Return the command that last wrote each PIN into each of these slots, with its entry.

        Oldest first; only commands that left after `since`.
        """
        writes = self.filter(
            device=device,
            slot__in=list(slots),
            asked_at__gt=since,
            action__in=[CommandAction.PROGRAM, CommandAction.UPDATE],
        )
        rows = writes.select_related("installation").order_by("id")
        last = {(row.slot, row.pin_index): row for row in rows if row.installation is not None}
        return sorted(last.values(), key=lambda row: row.pk)

    def unanswered(self, device: Device, since: datetime) -> Sequence["LockCommand"]:
        """Return the writes that left after `since` and were not answered, with their entries.

        Oldest first.
        """
        writes = self.filter(
            device=device,
            installation__isnull=False,
            asked_at__gt=since,
            action__in=[CommandAction.PROGRAM, CommandAction.UPDATE],
            outcome__in=[Outcome.UNREACHABLE, Outcome.LOST, Outcome.CRASHED],
        )
        return list(writes.select_related("installation").order_by("id"))


class LockCommand(models.Model):
    """Something a lock was asked to do, written before it was asked.

    It is about an entry of ours, or about one that is not ours and that somebody wants gone.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, models.PROTECT, related_name="commands")
    installation = models.ForeignKey(
        Installation, models.PROTECT, null=True, blank=True, related_name="commands"
    )
    unmanaged_code = models.ForeignKey(
        UnmanagedCode, models.PROTECT, null=True, blank=True, related_name="commands"
    )
    action = models.CharField(max_length=10, choices=CommandAction)
    slot = models.PositiveIntegerField()
    revision = models.PositiveIntegerField()
    pin_index = models.CharField(max_length=64, blank=True)
    lease_token = models.BigIntegerField()
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=300, blank=True)

    objects = LockCommandQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device"], name="lockcommand_one_at_a_time", condition=Q(outcome="")
            ),
            models.CheckConstraint(
                name="lockcommand_outcome_has_time",
                condition=Q(outcome="", answered_at=None)
                | (~Q(outcome="") & Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="lockcommand_is_about_one_entry",
                condition=Q(installation__isnull=False, unmanaged_code=None)
                | Q(installation=None, unmanaged_code__isnull=False),
            ),
        ]
        indexes = [
            # the history of one entry
            models.Index(fields=["installation", "-id"], name="lockcommand_by_entry"),
            # what a lock was sent within the last minute
            models.Index(fields=["device", "asked_at"], name="lockcommand_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.action} slot {self.slot}"


class LockReadingQuerySet(models.QuerySet["LockReading"]):
    """Questions about readings."""

    def first_empty(self, device: Device, since: datetime) -> datetime | None:
        """Return when the first list that was hard to believe came back from the lock."""
        doubted = self.filter(device=device, at__gte=since, error_code=LockReading.EMPTY)
        first: datetime | None = doubted.aggregate(at=models.Min("at"))["at"]
        return first

    def newest_good(self, device: Device) -> "LockReading | None":
        """Return the last reading that the lock answered."""
        return self.filter(device=device, is_good=True).order_by("-id").first()


class LockReading(models.Model):
    """One look at a lock: when, whether it answered, and a digest of what was there.

    Kept while a transition rests on it, and otherwise thinned after a day.
    """

    EMPTY = "list_empty"
    """`error_code` of a list that was empty although our codes had just been on the lock."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="readings")
    at = models.DateTimeField()
    is_good = models.BooleanField()
    digest = models.CharField(max_length=64, blank=True)
    entries = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=300, blank=True)

    objects = LockReadingQuerySet.as_manager()

    class Meta:
        indexes = [
            # the newest good reading of a lock
            models.Index(fields=["device", "-id"], name="lockreading_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} at {self.at:%Y-%m-%d %H:%M:%S}"


def slots_yielding(device: Device, now: datetime) -> int:
    """Return how many of our codes on a lock start later, and so give way to an earlier one."""
    return Installation.objects.filter(device=device).yielding(now).count()


def slots_used(device: Device) -> int:
    """Return how many slots of a lock are taken: by our entries, and by those of others."""
    ours = Installation.objects.filter(device=device).exclude(placement=Placement.ABSENT).count()
    return ours + UnmanagedCode.objects.live().filter(device=device).count()


class Transition(models.Model):
    """A change of what we say of a code, and the reading or command that it rests on."""

    code = models.ForeignKey(AccessCode, models.PROTECT, related_name="transitions")
    from_status = models.CharField(max_length=20, choices=Status, blank=True)
    to_status = models.CharField(max_length=20, choices=Status)
    at = models.DateTimeField()
    revision = models.PositiveIntegerField()
    reading = models.ForeignKey(
        LockReading, models.PROTECT, null=True, blank=True, related_name="transitions"
    )
    command = models.ForeignKey(
        LockCommand, models.PROTECT, null=True, blank=True, related_name="transitions"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="transition_moves", condition=~Q(from_status=F("to_status"))
            ),
        ]
        indexes = [
            # the life of one code
            models.Index(fields=["code", "id"], name="transition_by_code"),
        ]

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} → {self.to_status}"


class ActionAttemptQuerySet(models.QuerySet["ActionAttempt"]):
    """Questions about action attempts."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the attempts on locks within the actor's reach."""
        if actor.property_ids is None:
            return self
        return self.filter(device__property_id__in=actor.property_ids)

    def bolts(self) -> Self:
        """Return the attempts at doors that are not over."""
        return self.filter(status=AttemptStatus.PENDING, code=None, unmanaged_code=None)

    def for_list(self) -> Self:
        """Return attempts with all that `attempts.state` asks for, in a few queries."""
        return self.select_related(
            "code__device__property", "code__device__account", "unmanaged_code"
        ).prefetch_related("code__installations")


class ActionAttempt(models.Model):
    """What a partner asked for, to be looked at again by id.

    An attempt about a code stays `pending` in its row; how it stands is computed from the code
    when somebody asks (`lifecycle.attempt_state`), so the two cannot disagree.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    action_type = models.CharField(max_length=60)
    device = models.ForeignKey(Device, models.PROTECT, related_name="attempts", db_index=False)
    code = models.ForeignKey(
        AccessCode, models.PROTECT, null=True, blank=True, related_name="attempts"
    )
    unmanaged_code = models.ForeignKey(
        UnmanagedCode, models.PROTECT, null=True, blank=True, related_name="action_attempts"
    )
    revision = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=AttemptStatus, default=AttemptStatus.PENDING)
    result = models.JSONField(null=True, blank=True)
    error_type = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    # At doors: what exactly is wanted, and since when an engine has been at it.
    wanted = models.JSONField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = ActionAttemptQuerySet.as_manager()

    class Meta:
        indexes = [
            # what was asked of this lock within the last minute
            models.Index(
                fields=["device", "action_type", "created_at"], name="actionattempt_pace"
            ),
            # /action_attempts/list, in pages
            models.Index(fields=["created_at", "id"], name="actionattempt_by_time"),
            # the engine's question, twice a second: which doors wait
            models.Index(
                fields=["id"],
                name="actionattempt_bolts",
                condition=Q(status=AttemptStatus.PENDING, code=None, unmanaged_code=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action_type} {self.uid}"


class ProblemQuerySet(models.QuerySet["Problem"]):
    """Questions about problems."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the problems within the actor's reach.

        Those of its locks, of accounts that reach one of them, and of the whole installation.
        """
        if actor.property_ids is None:
            return self
        return self.touching(Device.objects.filter(property_id__in=actor.property_ids))

    def open(self) -> Self:
        """Return the problems that have not closed."""
        return self.filter(closed_at=None)

    def touching(self, devices: models.QuerySet[Device]) -> Self:
        """Return what concerns these locks, also where it concerns others as well."""
        return self.filter(
            Q(device__in=devices)
            | Q(account__in=devices.values("account"))
            | Q(device=None, account=None)
        )

    def of_lock(self, device: Device) -> Self:
        """Return what concerns a lock as a whole: its own, its account's."""
        return self.filter(Q(device=device, code=None) | Q(account=device.account_id))

    def of_code(self, code: AccessCode) -> Self:
        """Return what concerns a code: its own, and what stands for all codes of its account."""
        return self.filter(Q(code=code) | Q(account=code.device.account_id))


class Problem(models.Model):
    """Something staff should know: what, since when, on what evidence, and what to do next.

    It concerns a code on a lock, a lock, all locks of an account, or (none of the three) the
    installation. An account that is gone is one row here, not one for each of its locks: it is one
    thing to do. `evidence` is a list of ``{"what", "said", "at"}``, `at` in the wire's form or
    `None`. Opened, kept up to date and closed by the watchdog alone, from what the database says.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(
        Device, models.PROTECT, null=True, blank=True, related_name="problems"
    )
    code = models.ForeignKey(
        AccessCode, models.PROTECT, null=True, blank=True, related_name="problems"
    )
    account = models.ForeignKey(
        ProviderAccount, models.PROTECT, null=True, blank=True, related_name="problems"
    )
    cause = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, choices=Severity)
    sentence = models.CharField(max_length=300)
    next_step = models.CharField(max_length=300)
    evidence = models.JSONField(default=list, blank=True)
    since = models.DateTimeField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="problem_concerns_one_thing",
                condition=Q(account=None) | Q(device=None, code=None),
            ),
            models.CheckConstraint(
                name="problem_of_code_names_lock",
                condition=Q(code=None) | Q(device__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["code", "cause"],
                name="problem_open_once_per_code",
                condition=Q(closed_at=None, code__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["device", "cause"],
                name="problem_open_once_per_lock",
                condition=Q(closed_at=None, code=None, device__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account", "cause"],
                name="problem_open_once_per_account",
                condition=Q(closed_at=None, account__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["cause"],
                name="problem_open_once_overall",
                condition=Q(closed_at=None, device=None, account=None),
            ),
        ]
        indexes = [
            # what is open: the watchdog's list, and the count on every page of the desk
            models.Index(
                fields=["device", "severity"], name="problem_open", condition=Q(closed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause} since {self.since:%Y-%m-%d %H:%M}"


class ShiftNoteQuerySet(models.QuerySet["ShiftNote"]):
    """Questions about notes for the next shift."""

    def since(self, house: Property, moment: datetime) -> Self:
        """Return what is still to be done at a house, and what was done since, newest first."""
        still_said = Q(done_at=None) | Q(done_at__gte=moment)
        return self.filter(still_said, property=house).order_by("-id")


class ShiftNote(models.Model):
    """What somebody at the desk wants the next shift to know; shown until it is marked done.

    It holds no PIN of the house: `shift_notes`, which alone writes it, refuses that.
    """

    TEXT_LIMIT = 500

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    property = models.ForeignKey(Property, models.PROTECT, related_name="shift_notes")
    author = models.CharField(max_length=150)
    text = models.CharField(max_length=TEXT_LIMIT)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=150, blank=True)

    objects = ShiftNoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="shiftnote_done_by_somebody",
                condition=Q(done_at=None, done_by="") | Q(done_at__isnull=False) & ~Q(done_by=""),
            ),
        ]
        indexes = [
            # the handover of one property
            models.Index(fields=["property", "done_at"], name="shiftnote_to_show"),
        ]

    def __str__(self) -> str:
        return f"note of {self.author}, {self.created_at:%Y-%m-%d %H:%M}"


class EngineBeatQuerySet(models.QuerySet["EngineBeat"]):
    """Questions about engines."""

    def alive(self, now: datetime) -> Self:
        """Return the engines that gave a sign of life within `EngineBeat.dead_after()`.

        One from the future was dated by a clock that is wrong, or was, and says nothing.
        """
        return self.filter(
            beat_at__gt=now - EngineBeat.dead_after(),
            beat_at__lte=now + CLOCKS_DIFFER_BY,
            stopped_at=None,
        )


class EngineBeat(models.Model):
    """A sign of life of one engine process, several within `dead_after()`."""

    engine_id = models.UUIDField(primary_key=True)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    # How far its clock is off, when that is more than it tolerates: codes stay past their end.
    clock_off_by = models.DurationField(null=True, blank=True)

    objects = EngineBeatQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"

    @staticmethod
    def dead_after() -> timedelta:
        """Return how long an engine may be silent before others take its locks over."""
        return timedelta(seconds=settings.LOCKSITE_ENGINE_DEAD_SECONDS)
