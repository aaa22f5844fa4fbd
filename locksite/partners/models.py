"""Partners: the keys they call with, what they were answered, the webhooks they are sent."""

import hashlib
import secrets
import uuid
from datetime import datetime
from typing import Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from locksite.actors import Actor
from locksite.pins import PinField
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


class RequestWindow(models.Model):
    """How many requests the processes have taken from one key's limit within the last minute.

    `taken` holds pairs: when (seconds since 1970) and how many.
    """

    api_key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="+")
    taken = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.api_key)


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Questions about webhook endpoints."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the endpoints that the key `actor` made; all of them for an administrator."""
        return self.filter(api_key__key_id=actor.label) if actor.kind == "key" else self


class WebhookEndpoint(models.Model):
    """Where a partner wants events sent."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    api_key = models.ForeignKey(ApiKey, models.PROTECT, related_name="webhook_endpoints")
    url = models.URLField(max_length=500)
    event_types = models.JSONField(default=list)
    secret = PinField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookEndpointQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.uid)


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint; its body is frozen, and sealed until delivery."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    event_uid = models.UUIDField()
    event_type = models.CharField(max_length=80)
    body = PinField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event_uid"], name="webhookdelivery_once_per_event"
            ),
        ]
        indexes = [
            # which deliveries are due
            models.Index(
                fields=["due_at"], name="webhookdelivery_due", condition=Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.uid)


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
