"""Properties, people, accounts and locks in the admin; virtual locks with their faults.

What a lock reports is shown and not written. A row that holds a lock's or a code's past stays.
"""

import re
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from locksite.admin_kit import (
    MASK,
    CarefulMixin,
    FindsByUid,
    ReadOnlyAdmin,
    ReadOnlyInline,
    masked,
    plain_fields,
    visitor,
)
from locksite.doors import real_doors
from locksite.errors import RuleBroken
from locksite.masked import Pin
from locksite.pins import seal
from locksite.visitors import address_of
from properties import connecting, services
from properties.choices import Fault, ProviderKind
from properties.models import (
    Device,
    InboundNotice,
    Membership,
    Property,
    ProviderAccount,
    VirtualLock,
    VirtualSlot,
)
from properties.providers.seam.client import endpoint_problem
from properties.providers.virtual import people
from properties.providers.virtual.catalogue import CATALOGUE, Group
from properties.providers.virtual.makes import MAKES
from properties.providers.virtual.traits import NEXT_CALLS, PARAMETERS, Parameter, problems_of
from properties.staff import actor_of

User = get_user_model()


def counted(number: int, word: str) -> str:
    """Return "1 lock" or "3 locks"."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


# ---- Properties and their people ----------------------------------------------------------------


class MembershipInline(admin.TabularInline):
    """Who works at a property, and as what."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user", "property")


class PropertyForm(forms.ModelForm):
    """A property, with its zone chosen from the list of zones."""

    time_zone = forms.ChoiceField(
        choices=[(name, name) for name in sorted(available_timezones())],
        initial="UTC",
        help_text="All its people read times in this zone.",
    )
    key_box_code = forms.CharField(
        required=False,
        max_length=20,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Opens the key box of Plan B. Stored sealed and not shown here again; "
        "empty: it stays as it is.",
    )
    forget_key_box = forms.BooleanField(required=False, label="Forget the key-box code")

    class Meta:
        model = Property
        fields = (
            *("name", "slug", "city", "address", "time_zone", "check_in_time"),
            *("check_out_time", "just_in_time_lead", "plan_b"),
            *("key_box_code", "forget_key_box"),
            *("phone", "keypad_hint", "guest_page_url"),
        )


@admin.register(Property)
class PropertyAdmin(CarefulMixin, admin.ModelAdmin):
    """Houses."""

    form = PropertyForm
    list_display = ("name", "city", "time_zone", "lock_count", "slug")
    search_fields = ("name", "slug", "city")
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the locks in the same query."""
        return super().get_queryset(request).annotate(locks=Count("devices"))

    def save_model(
        self, request: HttpRequest, obj: Property, form: forms.ModelForm, change: bool
    ) -> None:
        """Save, and let the engine plan anew where codes are due at another time now."""
        super().save_model(request, obj, form, change)
        code = form.cleaned_data["key_box_code"]
        if code or form.cleaned_data["forget_key_box"]:
            services.set_key_box(
                obj,
                Pin(code) if code else None,
                actor=actor_of(cast("AbstractBaseUser", request.user), ip=address_of(request)),
                now=timezone.now(),
            )
        if "just_in_time_lead" in form.changed_data:
            obj.devices.poke(timezone.now())

    @admin.display(description="Locks", ordering="locks")
    def lock_count(self, row: Any) -> int:
        """Return how many locks there are."""
        return int(row.locks)

    def why_kept(self, obj: Property) -> str:
        """A property with locks stays."""
        locks = obj.devices.count()
        if not locks:
            return ""
        live = obj.devices.filter(codes__isnull=False, codes__gone_at=None).count()
        return (
            f"{obj} has {counted(locks, 'lock')} with {counted(live, 'live code')}. "
            "Move its locks to another property first."
        )


@admin.register(Membership)
class MembershipAdmin(CarefulMixin, admin.ModelAdmin):
    """Who works where."""

    list_display = ("user", "property", "role")
    list_filter = ("role", "property")
    list_select_related = ("user", "property")
    search_fields = ("user__username", "user__last_name", "property__name")
    ordering = ("property__name", "user__username")
    autocomplete_fields = ("user", "property")


class StaffUserAdmin(UserAdmin):
    """Users, with the properties they work at."""

    inlines = (MembershipInline,)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A user who is being made has no properties yet."""
        return () if obj is None else self.inlines


