"""Partners: the keys they call with, what they were answered, the webhooks they are sent."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Self
from urllib.parse import urlsplit

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from locksite.actors import Actor
from locksite.masked import Pin
from locksite.partners.choices import DeliveryState, Failure
from locksite.partners.webhook_schedule import CLOCKS_DIFFER_BY, DELAYS, LEASE
from locksite.pins import PinField, PinUnreadable
from properties.models import Property

KEY_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_key_id() -> str:
    """Return the public part of a key: eight characters that cannot be mistaken for each other."""
    return "".join(secrets.choice(KEY_ALPHABET) for _ in range(8))


def digest_of(key: str) -> str:
    """Return the SHA-256 of a whole key as 64 hex digits: the only form in which it is stored."""
    return hashlib.sha256(key.encode()).hexdigest()


class Scope(models.TextChoices):
    """What a key may do."""

    READ = "read", "Read"
    WRITE = "write", "Read and change"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Questions about keys."""

    def usable(self, now: datetime) -> Self:
        """Return the keys that are neither revoked nor expired at `now` (aware UTC)."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)

    def reaching(self, property_ids: Iterable[int]) -> Self:
        """Return the keys that reach at least one of these properties."""
        some = ApiKey.properties.through.objects.filter(property_id__in=list(property_ids))
        return self.filter(Q(is_unlimited=True) | Q(pk__in=some.values("apikey_id")))


class ApiKey(models.Model):
    """A partner's key, `seam_ls_<key id>_<secret>`. Only a digest is stored; it is shown once."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    key_id = models.CharField(max_length=8, unique=True, default=new_key_id, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.WRITE)
    is_unlimited = models.BooleanField(
        default=False, help_text="Reaches every property, and locks that belong to none yet."
    )
    properties = models.ManyToManyField(Property, blank=True, related_name="api_keys")
    rate_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(1_000_000)],
        help_text="Requests a minute. Empty: as for all keys; 0: as many as it likes.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_ip = models.GenericIPAddressField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} (seam_ls_{self.key_id}_…)"

    def is_usable(self, now: datetime) -> bool:
        """Return whether the key is neither revoked nor expired at `now` (aware UTC)."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    def reach(self) -> frozenset[int] | None:
        """Return the primary keys of the properties that it reaches, ``None``: everything."""
        return None if self.is_unlimited else frozenset(each.pk for each in self.properties.all())


class RequestWindow(models.Model):
    """How many requests the processes have taken from one key's limit within the last minute.

    `taken` holds pairs: when (seconds since 1970) and how many.
    """

    api_key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="+")
    taken = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.api_key)


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Questions about webhook endpoints; those that were deleted are asked for by nobody."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the endpoints that concern the actor.

        To a key, those that it made; to staff, those of the keys that reach one of their houses.
        """
        standing = self.filter(deleted_at=None)
        if actor.kind == "key":
            return standing.filter(api_key__key_id=actor.label)
        if actor.property_ids is None:
            return standing
        return standing.filter(api_key__in=ApiKey.objects.reaching(actor.property_ids))

    def sending(self, now: datetime) -> Self:
        """Return the endpoints that events are sent to at `now`."""
        return self.filter(
            deleted_at=None, disabled_at=None, api_key__in=ApiKey.objects.usable(now)
        )


