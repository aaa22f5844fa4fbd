"""The journal in the admin: to look at, never to change."""

from django.contrib import admin

from locksite.admin_kit import FindsByUid, ReadOnlyAdmin, masked
from locksite.journal.models import AuditEntry, Event


@admin.register(Event)
class EventAdmin(FindsByUid, ReadOnlyAdmin):
    """What happened, newest first."""

    list_display = ("occurred_at", "event_type", "device_uid", "access_code_uid", "sealed_pin")
    list_filter = ("event_type",)
    search_fields = ("event_type",)
    ordering = ("-id",)
    show_full_result_count = False
    sealed_pin = masked("pin", "PIN")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, newest first."""

    list_display = ("at", "actor_kind", "actor_label", "action", "object_type", "object_uid", "ip")
    list_filter = ("action", "actor_kind", "object_type")
    search_fields = ("actor_label", "action")
    ordering = ("-id",)
    show_full_result_count = False
