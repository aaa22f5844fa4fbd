"""Changing and deleting a code: plain forms that work without JavaScript."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accesscodes import linked, pin_rules, services
from accesscodes.choices import Kind
from accesscodes.models import AccessCode
from accesscodes.pin_rules import PinRules, length_for
from accesscodes.services import CodeChanges
from accesscodes.web import preflight, presenters, reading, shell
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if, refused
from accesscodes.web.action_views import NOT_YOURS, answer
from accesscodes.web.feedback import (
    NameFeedback,
    PinFeedback,
    WhenFeedback,
    error_list,
    name_hint,
)
from accesscodes.web.forms import NameForm, PinForm, WhenForm
from accesscodes.web.preflight import Asked, Overlap
from accesscodes.web.scope import Scope, deletion_of, other_dates, scope_of
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest, render_fragments
from locksite.local_time import as_written

# ---- Deleting ----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_delete(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Ask once, then take the code off its lock, after ten seconds in which that can be undone.

    With `now` it does not wait; asked a second time without it, the first wait goes on.
    """
    row = reading.code_or_404(desk, code)
    if not desk.may_delete(row):
        return refused(request, NOT_YOURS)
    scope = deletion_of(desk, row, request.POST if request.method == "POST" else None)
    if request.method == "GET":
        context = {
            "code": row,
            "effect": presenters.delete_effect(row, desk.zone, desk.now),
            "scope": scope,
            "window": _window(desk, row),
        }
        return shell.page(request, desk, "accesscodes/code_delete.html", "codes", context)
    if "now" in request.POST and not _may_hurry(desk, row):
        return refused(request, NOT_YOURS)
    wait = timedelta(0) if "now" in request.POST else services.UNDO_FOR
    try:
        number = len(_withdrawn(desk, row, wait, is_all=scope.is_all))
    except RuleBroken as broken:
        messages.info(request, broken.message)
    else:
        undo = reverse("code-undo", args=[desk.house.slug, code]) if wait else ""
        sentence = f"Code for {row.name} is being removed from the lock."
        if number > 1:
            sentence = f"Codes for {row.name} are being removed from {number} locks."
        messages.success(request, sentence, extra_tags=undo)
    return answer(request, desk, code)


def _may_hurry(desk: Desk, code: AccessCode) -> bool:
    return all(desk.may_delete(row) for row in linked.deleted_together(code))


def _withdrawn(desk: Desk, code: AccessCode, wait: timedelta, *, is_all: bool) -> list[AccessCode]:
    """Withdraw the code, or with no wait what was deleted with it; return what is withdrawn."""
    if not wait:
        return linked.withdraw_now(code, actor=desk.actor, now=desk.now)
    if is_all:
        return linked.withdraw_all(code, actor=desk.actor, now=desk.now, wait=wait)
    return [services.withdraw_code(code, actor=desk.actor, now=desk.now, wait=wait)]


# ---- Changing -----------------------------------------------------------------------------------


def _scope(
    request: HtmxHttpRequest,
    code: AccessCode,
    codes: list[AccessCode],
    stays: str,
    why_not: str = "",
) -> Scope:
    data = request.POST if request.method == "POST" else None
    return scope_of(code, codes, data, stays, why_not_all=why_not)


def _change(
    request: HtmxHttpRequest,
    desk: Desk,
    code: AccessCode,
    changes: CodeChanges,
    scope: Scope,
    done: str,
) -> HttpResponse:
    change = linked.change_all if scope.is_all else services.change_code
    change(code, changes, actor=desk.actor, now=desk.now)
    return _done(request, desk, code, scope, done)


def _done(
    request: HtmxHttpRequest, desk: Desk, code: AccessCode, scope: Scope, done: str
) -> HttpResponse:
    where = f" at {scope.number} doors" if scope.is_all else ""
    messages.success(request, done.format(where=where))
    return redirect("code-detail", desk.house.slug, code.uid)


def _form_page(
    request: HtmxHttpRequest,
    desk: Desk,
    template: str,
    context: dict[str, Any],
    *,
    has_errors: bool = False,
) -> HttpResponse:
    status = 422 if has_errors else 200
    return shell.page(request, desk, template, "codes", context, status=status)


def _window(desk: Desk, code: AccessCode) -> str:
    return presenters.window_words(code, desk.zone, desk.now)