class WebhookEndpoint(models.Model):
    """Where a partner wants events sent.

    `failing_since`: the first failure after the last success; empty while all is well, and before
    the first attempt. A deleted endpoint keeps its row until its deliveries are pruned.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    api_key = models.ForeignKey(ApiKey, models.PROTECT, related_name="webhook_endpoints")
    url = models.URLField(max_length=500)
    event_types = models.JSONField(default=list)
    secret = PinField(editable=False)
    old_secret = PinField(null=True, blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(old_secret=None, old_secret_until=None)
                | Q(old_secret__isnull=False, old_secret_until__isnull=False),
                name="webhookendpoint_old_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return str(self.uid)

    @property
    def host(self) -> str:
        """Return the host alone: the rest of the address may be as good as a password."""
        return urlsplit(self.url).hostname or ""

    def secrets(self, now: datetime) -> tuple[Pin, ...]:
        """Return what signs at `now`: the secret, and the one before it while that still counts.

        Raises `PinUnreadable`.
        """
        found = [self.secret]
        if (
            self.old_secret is not None
            and self.old_secret_until is not None
            and self.old_secret_until > now
        ):
            found.append(self.old_secret)
        return tuple(each.open(bound_to=self.uid) for each in found)


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Questions about deliveries."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the deliveries that concern the actor.

        To a key, those to its own endpoints; to staff, those of events at their houses.
        """
        standing = self.filter(endpoint__deleted_at=None)
        if actor.kind == "key":
            return standing.filter(endpoint__api_key__key_id=actor.label)
        if actor.property_ids is None:
            return standing
        return standing.filter(property_id__in=actor.property_ids)

    def due(self, now: datetime) -> Self:
        """Return the deliveries that are to be tried at `now` and that nobody is trying.

        What is dated later than any delivery can be was dated by a clock that was wrong.
        """
        too_late = now + max(DELAYS) + CLOCKS_DIFFER_BY
        free = (
            Q(leased_until=None)
            | Q(leased_until__lte=now)
            | Q(leased_until__gt=now + LEASE + CLOCKS_DIFFER_BY)
        )
        return self.filter(Q(due_at__lte=now) | Q(due_at__gt=too_late), free)


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint.

    Its body is frozen when it is made, sealed, and blanked once it has arrived. `uid` is the
    message's id, the same on every attempt. `attempts` counts those that failed since it was made
    or sent again, and the one that succeeded. Whoever tries holds a lease, `leased_until`, whose
    very time says whose it is. `property_id` is the event's.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    event_uid = models.UUIDField()
    event_type = models.CharField(max_length=80)
    property_id = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(
        max_length=10, choices=DeliveryState, default=DeliveryState.PENDING, editable=False
    )
    body = PinField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_failure = models.CharField(max_length=20, choices=Failure, blank=True)
    created_at = models.DateTimeField()

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event_uid"], name="webhookdelivery_once_per_event"
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.PENDING, due_at__isnull=False)
                | (~Q(state=DeliveryState.PENDING) & Q(due_at=None)),
                name="webhookdelivery_waiting_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=DeliveryState.DELIVERED, delivered_at__isnull=False, body__isnull=True
                )
                | (~Q(state=DeliveryState.DELIVERED) & Q(delivered_at=None)),
                name="webhookdelivery_arrived_has_no_body",
            ),
        ]
        indexes = [
            # which deliveries of an endpoint are due, and which endpoints have any
            models.Index(
                fields=["endpoint", "due_at"],
                name="webhookdelivery_due",
                condition=Q(due_at__isnull=False),
            ),
            # the newest deliveries of a property, on the desk
            models.Index(fields=["property_id", "-id"], name="webhookdelivery_by_property"),
            # which deliveries are old enough to go
            models.Index(fields=["created_at"], name="webhookdelivery_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.uid)

    @property
    def message_id(self) -> str:
        """Return the id under which every attempt goes out."""
        return f"msg_{self.uid.hex}"

    def body_text(self) -> Pin:
        """Return what is sent. Raises `PinUnreadable`, also when there is nothing any more."""
        if self.body is None:
            raise PinUnreadable("the body is gone")
        return self.body.open(bound_to=self.uid)


class StoredAnswer(models.Model):
    """What a request was answered, kept so that the same request, sent again, changes nothing.

    `caller` is the public part of the API key, `key` what the partner chose, or what stands for a
    request that clients repeat by themselves. `fingerprint` tells requests apart. The body is
    sealed: it may hold PINs.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    caller = models.CharField(max_length=8)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = PinField(editable=False)
    kept_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="storedanswer_once_per_key"),
        ]
        indexes = [
            # what may be forgotten
            models.Index(fields=["kept_until"], name="storedanswer_until"),
        ]

    def __str__(self) -> str:
        return str(self.uid)