admin.site.unregister(User)
admin.site.register(User, StaffUserAdmin)


# ---- Accounts -----------------------------------------------------------------------------------


class AccountForm(forms.ModelForm):
    """An account. Its secrets are written here and never shown again."""

    endpoint = forms.URLField(label="Address", required=False, assume_scheme="https")
    webhook_secret = forms.CharField(
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="whsec_…; several while one replaces another, separated by commas. "
        "Empty: what is stored stays.",
    )

    class Meta:
        model = ProviderAccount
        fields = ("name", "endpoint")

    def clean_endpoint(self) -> str:
        """Refuse an address to which keys and PINs do not go."""
        address: str = self.cleaned_data["endpoint"]
        problem = endpoint_problem(address)
        if self.instance.kind == ProviderKind.SEAM and problem is not None:
            raise forms.ValidationError(problem)
        return address


class ConnectForm(forms.Form):
    """A Seam workspace that is to be connected, or connected anew with another key."""

    name = forms.CharField(
        max_length=100,
        help_text="What it is called here. An account of this name is connected anew.",
    )
    endpoint = forms.URLField(label="Address", assume_scheme="https", initial=connecting.SEAM)
    api_key = forms.CharField(
        label="API key",
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="It is tried before it is stored, sealed.",
    )
    house = forms.ModelChoiceField(
        Property.objects.order_by("name"),
        label="Property",
        required=False,
        help_text="Where locks go that are in no property yet.",
    )


