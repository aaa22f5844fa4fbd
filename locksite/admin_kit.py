"""What the admin pages of all apps share: facts are shown and not written, PINs are dots.

Administrators set things up here (properties, people, accounts, keys) and look at what happened.
Codes are written by the desk and the API, facts by the engine.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from locksite.actors import Actor
from locksite.pins import PinField
from locksite.visitors import address_of
from properties.staff import actor_of

MASK = "••••"


def visitor(request: HttpRequest) -> Actor:
    """Return the administrator as an actor, for services and the audit trail."""
    return actor_of(request.user, ip=address_of(request))  # type: ignore[arg-type]


def masked(field: str, label: str) -> Callable[[Any, models.Model], str]:
    """Return an admin column that shows dots where `field` holds something sealed."""

    @admin.display(description=label)
    def column(_: Any, row: models.Model) -> str:
        return MASK if getattr(row, field) else "-"

    return column


def plain_fields(model: type[models.Model]) -> list[str]:
    """Return the names of the model's columns that are fit to be shown: all but sealed ones."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if not isinstance(field, PinField) and not field.primary_key
    ]


class ReadOnlyMixin:
    """Rows that people look at: none is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one; the form shows what it holds."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes one."""
        return False


class ReadOnlyAdmin(ReadOnlyMixin, admin.ModelAdmin):
    """A list and a page to look at. Sealed columns are left out."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return every column that may be shown, unless the subclass chose."""
        return self.fields or plain_fields(self.model)


class ReadOnlyInline(ReadOnlyMixin, admin.TabularInline):
    """Rows that belong to another, to look at."""

    extra = 0
    show_change_link = True


class CarefulMixin:
    """Saving writes only the columns that the form changed, so that no fact is overwritten.

    The engine writes to the same rows; a whole-row save would undo what it wrote since the form
    was opened. There is no deleting in bulk, and `why_kept` may refuse to delete a row.
    """

    if TYPE_CHECKING:
        opts: Any
        model: type[models.Model]
        admin_site: Any

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Insert a new row, or update the changed columns."""
        if not change:
            obj.save()
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        changed = [name for name in form.changed_data if name in columns]
        if changed:
            obj.save(update_fields=changed)

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave out Django's "delete selected": each deletion is looked at by itself."""
        actions = super().get_actions(request)  # type: ignore[misc]
        actions.pop("delete_selected", None)
        return actions

    def why_kept(self, obj: Any) -> str:
        """Return a sentence that says why this row must stay; empty: it may go."""
        return ""

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Say why a row must stay instead of listing what protects it."""
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]
        reason = "" if row is None else self.why_kept(row)
        if reason:
            messages.error(request, reason)
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(name, args=[object_id]))
        return super().delete_view(request, object_id, extra_context)  # type: ignore[misc, no-any-return]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Look once more before the row goes."""
        if self.why_kept(obj):
            raise models.ProtectedError(self.why_kept(obj), {obj})
        obj.delete()


class FindsByUid:
    """Searching also finds a row by its whole public id."""

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Return the usual matches, or the one row whose `uid` was given."""
        try:
            return queryset.filter(uid=UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)  # type: ignore[misc, no-any-return]
