"""The journal: events that partners and staff see, and the audit trail. Append-only.

The lowest app: it keeps plain ids and knows no other model, so nothing that happens to a lock or a
code can take its history away.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from locksite.actors import Actor
from locksite.masked import Pin
from locksite.pins import PinField, seal

if TYPE_CHECKING:
    from uuid import UUID


class EventQuerySet(models.QuerySet["Event"]):
    """Questions about events."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the events of the properties within the actor's reach."""
        if actor.property_ids is None:
            return self
        return self.filter(property_id__in=actor.property_ids)

    def newest_first(self) -> Self:
        """Return events in the order people read them."""
        return self.order_by("-id")

    def not_fanned_out(self) -> Self:
        """Return the events that nobody has handed on to partners yet, oldest first."""
        return self.filter(fanned_out_at=None).order_by("id")

    def append(self, event_type: str, **facts: Any) -> "Event":
        """Write one event; takes what `new_event` takes."""
        event = new_event(event_type, **facts)
        event.save(force_insert=True)
        return event


class Event(models.Model):
    """Something that happened, as the API, webhooks and the desk show it. Never changed.

    The primary key gives the order of writing. `property_id` is a copy made at writing, so that
    moving a lock to another property does not hand its past over. `fanned_out_at` alone is written
    later, once: when deliveries were made of the event.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event_type = models.CharField(max_length=80)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField()
    property_id = models.BigIntegerField(null=True, blank=True)
    device_uid = models.UUIDField(null=True, blank=True)
    access_code_uid = models.UUIDField(null=True, blank=True)
    connected_account_uid = models.UUIDField(null=True, blank=True)
    action_attempt_uid = models.UUIDField(null=True, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    pin = PinField(null=True, blank=True, editable=False)
    fanned_out_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            # /events/list: since or between, newest first
            models.Index(fields=["created_at", "id"], name="event_by_time"),
            # the lock page's last events
            models.Index(fields=["device_uid", "-id"], name="event_by_device"),
            # the code page's events
            models.Index(fields=["access_code_uid", "-id"], name="event_by_code"),
            # the activity page of one property
            models.Index(fields=["property_id", "-id"], name="event_by_property"),
            # which events deliveries are still to be made of
            models.Index(
                fields=["id"],
                name="event_not_fanned_out",
                condition=models.Q(fanned_out_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.uid}"


def new_event(
    event_type: str,
    *,
    occurred_at: datetime,
    now: datetime,
    property_id: int | None,
    device_uid: "UUID | None" = None,
    access_code_uid: "UUID | None" = None,
    connected_account_uid: "UUID | None" = None,
    action_attempt_uid: "UUID | None" = None,
    payload: Mapping[str, Any] | None = None,
    pin: Pin | None = None,
) -> Event:
    """Return an event that is still to be written.

    `payload` holds the extra fields of its type, without any digits of a PIN; `pin`, when given,
    is sealed beside it and appears on the wire as `code`. Times are aware UTC.
    """
    uid = uuid.uuid4()
    return Event(
        uid=uid,
        event_type=event_type,
        occurred_at=occurred_at,
        created_at=now,
        property_id=property_id,
        device_uid=device_uid,
        access_code_uid=access_code_uid,
        connected_account_uid=connected_account_uid,
        action_attempt_uid=action_attempt_uid,
        payload=dict(payload or {}),
        pin=None if pin is None else seal(pin, bound_to=uid),
    )


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Questions about the audit trail."""

    def for_actor(self, actor: Actor) -> Self:
        """Return the entries of the properties within the actor's reach."""
        if actor.property_ids is None:
            return self
        return self.filter(property_id__in=actor.property_ids)

    def append(
        self,
        actor: Actor,
        action: str,
        *,
        now: datetime,
        property_id: int | None,
        object_type: str,
        object_uid: "UUID",
        detail: Mapping[str, Any] | None = None,
    ) -> "AuditEntry":
        """Write who did what to which thing. `detail` must hold no PIN and no key."""
        return self.create(
            at=now,
            actor_kind=actor.kind,
            actor_label=actor.label,
            ip=actor.ip,
            action=action,
            property_id=property_id,
            object_type=object_type,
            object_uid=object_uid,
            detail=dict(detail or {}),
        )


class AuditEntry(models.Model):
    """Who did what, PIN reveals included. Triggers of the database refuse UPDATE and DELETE."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_label = models.CharField(max_length=150)
    ip = models.GenericIPAddressField(null=True, blank=True)
    action = models.CharField(max_length=60)
    property_id = models.BigIntegerField(null=True, blank=True)
    object_type = models.CharField(max_length=40)
    object_uid = models.UUIDField()
    detail = models.JSONField(default=dict, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            # who has seen or changed this thing
            models.Index(fields=["object_uid", "-id"], name="audit_by_object"),
            # the activity page of one property
            models.Index(fields=["property_id", "-id"], name="audit_by_property"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.action} {self.object_type}"