def _names_beside(code: AccessCode) -> list[str]:
    rows = AccessCode.objects.live().filter(device=code.device).exclude(pk=code.pk)
    return list(rows.values_list("name", flat=True))


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_rename(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Give the code another name."""
    row = reading.code_or_404(desk, code)
    scope = _scope(request, row, linked.together(row, desk.now), "The old name stays at {doors}.")
    rules = PinRules.from_properties(row.device.properties)
    form = NameForm(
        request.POST if request.method == "POST" else {"name": row.name},
        rules=rules,
        others=_names_beside(row) if rules.name_must_be_unique else (),
    )
    if request.method == "POST" and form.is_valid():
        try:
            changes = CodeChanges(name=form.cleaned_data["name"])
            return _change(request, desk, row, changes, scope, "Renamed{where}.")
        except RuleBroken as broken:
            form.take(broken)
    is_sent = request.method == "POST"
    context = {
        "code": row,
        "scope": scope,
        "v": form.data,
        "name_hint": name_hint(rules),
        "name_feedback": NameFeedback.of(form, shown=is_sent),
        "error_list": error_list(form) if is_sent else [],
    }
    return _form_page(request, desk, "accesscodes/code_rename.html", context, has_errors=is_sent)


def _when_of(code: AccessCode, desk: Desk) -> dict[str, str]:
    """Return the dates of a code as its form shows them."""
    if code.starts_at is None or code.ends_at is None:
        return {"kind": Kind.ONGOING}
    values = {"kind": str(Kind.TIME_BOUND)}
    for side, at in (("start", code.starts_at), ("end", code.ends_at)):
        written = as_written(at, desk.zone)
        values |= {
            f"{side}_date": written.day.isoformat(),
            f"{side}_time": written.time,
            f"{side}_fold": "" if written.fold is None else str(written.fold),
        }
    return values


@dataclass(frozen=True, slots=True)
class _DatesSheet:
    """New dates of a code, looked through: for which doors, and what stands beside the fields."""

    form: WhenForm
    scope: Scope
    beside: dict[str, Any]


def _dates_sheet(
    request: HtmxHttpRequest, desk: Desk, code: AccessCode, shown: frozenset[str] | None
) -> _DatesSheet:
    """Look through what was sent, or the dates as they are; nothing is saved. Three queries.

    `shown`: whose errors may be seen; ``None``: all.
    """
    codes = linked.together(code, desk.now)
    scope = _scope(request, code, codes, "The old dates stay in force at {doors}.")
    scope = replace(scope, differs=other_dates(code, codes))
    data = request.POST if request.method == "POST" else _when_of(code, desk)
    form = WhenForm(data, zone=desk.zone, now=desk.now)
    is_whole = form.is_valid() and not form.is_ongoing
    concerned = codes if scope.is_all else [code]
    overlap: Overlap | None = None
    if is_whole:
        others = reading.codes_by_door([row.device for row in concerned])
        own = {row.pk for row in codes}
        overlap = preflight.overlap_at(
            [
                (
                    row.device.display_name,
                    [
                        other
                        for other in others[row.device_id]
                        if other.pk not in own and not other.is_backup
                    ],
                )
                for row in concerned
            ],
            Asked(form.starts_at, form.ends_at, desk.zone, desk.now),
        )
    beside = {
        "v": form.data,
        "when_feedback": WhenFeedback.of(form, shown),
        "overlap": overlap,
        "zone_name": desk.zone_name,
    }
    return _DatesSheet(form, scope, beside)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_dates(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Extend or shorten the stay, or let the code work until it is removed."""
    row = reading.code_or_404(desk, code)
    is_sent = request.method == "POST"
    shown = None if is_sent else frozenset[str]()
    sheet = _dates_sheet(request, desk, row, shown)
    form = sheet.form
    beside = sheet.beside
    if is_sent and form.is_valid():
        try:
            return _change(
                request, desk, row, _new_dates(form), sheet.scope, "Dates changed{where}."
            )
        except RuleBroken as broken:
            form.take(broken)
            beside = {**beside, "when_feedback": WhenFeedback.of(form, shown)}
    context = {
        **beside,
        "code": row,
        "window": _window(desk, row),
        "scope": sheet.scope,
        "error_list": error_list(form) if is_sent else [],
    }
    return _form_page(request, desk, "accesscodes/code_dates.html", context, has_errors=is_sent)


@require_POST
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_dates_validate(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Look through new dates while they are typed; nothing is saved."""
    row = reading.code_or_404(desk, code)
    touched = frozenset(request.POST.getlist("touched"))
    context = {**shell.shared(desk, "codes"), **_dates_sheet(request, desk, row, touched).beside}
    return render_fragments(
        request,
        None,
        ("accesscodes/_when_feedback.html", context),
        ("accesscodes/_nights.html", context),
        ("accesscodes/_overlap.html", context),
    )


def _new_dates(form: WhenForm) -> CodeChanges:
    if form.starts_at is None or form.ends_at is None:
        return CodeChanges(kind=Kind.ONGOING)
    return CodeChanges(kind=Kind.TIME_BOUND, starts_at=form.starts_at, ends_at=form.ends_at)


@dataclass(frozen=True, slots=True)
class _PinSheet:
    """For which doors a code gets another PIN, and what that must be like."""

    codes: list[AccessCode]
    scope: Scope
    rules: PinRules


def _pin_sheet(request: HtmxHttpRequest, desk: Desk, code: AccessCode) -> _PinSheet:
    codes = linked.together(code, desk.now)
    rules = {
        row.device.display_name: PinRules.from_properties(row.device.properties) for row in codes
    }
    scope = _scope(
        request,
        code,
        codes,
        "The old PIN stays in force at {doors}.",
        pin_rules.why_none_suits(rules) if len(codes) > 1 else "",
    )
    shared = pin_rules.shared(list(rules.values())) if scope.is_all else None
    if shared is not None:
        return _PinSheet(codes, scope, shared)
    return _PinSheet([code], scope, PinRules.from_properties(code.device.properties))


def _pin_feedback(desk: Desk, sheet: _PinSheet, form: PinForm) -> PinFeedback:
    """Return what stands below a PIN that was refused, with one that would do."""
    errors = list(form.errors.get("pin", []))
    if not errors:
        return PinFeedback()
    wanted = len(form.typed_pin)
    length = wanted if wanted in form.rules.supported else None
    pin = linked.free_pin(sheet.codes, desk.now, length=length)
    return PinFeedback(str(errors[0]), (), "" if pin is None else pin.digits)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_change_pin(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Put another PIN in place of this one, at this door or at all that share it."""
    row = reading.code_or_404(desk, code)
    sheet = _pin_sheet(request, desk, row)
    is_sent = request.method == "POST"
    length = length_for(sheet.rules, None, for_desk=True)
    form = PinForm(
        request.POST if is_sent else {"pin_mode": "generate", "pin_length": str(length)},
        rules=sheet.rules,
    )
    if "take_pin" in request.POST:
        taken = {"pin_mode": "choose", "pin": request.POST["take_pin"], "pin_length": str(length)}
        form, is_sent = PinForm(taken, rules=sheet.rules), False
    if is_sent and form.is_valid():
        try:
            return _new_pin(request, desk, row, sheet, form)
        except RuleBroken as broken:
            form.take(broken)
    context = {
        "code": row,
        "v": form.data,
        "scope": sheet.scope,
        "lengths": [(str(length), f"{length} digits") for length in sheet.rules.supported],
        "pin_feedback": _pin_feedback(desk, sheet, form) if is_sent else PinFeedback(),
        "error_list": error_list(form) if is_sent else [],
    }
    return _form_page(
        request, desk, "accesscodes/code_change_pin.html", context, has_errors=is_sent
    )


def _new_pin(
    request: HtmxHttpRequest, desk: Desk, code: AccessCode, sheet: _PinSheet, form: PinForm
) -> HttpResponse:
    pin, length = form.cleaned_data["pin"], form.cleaned_data["pin_length"]
    done = "PIN changed{where}. The old one stops working when the new one is on the lock."
    if sheet.scope.is_all:
        linked.change_pin(code, pin, actor=desk.actor, now=desk.now, length=length)
        return _done(request, desk, code, sheet.scope, done)
    drawn = pin or services.free_pin(
        code.device,
        now=desk.now,
        length=length,
        for_desk=True,
        starts_at=code.starts_at,
        ends_at=code.ends_at,
    )
    changes = CodeChanges(pin=drawn, refuse_weak=True)
    return _change(request, desk, code, changes, sheet.scope, done)
