"""Where the locks are and how they are reached.

`Device` rows mirror what providers report. `VirtualLock` and `VirtualSlot` are something else:
they are the virtual locks themselves, the ground truth that only the virtual provider may read.
"""

import builtins
import uuid
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q

from locksite.actors import Actor
from locksite.pins import PinField
from properties.capabilities import LockFacts, PastEvent
from properties.choices import AccountState, ProviderKind, Role, Theme
from properties.providers.base import Capabilities, LockRef


def validate_time_zone(name: str) -> None:
    """Raise `ValidationError` unless `name` is an IANA zone such as Europe/Berlin."""
    if name not in available_timezones():
        raise ValidationError("Use a zone name such as Europe/Berlin.")


def default_lead() -> timedelta:
    """Return the default just-in-time lead."""
    return timedelta(minutes=60)


class PropertyQuerySet(models.QuerySet["Property"]):
    """Questions about properties."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the properties within the actor's reach."""
        return self if actor.property_ids is None else self.filter(pk__in=actor.property_ids)


class Property(models.Model):
    """A house with locks: hotel, hostel, apartments. All its people read times in its own zone."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    city = models.CharField(max_length=60, blank=True)
    address = models.TextField(blank=True)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    check_in_time = models.TimeField(default=time(15))
    check_out_time = models.TimeField(default=time(11))
    just_in_time_lead = models.DurationField(
        default=default_lead,
        help_text="How early a code is put on a lock that keeps no timetable of its own.",
    )
    plan_b = models.TextField(
        blank=True, help_text="What the desk does when a lock cannot take codes at all."
    )
    key_box = PinField(null=True, blank=True, editable=False)
    # What stands on a guest's slip.
    phone = models.CharField(
        max_length=40, blank=True, help_text="The front desk's number, for guests."
    )
    keypad_hint = models.CharField(
        max_length=200,
        blank=True,
        help_text="How to type a PIN: “Press the check key after the PIN.”",
    )
    guest_page_url = models.CharField(
        max_length=300,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="A page for guests, printed as a QR code. It must tell nothing secret.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PropertyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "properties"
        constraints = [
            models.CheckConstraint(
                name="property_lead_is_not_negative",
                condition=Q(just_in_time_lead__gte=timedelta(0)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def seal_id(self) -> uuid.UUID:
        """Return the id to which the sealed code of the key box is bound."""
        return uuid.UUID(int=self.pk)

    @property
    def has_plan_b(self) -> bool:
        """Return whether something is written down for when no code gets a guest in."""
        return bool(self.plan_b.strip()) or self.key_box is not None

    @property
    def zone(self) -> ZoneInfo:
        """Return the property's zone, for showing and reading wall times."""
        return ZoneInfo(self.time_zone)


class Membership(models.Model):
    """A person works at a property in a role."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    property = models.ForeignKey(Property, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "property"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.property}"


class Preference(models.Model):
    """How one person likes the desk; nothing that others see depends on it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="preference", primary_key=True
    )
    theme = models.CharField(max_length=10, choices=Theme, blank=True, default=Theme.SYSTEM)
    has_shortcuts = models.BooleanField(default=True)
    twelve_hours = models.BooleanField(default=False)
    shows_utc = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"preferences of {self.user}"


class ProviderAccountQuerySet(models.QuerySet["ProviderAccount"]):
    """Questions about accounts."""

    LONGEST_REST = timedelta(minutes=35)

    def due(self, now: datetime) -> Self:
        """Return the accounts whose list of locks should be read again.

        One that is to rest longer than any does was dated by a clock that is wrong, or was.
        """
        too_far = Q(due_at__gt=now + self.LONGEST_REST)
        return self.filter(Q(due_at__lte=now) | too_far).order_by("due_at")


