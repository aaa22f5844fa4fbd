"""Codes in the admin: to look at. They are issued, changed and withdrawn by services alone.

Nothing here drops a row: a code's row stays until, and after, its PIN is proven off the lock.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accesscodes.models import (
    AccessCode,
    ActionAttempt,
    EngineBeat,
    Installation,
    LockCommand,
    LockReading,
    Problem,
    Transition,
    UnmanagedCode,
)
from accesscodes.services import withdraw_code
from locksite.admin_kit import FindsByUid, ReadOnlyAdmin, ReadOnlyInline, masked, visitor
from locksite.errors import RuleBroken


def without(model: Any, *names: str) -> tuple[str, ...]:
    """Return the columns of a model that are shown: all but keyed indexes of PINs and `names`."""
    hidden = {"pin", "pin_index", "known_pins", "id", *names}
    return tuple(f.name for f in model._meta.concrete_fields if f.name not in hidden)


class InstallationInline(ReadOnlyInline):
    """The code's entries on the lock."""

    model = Installation
    fields = readonly_fields = (
        *("slot", "placement", "hidden_pin", "revision", "seen_at"),
        *("attempts", "retry_at", "error_code", "error_message"),
    )
    ordering = ("-id",)
    hidden_pin = masked("pin", "PIN")


class TransitionInline(ReadOnlyInline):
    """What was said of the code, and when."""

    model = Transition
    fields = readonly_fields = ("at", "from_status", "to_status", "revision")
    ordering = ("-id",)
    show_change_link = False


@admin.register(AccessCode)
class AccessCodeAdmin(FindsByUid, ReadOnlyAdmin):
    """Codes."""

    list_display = (
        *("name", "device", "property", "hidden_pin", "kind", "starts_at", "ends_at"),
        *("status", "withdrawn_at", "gone_at"),
    )
    list_filter = ("status", "kind", "is_offline", "is_backup", "device__property")
    list_select_related = ("device__property",)
    search_fields = ("name", "device__nickname", "device__reported_name", "created_by")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    show_full_result_count = False
    inlines = (InstallationInline, TransitionInline)
    actions = ("withdraw",)
    fields = ("hidden_pin", *without(AccessCode))
    hidden_pin = masked("pin", "PIN")

    @admin.display(description="Property", ordering="device__property__name")
    def property(self, code: AccessCode) -> str:
        """Return where the lock hangs."""
        return "" if code.device.property is None else code.device.property.name

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Who may delete codes may withdraw them: that is what deleting means here."""
        return bool(request.user.has_perm("accesscodes.delete_accesscode"))

    @admin.action(description="Withdraw the selected codes", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[AccessCode]) -> None:
        """Take these codes off their locks; the rows stay."""
        now, withdrawn = timezone.now(), 0
        for code in queryset.select_related("device"):
            try:
                withdraw_code(code, actor=visitor(request), now=now)
            except RuleBroken as refused:
                messages.error(request, f"{code}: {refused.message}")
            else:
                self.log_change(request, code, "Withdrawn.")
                withdrawn += 1
        if withdrawn:
            messages.success(
                request, f"Withdrawn: {withdrawn}. Each stays listed until its lock shows it gone."
            )


@admin.register(Installation)
class InstallationAdmin(FindsByUid, ReadOnlyAdmin):
    """Entries on locks."""

    list_display = (
        *("code", "device", "slot", "placement", "hidden_pin", "seen_at"),
        *("attempts", "error_code", "audit_until"),
    )
    list_filter = ("placement", "error_code", "device__property")
    list_select_related = ("code", "device")
    search_fields = ("code__name", "device__nickname", "device__reported_name")
    ordering = ("-id",)
    show_full_result_count = False
    fields = ("hidden_pin", *without(Installation, "content", "sent"))
    hidden_pin = masked("pin", "PIN")


@admin.register(UnmanagedCode)
class UnmanagedCodeAdmin(FindsByUid, ReadOnlyAdmin):
    """Entries on locks that are not ours."""

    list_display = (
        *("name", "device", "slot", "hidden_pin", "starts_at", "ends_at"),
        *("first_seen_at", "gone_at", "wish"),
    )
    list_filter = (("gone_at", admin.EmptyFieldListFilter), "wish", "device__property")
    list_select_related = ("device",)
    search_fields = ("name", "device__nickname", "device__reported_name")
    ordering = ("-id",)
    show_full_result_count = False
    fields = ("hidden_pin", *without(UnmanagedCode))
    hidden_pin = masked("pin", "PIN")


@admin.register(LockCommand)
class LockCommandAdmin(FindsByUid, ReadOnlyAdmin):
    """What locks were asked to do."""

    list_display = ("asked_at", "device", "action", "slot", "outcome", "answered_at", "error_code")
    list_filter = ("outcome", "action", "error_code")
    list_select_related = ("device",)
    search_fields = ("device__nickname", "device__reported_name")
    ordering = ("-id",)
    show_full_result_count = False
    fields = without(LockCommand)


@admin.register(LockReading)
class LockReadingAdmin(ReadOnlyAdmin):
    """Looks at locks."""

    list_display = ("at", "device", "is_good", "entries", "error_code")
    list_filter = ("is_good", "error_code")
    list_select_related = ("device",)
    search_fields = ("device__nickname", "device__reported_name")
    ordering = ("-id",)
    show_full_result_count = False
    fields = without(LockReading)


@admin.register(Transition)
class TransitionAdmin(ReadOnlyAdmin):
    """Changes of what is said of codes."""

    list_display = ("at", "code", "from_status", "to_status", "revision")
    list_filter = ("to_status",)
    list_select_related = ("code",)
    search_fields = ("code__name",)
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(ActionAttempt)
class ActionAttemptAdmin(FindsByUid, ReadOnlyAdmin):
    """What partners asked for."""

    list_display = ("created_at", "action_type", "device", "code", "status", "error_type")
    list_filter = ("action_type", "status")
    list_select_related = ("device", "code")
    search_fields = ("code__name", "device__nickname", "device__reported_name")
    ordering = ("-id",)
    show_full_result_count = False
    # A result may hold a code with its digits.
    fields = without(ActionAttempt, "result")


@admin.register(Problem)
class ProblemAdmin(FindsByUid, ReadOnlyAdmin):
    """What staff should know, and what they did know."""

    list_display = ("opened_at", "severity", "cause", "device", "code", "since", "closed_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter), "severity", "cause")
    list_select_related = ("device", "code")
    search_fields = ("cause", "code__name", "device__nickname", "device__reported_name")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(EngineBeat)
class EngineBeatAdmin(ReadOnlyAdmin):
    """Engines, and when each last gave a sign of life."""

    list_display = ("engine_id", "host", "pid", "started_at", "beat_at", "stopped_at")
    ordering = ("-beat_at",)