@admin.register(ProviderAccount)
class ProviderAccountAdmin(CarefulMixin, FindsByUid, admin.ModelAdmin):
    """Through what locks are reached. Seam's are connected on a page of their own."""

    form = AccountForm
    change_list_template = "admin/properties/provideraccount/list.html"
    list_display = ("name", "kind", "state", "problem", "lock_count", "refreshed_at")
    list_filter = ("kind", "state")
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("read_again", "disconnect")
    _facts = ("uid", "state", "problem", "refreshed_at", "due_at", "created_at")
    has_api_key = masked("credentials", "Stored API key")

    def get_fields(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        """Show the facts of an account that is there, and what Seam's have besides."""
        if obj is None:
            return ("name",)
        if obj.kind == ProviderKind.VIRTUAL:
            return ("kind", "name", *self._facts)
        return (
            *("kind", "name", "endpoint", "webhook_secret", "has_api_key", "another_key"),
            *self._facts,
        )

    def get_readonly_fields(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        """Facts are not written, and an account does not change its kind."""
        return (*self._facts, "kind", "has_api_key", "another_key")

    @admin.display(description="Another key")
    def another_key(self, obj: ProviderAccount) -> str:
        """Return the way to the page that connects this account anew."""
        query = urlencode({"name": obj.name, "endpoint": obj.endpoint})
        page = reverse("admin:properties_provideraccount_connect")
        return format_html('<a href="{}?{}">Connect it anew</a>', page, query)

    def get_urls(self) -> Any:
        """Add the page that connects a workspace."""
        page = self.admin_site.admin_view(self.connect)
        name = "properties_provideraccount_connect"
        return [path("connect/", page, name=name), *super().get_urls()]

    def connect(self, request: HttpRequest) -> HttpResponse:
        """Ask for a key, and connect what it opens.

        Not within one transaction, as the admin's other pages are: the engine would wait until
        Seam has answered.
        """
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        if request.method == "POST":
            form = ConnectForm(request.POST)
        else:
            known = {key: request.GET[key] for key in ("name", "endpoint") if request.GET.get(key)}
            form = ConnectForm(initial=known)
        if form.is_valid():
            found = self._connected(request, form)
            if found is not None:
                page = reverse("admin:properties_provideraccount_change", args=[found.account.pk])
                return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": "Connect a Seam workspace",
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/properties/provideraccount/connect.html", context)

    def _connected(self, request: HttpRequest, form: ConnectForm) -> connecting.Connected | None:
        """Connect what the form says and say so; else put the reason next to its field."""
        asked = form.cleaned_data
        try:
            found = connecting.connect(
                asked["name"],
                asked["endpoint"],
                Pin(asked["api_key"]),
                asked["house"],
                actor=visitor(request),
                doors=real_doors(),
            )
        except RuleBroken as broken:
            form.add_error(broken.field, broken.message)
            return None
        locks = counted(found.locks, "lock")
        messages.success(request, f"Connected to the workspace {found.workspace.name}: {locks}.")
        if not found.has_webhook:
            messages.warning(
                request, "It sends no webhooks here: it is asked every minute what happened."
            )
        return found

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the locks in the same query."""
        return super().get_queryset(request).annotate(locks=Count("devices"))

    @admin.display(description="Locks", ordering="locks")
    def lock_count(self, row: Any) -> int:
        """Return how many locks it has shown us."""
        return int(row.locks)

    def why_kept(self, obj: ProviderAccount) -> str:
        """An account with locks stays."""
        locks = obj.devices.count() or obj.virtual_locks.count()
        if not locks:
            return ""
        return f"{obj} has {counted(locks, 'lock')}. Their codes could no longer be taken off."

    def save_model(
        self, request: HttpRequest, obj: ProviderAccount, form: forms.ModelForm, change: bool
    ) -> None:
        """Seal the secret, and have the account read at once."""
        if not change:
            obj.kind = ProviderKind.VIRTUAL
        written = ["due_at"]
        if text := form.cleaned_data.get("webhook_secret"):
            obj.webhook_secrets = seal(Pin(text), bound_to=obj.uid)
            written.append("webhook_secrets")
        obj.due_at = timezone.now()
        super().save_model(request, obj, form, change)
        if change:
            obj.save(update_fields=written)

    @admin.action(description="Read the list of locks again", permissions=["change"])
    def read_again(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Ask the engine to read these accounts now."""
        number = queryset.update(due_at=timezone.now())
        messages.success(request, f"The engine reads {counted(number, 'account')} now.")

    @admin.action(description="Disconnect: forget the API key", permissions=["change"])
    def disconnect(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Forget the keys of accounts that have one. Codes stay, and read as unknown."""
        accounts = list(queryset.exclude(credentials=None))
        for account in accounts:
            connecting.disconnect(account, actor=visitor(request), doors=real_doors())
        messages.success(request, f"Disconnected {counted(len(accounts), 'account')}.")


# ---- Locks --------------------------------------------------------------------------------------


@admin.register(Device)
class DeviceAdmin(CarefulMixin, FindsByUid, admin.ModelAdmin):
    """Locks as their accounts report them; their property and the name staff use are set here."""

    list_display = (
        *("display_name", "property", "account", "device_type", "is_managed"),
        *("is_online", "takes_codes", "reported_at", "last_read_at"),
    )
    list_filter = ("property", "account", "is_managed", "device_type")
    list_select_related = ("property", "account")
    search_fields = ("nickname", "reported_name", "remote_id")
    ordering = ("property__name", "reported_name", "pk")
    autocomplete_fields = ("property",)
    actions = ("look_again", "manage", "stop_managing")
    _wishes = ("nickname", "property")
    _engine = (
        *("capability_facts", "last_read_at", "failing_since", "failures", "due_at"),
        *("generation", "lease_token", "lease_owner", "lease_until"),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Device | None = None) -> Any:
        """Show what is set here first, then what was reported, then the engine's book-keeping."""
        facts = self.get_readonly_fields(request, obj)
        engine = [name for name in facts if name in self._engine]
        reported = [name for name in facts if name not in self._engine]
        return (
            ("Set here", {"fields": self._wishes}),
            ("As its account reports it", {"fields": reported}),
            ("The engine's book-keeping", {"fields": engine, "classes": ("collapse",)}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Device | None = None) -> Any:
        """All but name and property are facts."""
        return [name for name in plain_fields(Device) if name not in self._wishes]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Locks come from their account."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Device, form: forms.ModelForm, change: bool
    ) -> None:
        """Save, and let the engine plan anew for a lock that hangs elsewhere now."""
        super().save_model(request, obj, form, change)
        if "property" in form.changed_data:
            Device.objects.poke(timezone.now(), [obj.pk])

    @admin.display(description="Lock", ordering="reported_name")
    def display_name(self, device: Device) -> str:
        """Return the name that staff see."""
        return device.display_name

    @admin.display(description="Online", boolean=True)
    def is_online(self, device: Device) -> bool | None:
        """Return what the account says of its connection."""
        online = device.properties.get("online")
        return online if isinstance(online, bool) else None

    @admin.display(description="Takes codes", boolean=True)
    def takes_codes(self, device: Device) -> bool:
        """Return the flag as it is reported; a missing one counts as false."""
        return device.flags.get("can_program_online_access_codes") is True

    def why_kept(self, obj: Device) -> str:
        """A lock that ever had a code stays."""
        codes = obj.codes.count()
        if not codes:
            return ""
        live = obj.codes.filter(gone_at=None).count()
        return (
            f"{obj} has had {counted(codes, 'code')}, {live} of them may still be on the lock. "
            "Its history stays; take it out of its property instead."
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Readings go with a lock that never had a code."""
        names, counts, needed, protected = super().get_deleted_objects(objs, request)
        return names, counts, needed - {"lock reading"}, protected

    @admin.action(description="Look at the lock again", permissions=["change"])
    def look_again(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        """Ask the engine to read these locks now."""
        ids = list(queryset.values_list("pk", flat=True))
        number = Device.objects.poke(timezone.now(), ids)
        messages.success(request, f"The engine looks at {counted(number, 'lock')} now.")

    @admin.action(description="Manage the lock", permissions=["change"])
    def manage(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        """Let Locksite work on these locks."""
        for device in queryset:
            services.manage(device, actor=visitor(request), now=timezone.now())
            messages.success(request, f"{device} is managed.")

    @admin.action(description="Stop managing the lock", permissions=["change"])
    def stop_managing(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        """Leave these locks alone from now on; those with codes of ours stay managed."""
        for device in queryset:
            try:
                services.stop_managing(device, actor=visitor(request), now=timezone.now())
            except RuleBroken as rule:
                messages.error(request, f"{device}: {rule.message}")
            else:
                messages.success(request, f"{device} is left alone now.")


@admin.register(InboundNotice)
class InboundNoticeAdmin(ReadOnlyAdmin):
    """Webhooks that providers sent us."""

    list_display = ("received_at", "account", "event_type", "device_remote_id", "handled_at")
    list_filter = ("account", ("handled_at", admin.EmptyFieldListFilter))
    list_select_related = ("account",)
    search_fields = ("message_id", "event_type", "device_remote_id")
    ordering = ("-id",)
    show_full_result_count = False


# ---- Virtual locks ------------------------------------------------------------------------------


class VirtualSlotInline(ReadOnlyInline):
    """What was written into the lock's memory, newest first."""

    model = VirtualSlot
    verbose_name = "memory write"
    fields = readonly_fields = (
        *("slot", "hidden_pin", "name", "starts_at", "ends_at", "is_enabled", "is_foreign"),
        "effective_at",
    )
    ordering = ("-effective_at", "-id")
    show_change_link = False

    @admin.display(description="PIN")
    def hidden_pin(self, slot: VirtualSlot) -> str:
        """Return dots, or that the slot was emptied."""
        return MASK if slot.pin else "erased"


def _number_field(parameter: Parameter) -> forms.Field:
    """Return the field for a number that tunes a fault; empty is what holds for most locks."""
    if not parameter.is_whole:
        return forms.FloatField(
            label=parameter.label,
            help_text=parameter.help,
            required=False,
            min_value=parameter.least,
            max_value=parameter.most,
        )
    return forms.IntegerField(
        label=parameter.label,
        help_text=f"{parameter.help} Empty: {parameter.default}.",
        required=False,
        min_value=int(parameter.least),
        max_value=int(parameter.most),
    )


# The traits that tune faults, each in a field of its own.
ParametersForm = type(
    "ParametersForm", (forms.Form,), {name: _number_field(one) for name, one in PARAMETERS.items()}
)


def _grouped_faults() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the faults by group, each with what it does."""
    return [
        (
            group.value,
            [
                (fault.value, format_html("{}. <small>{}</small>", fault.label, about.help))
                for fault, about in CATALOGUE.items()
                if about.group is group
            ],
        )
        for group in Group
    ]


class VirtualLockForm(ParametersForm, forms.ModelForm):  # type: ignore[misc, valid-type]
    """A virtual lock; its faults as boxes to tick, its traits in fields of their own."""

    make = forms.ChoiceField(
        choices=[(key, f"{make.brand} {make.model}") for key, make in MAKES.items()]
    )
    faults = forms.MultipleChoiceField(
        choices=_grouped_faults, required=False, widget=forms.CheckboxSelectMultiple
    )
    next_calls = forms.CharField(
        required=False,
        # Compared with what the page showed, so that calls used up meanwhile do not come back.
        show_hidden_initial=True,
        help_text="Faults of single calls that befall the next calls for certain: lies 3, late 1.",
    )
    differences = forms.JSONField(
        required=False,
        help_text='Where this lock differs from its make: {"has_bridge": false, "max_codes": 5}.',
    )

    class Meta:
        model = VirtualLock
        fields = (
            *("account", "make", "name", "time_zone", "battery_level", "keypad_battery_level"),
            *("answer_min", "answer_max", "faults"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        traits = self.instance.traits
        self.initial.update({name: traits[name] for name in PARAMETERS if name in traits})
        ordered = traits.get(NEXT_CALLS, {}).items()
        self.initial[NEXT_CALLS] = ", ".join(f"{fault} {calls}" for fault, calls in ordered)
        self.initial["differences"] = self._differences()

    def _differences(self) -> dict[str, Any]:
        with_a_field = {*PARAMETERS, NEXT_CALLS}
        traits = self.instance.traits.items()
        return {name: value for name, value in traits if name not in with_a_field}

    def clean_next_calls(self) -> dict[str, int] | None:
        """Read "lies 3, late 1"."""
        ordered = {}
        for order in filter(None, re.split(r"[,;\n]", self.cleaned_data["next_calls"])):
            words = order.replace(":", " ").split()
            if len(words) != 2 or not words[1].isdecimal():
                raise forms.ValidationError("A fault and a number of calls each: lies 3, late 1.")
            ordered[words[0]] = int(words[1])
        for _, sentence in problems_of({NEXT_CALLS: ordered}):
            raise forms.ValidationError(sentence)
        return ordered or None

    def clean_differences(self) -> dict[str, Any]:
        """Refuse what no lock can live with."""
        different = self.cleaned_data["differences"] or {}
        if not isinstance(different, dict):
            raise forms.ValidationError("Names with values, in braces.")
        sentences = [
            *(
                f"{name}: has a field of its own."
                for name in different
                if name in {*PARAMETERS, NEXT_CALLS}
            ),
            *(f"{name}: {sentence}" for name, sentence in problems_of(different)),
        ]
        if sentences:
            raise forms.ValidationError(sentences)
        return different

    def trait_changes(self) -> dict[str, Any]:
        """Return the traits that were changed; ``None``: taken away."""
        changes: dict[str, Any] = {}
        if "differences" in self.changed_data:
            changes = dict.fromkeys(self._differences()) | self.cleaned_data["differences"]
        tuned = [*PARAMETERS, NEXT_CALLS]
        return changes | {
            name: self.cleaned_data[name] for name in tuned if name in self.changed_data
        }


def switch(fault: Fault, *, on: bool) -> Callable[[Any, HttpRequest, QuerySet[VirtualLock]], None]:
    """Return the action that switches one fault on, or off, for the chosen locks."""

    def action(_: Any, request: HttpRequest, queryset: QuerySet[VirtualLock]) -> None:
        now = timezone.now()
        locks = list(queryset.order_by("pk"))
        for lock in locks:
            people.switch_fault(lock, fault, on, now=now)
        state = "on" if on else "off"
        messages.success(request, f"{fault.label}: {state} for {counted(len(locks), 'lock')}.")

    action.__name__ = f"{fault.value}_{'on' if on else 'off'}"
    return admin.action(description=fault.label, permissions=["change"])(action)


@admin.register(VirtualLock)
class VirtualLockAdmin(CarefulMixin, FindsByUid, admin.ModelAdmin):
    """Locks that exist here alone: their batteries, and what is wrong with them."""

    form = VirtualLockForm
    list_display = ("name", "account", "make", "shown_faults", "battery_level", "is_locked")
    list_filter = ("account", "make")
    list_select_related = ("account",)
    search_fields = ("name",)
    ordering = ("name", "pk")
    readonly_fields = ("uid", "is_locked", "since", "created_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("account", "make", "name", "time_zone"),
                    *("battery_level", "keypad_battery_level", "answer_min", "answer_max"),
                )
            },
        ),
        ("Faults", {"fields": ("faults",)}),
        ("What tunes them", {"fields": (*PARAMETERS, NEXT_CALLS)}),
        ("How it differs from its make", {"fields": ("differences",)}),
        ("Facts", {"fields": readonly_fields}),
    )
    inlines = (VirtualSlotInline,)
    actions = (
        "make_foreign_code",
        "erase_first_slot",
        *(switch(fault, on=on) for on in (True, False) for fault in Fault),
    )

    def get_inlines(self, request: HttpRequest, obj: VirtualLock | None) -> Any:
        """A new lock remembers nothing."""
        return () if obj is None else self.inlines

    def get_action_choices(self, request: HttpRequest, default_choices: Any = ()) -> Any:
        """Group the faults under "Switch on" and "Switch off"."""
        choices = super().get_action_choices(request, default_choices or [("", "---------")])
        groups = {"_on": "Switch on", "_off": "Switch off"}
        faults = {f"{fault.value}{end}": title for end, title in groups.items() for fault in Fault}
        return [
            *(choice for choice in choices if choice[0] not in faults),
            *(
                (title, [choice for choice in choices if faults.get(choice[0]) == title])
                for title in groups.values()
            ),
        ]

    @admin.display(description="Faults")
    def shown_faults(self, lock: VirtualLock) -> str:
        """Return what is wrong with it, in words."""
        known = dict(Fault.choices)
        return ", ".join(known.get(name, name) for name in lock.faults)

    def why_kept(self, obj: VirtualLock) -> str:
        """A lock that Locksite knows as a door stays."""
        if obj.account.devices.filter(remote_id=str(obj.uid)).exists():
            return f"{obj} is in use as a lock. Its codes could no longer be taken off."
        return ""

    def save_model(
        self, request: HttpRequest, obj: VirtualLock, form: forms.ModelForm, change: bool
    ) -> None:
        """Save what the form changed; faults are switched one by one: each has its time.

        Traits as well: the engine may use up an ordered call meanwhile.
        """
        now = timezone.now()
        wanted = {Fault(name) for name in form.cleaned_data["faults"]}
        obj.faults = [] if not change else VirtualLock.objects.get(pk=obj.pk).faults
        super().save_model(request, obj, form, change)
        people.set_traits(obj, form.trait_changes())  # type: ignore[attr-defined]
        for fault in Fault:
            if (fault in wanted) is not (fault.value in obj.faults):
                people.switch_fault(obj, fault, fault in wanted, now=now)
        ProviderAccount.objects.filter(pk=obj.account_id).update(due_at=now)

    @admin.action(description="Make a code in the lock's own app", permissions=["change"])
    def make_foreign_code(self, request: HttpRequest, queryset: QuerySet[VirtualLock]) -> None:
        """Put a code on these locks that is not ours."""
        for lock in queryset:
            try:
                slot = people.add_foreign_code(lock, None, "Made in the app", now=timezone.now())
            except RuleBroken as refused:
                messages.error(request, f"{lock}: {refused.message}")
            else:
                messages.success(request, f"{lock}: a code that is not ours is in slot {slot}.")

    @admin.action(description="Erase the first slot at the keypad", permissions=["change"])
    def erase_first_slot(self, request: HttpRequest, queryset: QuerySet[VirtualLock]) -> None:
        """Erase what is in the lowest slot, whoever put it there."""
        for lock in queryset:
            now = timezone.now()
            slot = min(people.contents(lock, now=now), default=None)
            if slot is None:
                messages.warning(request, f"{lock}: its memory is empty.")
                continue
            people.erase_at_keypad(lock, slot, now=now)
            messages.success(request, f"{lock}: slot {slot} was erased at the keypad.")