class ProviderAccount(models.Model):
    """A login, or a set of virtual locks, through which locks are reached. May span properties."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=ProviderKind)
    name = models.CharField(max_length=100)
    endpoint = models.URLField(blank=True)
    credentials = PinField(null=True, blank=True, editable=False)
    webhook_secrets = PinField(null=True, blank=True, editable=False)
    state = models.CharField(
        max_length=20, choices=AccountState, default=AccountState.CONNECTED, editable=False
    )
    problem = models.CharField(max_length=200, blank=True, editable=False)
    refreshed_at = models.DateTimeField(null=True, blank=True, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True, editable=False)
    # Since when it has given no answer.
    silent_since = models.DateTimeField(null=True, blank=True, editable=False)
    # Up to when it has told what happened at its locks.
    hinted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The id of our webhook at the far side, where we made one.
    webhook_remote_id = models.CharField(max_length=200, blank=True, editable=False)
    # What the key opens there, since it was last connected.
    workspace_id = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProviderAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            # Twice the same locks would be twice the same codes, in two houses perhaps.
            models.UniqueConstraint(
                fields=["endpoint", "workspace_id"],
                name="provideraccount_workspace_once",
                condition=~Q(workspace_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeviceQuerySet(models.QuerySet["Device"]):
    """Questions about locks."""

    LONGEST_REST = timedelta(minutes=35)

    def for_actor(self, actor: Actor) -> Self:
        """Return the locks within reach; those of no property only for actors without a limit."""
        if actor.property_ids is None:
            return self
        return self.filter(property_id__in=actor.property_ids)

    def managed(self) -> Self:
        """Return the locks that we manage."""
        return self.filter(is_managed=True)

    def due(self, now: datetime) -> Self:
        """Return the locks that want a look, the longest waiting first.

        One that is to rest longer than any does was dated by a clock that is wrong, or was.
        """
        too_far = Q(due_at__gt=now + self.LONGEST_REST)
        return self.filter(Q(due_at__lte=now) | too_far).order_by("due_at")

    def poke(self, now: datetime, device_ids: Iterable[int] | None = None) -> int:
        """Ask the engine to look at these locks at once; return how many.

        `generation` grows, so that an engine which is at work on a lock right now looks again.
        """
        rows = self if device_ids is None else self.filter(pk__in=device_ids)
        return rows.update(due_at=now, generation=F("generation") + 1)


class Device(models.Model):
    """A lock as its account reports it, and the engine's book-keeping about it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    property = models.ForeignKey(
        Property, models.PROTECT, related_name="devices", null=True, blank=True
    )
    account = models.ForeignKey(ProviderAccount, models.PROTECT, related_name="devices")
    remote_id = models.CharField(max_length=200)
    nickname = models.CharField(max_length=100, blank=True)
    reported_name = models.CharField(max_length=200)
    device_type = models.CharField(max_length=60)
    is_managed = models.BooleanField(default=True)
    # Only the flags that the model has; a missing one means that the model cannot.
    flags = models.JSONField(default=dict, blank=True)
    # As reported, in the shape of the wire.
    properties = models.JSONField(default=dict, blank=True)
    errors = models.JSONField(default=list, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    manufacturer = models.JSONField(default=dict, blank=True)
    provider = models.JSONField(default=dict, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    custom_metadata = models.JSONField(default=dict, blank=True)
    # The lengths of PINs that a partner told us: `properties` repeats them, whatever is reported.
    told_code_lengths = models.JSONField(null=True, blank=True, editable=False)
    # `Capabilities.as_json()`
    capability_facts = models.JSONField(default=dict, blank=True, editable=False)
    # Whether spare codes are kept ready on the lock, and what is to be said of them: errors and
    # warnings in the shape of the wire, and since when.
    keeps_backup_codes = models.BooleanField(default=False)
    pool_signals = models.JSONField(default=dict, blank=True, editable=False)
    # When the account last told us about this lock, and since when it has not been able to.
    reported_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When the codes on the lock were last read, and since when reading has failed.
    last_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    # Engine: when to look next (empty: never by itself), and who is looking now.
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    generation = models.BigIntegerField(default=0, editable=False)
    lease_token = models.BigIntegerField(default=0, editable=False)
    lease_owner = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when codes past their end stay on the lock, because so many are that we look twice.
    ends_held_since = models.DateTimeField(null=True, blank=True, editable=False)

    # The newest events about the lock, where `past.with_past` looked for them; no column.
    past: tuple[PastEvent, ...] | None = None

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = "lock"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "remote_id"], name="device_once_per_account"
            ),
            models.CheckConstraint(
                name="device_lease_is_whole",
                condition=Q(lease_owner=None, lease_until=None)
                | Q(lease_owner__isnull=False, lease_until__isnull=False),
            ),
        ]
        indexes = [
            # the engine's question, several times a second: which locks are due
            models.Index(fields=["due_at"], name="device_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.display_name

    # The field `property` hides the builtin of that name inside this class.
    @builtins.property
    def display_name(self) -> str:
        """Return the name staff gave the lock, else the one its account reports."""
        return self.nickname or self.reported_name

    @builtins.property
    def all_errors(self) -> list[dict[str, Any]]:
        """Return what the account reports, and what is wrong with the lock's spare codes."""
        return [*self.errors, *self.pool_signals.get("errors", ())]

    @builtins.property
    def all_warnings(self) -> list[dict[str, Any]]:
        """Return what the account reports, and what is odd about the lock's spare codes."""
        return [*self.warnings, *self.pool_signals.get("warnings", ())]

    @builtins.property
    def capabilities(self) -> Capabilities:
        """Return what the engine knows of this kind of lock."""
        return Capabilities.from_json(self.capability_facts)

    @builtins.property
    def ref(self) -> LockRef:
        """Return the reference that a provider understands."""
        return LockRef(device_uid=self.uid, remote_id=self.remote_id)

    def facts(
        self, *, codes_used: int, codes_yielding: int = 0, recent: Iterable[PastEvent] = ()
    ) -> LockFacts:
        """Freeze this row, and its account's, into what `capabilities.lock_verdict` judges.

        `codes_used` counts the codes that hold a slot, `codes_yielding` those of them that give it
        up to an earlier arrival; `recent` are the lock's events, newest first.
        """
        reported = self.properties.get("max_active_codes_supported")
        return LockFacts(
            flags=self.flags,
            properties=self.properties,
            errors=self.all_errors,
            warnings=self.all_warnings,
            reported_at=self.reported_at,
            codes_used=codes_used,
            codes_yielding=codes_yielding,
            max_codes=reported if isinstance(reported, int) else self.capabilities.max_codes,
            recent=tuple(recent),
            account_state=self.account.state,
            account_name=self.account.name,
            account_problem=self.account.problem,
        )


class InboundNotice(models.Model):
    """A webhook that a provider sent us: kept once by its id, a hint to look and nothing more."""

    account = models.ForeignKey(ProviderAccount, models.CASCADE, related_name="notices")
    message_id = models.CharField(max_length=200)
    event_type = models.CharField(max_length=100, blank=True)
    device_remote_id = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "message_id"], name="inboundnotice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.message_id}"


class VirtualLock(models.Model):
    """A virtual lock: its body, its batteries, and the faults switched on for it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(ProviderAccount, models.CASCADE, related_name="virtual_locks")
    make = models.SlugField(help_text="A name from the table of makes.")
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60, blank=True, validators=[validate_time_zone])
    # `Fault` values that are switched on now.
    faults = models.JSONField(default=list, blank=True)
    # Where this lock differs from its make, e.g. {"accessory_keypad": false, "has_bridge": false}.
    traits = models.JSONField(default=dict, blank=True)
    battery_level = models.FloatField(default=0.9)
    keypad_battery_level = models.FloatField(default=0.9)
    is_locked = models.BooleanField(default=True)
    # In how many seconds after unlocking it locks itself (empty: not at all), and when it will.
    auto_lock_after = models.PositiveSmallIntegerField(null=True, blank=True)
    relocks_at = models.DateTimeField(null=True, blank=True, editable=False)
    answer_min = models.FloatField(default=1.0, help_text="Fastest answer, in seconds.")
    answer_max = models.FloatField(default=3.0, help_text="Slowest answer, in seconds.")
    # When each condition began, by name: evidence such as "offline since 08:51".
    since = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="virtuallock_answer_times_in_order",
                condition=Q(answer_min__gte=0, answer_max__gte=F("answer_min")),
            ),
            models.CheckConstraint(
                name="virtuallock_battery_is_a_share",
                condition=Q(battery_level__range=(0, 1), keypad_battery_level__range=(0, 1)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_locked_at(self, now: datetime) -> bool:
        """Return whether the bolt is out, by itself or by anybody's doing."""
        return self.is_locked or (self.relocks_at is not None and self.relocks_at <= now)


class VirtualSlot(models.Model):
    """One write into one slot of a virtual lock, in force from `effective_at`.

    The lock's memory at an instant is, per slot, the newest row in force then; a row without a PIN
    is an erasure. Kept by the virtual provider alone: nothing else may read what is physically on
    a lock.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lock = models.ForeignKey(VirtualLock, models.CASCADE, related_name="slots")
    slot = models.PositiveIntegerField()
    pin = PinField(null=True, blank=True, editable=False)
    name = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    is_foreign = models.BooleanField(
        default=False, help_text="Made in the maker's app or at the keypad, not by Locksite."
    )
    effective_at = models.DateTimeField()

    class Meta:
        indexes = [
            # the memory of one lock
            models.Index(fields=["lock", "slot", "effective_at", "id"], name="virtualslot_memory"),
        ]
        constraints = [
            models.CheckConstraint(name="virtualslot_counts_from_one", condition=Q(slot__gte=1)),
        ]

    def __str__(self) -> str:
        return f"slot {self.slot} of {self.lock_id}"


class VirtualOfflineUse(models.Model):
    """An offline PIN that has opened a virtual lock: what it stands for, and when it first did.

    A lock knows nothing of such PINs before one is typed, and keeps no digits afterwards. `kind`,
    `start`, `length` and `ordinal` as in the virtual provider's `Grant`.
    """

    lock = models.ForeignKey(VirtualLock, models.CASCADE, related_name="offline_uses")
    kind = models.CharField(max_length=10)
    start = models.IntegerField()
    length = models.PositiveIntegerField()
    ordinal = models.PositiveSmallIntegerField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lock", "kind", "start", "length", "ordinal"],
                name="virtualofflineuse_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} PIN of hour {self.start} on {self.lock_id}"
