"""Partners in the admin: keys are made here and shown once; deliveries are looked at."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from locksite.admin_kit import (
    CarefulMixin,
    FindsByUid,
    ReadOnlyAdmin,
    ReadOnlyInline,
    masked,
    visitor,
)
from locksite.errors import RuleBroken
from locksite.partners import webhooks
from locksite.partners.models import (
    ApiKey,
    Scope,
    WebhookDelivery,
    WebhookDeliveryQuerySet,
    WebhookEndpoint,
)
from locksite.partners.services import (
    create_key,
    note_change,
    revoke_key,
    rotate_key,
    terms_of,
)


class WebhookEndpointInline(ReadOnlyInline):
    """Where this key wants its events sent."""

    model = WebhookEndpoint
    fields = readonly_fields = ("url", "event_types", "created_at", "disabled_at", "deleted_at")


@admin.register(ApiKey)
class ApiKeyAdmin(CarefulMixin, FindsByUid, admin.ModelAdmin):
    """Keys. The text of a new one is on the page that answers its making, and nowhere else."""

    list_display = (
        *("name", "shown_id", "scope", "is_unlimited", "created_at"),
        *("expires_at", "revoked_at", "last_used_at", "last_used_ip"),
    )
    list_filter = ("scope", "is_unlimited", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "key_id")
    ordering = ("-id",)
    filter_horizontal = ("properties",)
    fields = ("name", "scope", "is_unlimited", "properties", "expires_at", "rate_limit")
    inlines = (WebhookEndpointInline,)
    actions = ("rotate", "revoke")
    _facts = ("shown_id", "created_at", "revoked_at", "last_used_at", "last_used_ip")

    @admin.display(description="Key", ordering="key_id")
    def shown_id(self, key: ApiKey) -> str:
        """Return as much of the key as may be known."""
        return f"seam_ls_{key.key_id}_…"

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """Show the facts of a key that is there."""
        return self.fields if obj is None else (*self.fields, *self._facts)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """Facts are not written; they depend on nothing in the form."""
        return self._facts

    def get_inlines(self, request: HttpRequest, obj: ApiKey | None) -> Any:
        """A key that is being made has no endpoints."""
        return () if obj is None else self.inlines

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """A key is revoked; its row says who it was in the audit trail."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may change keys may revoke them."""
        return self.has_change_permission(request)

    def has_rotate_permission(self, request: HttpRequest) -> bool:
        """Who may make keys may make others in their place."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm, change: bool) -> None:
        """Make a new key through the service, which alone sees its text."""
        if change:
            before = terms_of(ApiKey.objects.get(pk=obj.pk))
            request.key_before = before  # type: ignore[attr-defined]
            super().save_model(request, obj, form, change)
            return
        wanted = form.cleaned_data
        key, text = create_key(
            wanted["name"],
            None if wanted["is_unlimited"] else wanted["properties"],
            actor=visitor(request),
            now=timezone.now(),
            scope=Scope(wanted["scope"]),
            expires_at=wanted["expires_at"],
            rate_limit=wanted["rate_limit"],
        )
        obj.pk = key.pk
        obj._state.adding = False
        obj.refresh_from_db()
        request.new_key = text  # type: ignore[attr-defined]

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool
    ) -> None:
        """Write the properties, and down what was changed in all."""
        super().save_related(request, form, formsets, change)
        if change:
            before: dict[str, Any] = request.key_before  # type: ignore[attr-defined]
            note_change(form.instance, before, actor=visitor(request), now=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key in this answer: a message would be kept in a cookie or the session.

        Nothing in the admin is cached: Django's own views say so in every answer.
        """
        return self._shown(request, [(obj, request.new_key)])  # type: ignore[attr-defined]

    def _shown(self, request: HttpRequest, made: list[tuple[ApiKey, str]]) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Key made" if len(made) == 1 else "Keys made",
            "opts": self.opts,
            "made": made,
        }
        return TemplateResponse(request, "admin/partners/apikey/made.html", context)

    @admin.action(
        description="Make new keys in place of the selected ones", permissions=["rotate"]
    )
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        """Show the new keys once; the old ones end a day later."""
        now, made = timezone.now(), []
        for key in queryset.order_by("pk"):
            try:
                made.append(rotate_key(key, actor=visitor(request), now=now))
            except RuleBroken as broken:
                messages.error(request, f"{key}: {broken.message}")
            else:
                self.log_change(request, key, "Rotated.")
        return self._shown(request, made) if made else None

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Refuse these keys from now on."""
        now = timezone.now()
        keys = list(queryset.filter(revoked_at=None))
        for key in keys:
            revoke_key(key, actor=visitor(request), now=now)
            self.log_change(request, key, "Revoked.")
        messages.success(request, f"Revoked: {len(keys)}. They are refused from now on.")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(FindsByUid, ReadOnlyAdmin):
    """Where events go. Endpoints are made through the API, by the key they belong to."""

    list_display = (
        *("url", "api_key", "created_at", "failing_since", "disabled_at", "deleted_at"),
        "sealed_secret",
    )
    list_filter = (
        ("disabled_at", admin.EmptyFieldListFilter),
        ("failing_since", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("api_key",)
    search_fields = ("url", "api_key__name")
    ordering = ("-id",)
    actions = ("switch_off", "switch_on", "rotate_secret")
    sealed_secret = masked("secret", "Secret")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may change endpoints may operate them; there is no form to change them in."""
        return super().has_view_permission(request) and request.user.has_perm(
            "partners.change_webhookendpoint"
        )

    def _do(
        self,
        request: HttpRequest,
        queryset: QuerySet[WebhookEndpoint],
        deed: Callable[..., object],
        said: str,
    ) -> None:
        """Do the same to each endpoint that stands, and say to how many."""
        now, done = timezone.now(), 0
        for endpoint in queryset.filter(deleted_at=None).select_related("api_key"):
            if deed(endpoint, actor=visitor(request), now=now) is not False:
                self.log_change(request, endpoint, said)
                done += 1
        messages.success(request, f"{said}: {done}.")

    @admin.action(description="Switch off: send nothing more", permissions=["operate"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Send nothing there until somebody switches it on."""
        self._do(request, queryset, webhooks.switch_off, "Switched off")

    @admin.action(description="Switch on: send what happens from now on", permissions=["operate"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Send again; what was missed is sent again from the list of deliveries."""
        self._do(request, queryset, webhooks.switch_on, "Switched on")

    @admin.action(
        description="New secret: the old one signs as well for 24 hours", permissions=["operate"]
    )
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Make a new secret, which the partner reads with its key at /webhooks/get."""
        self._do(request, queryset, webhooks.rotate_secret, "New secret")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(FindsByUid, ReadOnlyAdmin):
    """Events on their way, and what became of each."""

    list_display = (
        *("event_type", "endpoint_host", "state", "attempts", "last_status", "last_failure"),
        *("created_at", "tried_at", "due_at", "delivered_at"),
    )
    list_filter = ("state", "last_failure", "event_type")
    list_select_related = ("endpoint",)
    search_fields = ("endpoint__url", "event_type")
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("send_again",)

    @admin.display(description="To")
    def endpoint_host(self, delivery: WebhookDelivery) -> str:
        """Return where it goes."""
        return delivery.endpoint.host

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Who may change deliveries may send them; there is no form to change them in."""
        return super().has_view_permission(request) and request.user.has_perm(
            "partners.change_webhookdelivery"
        )

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: WebhookDeliveryQuerySet) -> None:
        """Send these once more, with all attempts before them."""
        chosen = queryset.count()
        done = webhooks.send_again(queryset, now=timezone.now())
        messages.success(request, f"Sent again: {done}.")
        if done < chosen:
            messages.warning(
                request,
                f"Left out: {chosen - done}. They arrived, are being sent, were dropped, or their "
                "webhook is switched off.",
            )
