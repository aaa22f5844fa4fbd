"""Issuing a code: choose the door, fill in the form, see what will happen, send it once."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accesscodes import linked, offline, pin_rules, services
from accesscodes.choices import Kind
from accesscodes.models import AccessCode
from accesscodes.offline import Offer
from accesscodes.pin_rules import PinRules, RuleState
from accesscodes.services import CodeSpec
from accesscodes.web import lock_presenters, reading, shell, wall_time
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from accesscodes.web.feedback import (
    NameFeedback,
    PinFeedback,
    RuleLine,
    WhenFeedback,
    error_list,
    first_error,
    name_hint,
)
from accesscodes.web.forms import IssueForm, code_uid_of, new_token
from accesscodes.web.issue_plan import Sheet, plan_of
from accesscodes.web.reading import KnownLock
from accesscodes.web.stays import Stay, quick_stays
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest, render_fragments
from locksite.masked import Pin
from properties.capabilities import LockVerdict, Verdict, refusal

IN_USE_AT = "This PIN is in use on"
IN_USE = f"{IN_USE_AT} this door."
WEAK = "This PIN is easy to guess."


# ---- The form and everything around it ----------------------------------------------------------


def _sheet(desk: Desk, lock_uid: UUID, data: Mapping[str, Any] | QueryDict) -> Sheet:
    asked = _asked_doors(lock_uid, data)
    locks = _locks(desk, lock_uid, asked)
    lock, *more = locks
    device = lock.device
    is_offline = _is_offline(lock.verdict, data)
    if is_offline:
        more = []
    places = reading.places_of([lock, *more], desk.now)
    all_rules = [PinRules.from_properties(place.lock.device.properties) for place in places]
    rules = all_rules[0]
    if more:
        rules = pin_rules.shared(all_rules) or rules
    form = IssueForm(
        data,
        zone=desk.zone,
        now=desk.now,
        rules=rules,
        others=[
            code.name
            for place, own in zip(places, all_rules, strict=True)
            if own.name_must_be_unique
            for code in place.neighbours
        ],
        offer=Offer.of(device) if is_offline else None,
    )
    sheet = Sheet(desk, places, form, rules)
    form.is_valid()
    by_door = {place.name: own for place, own in zip(places, all_rules, strict=True)}
    if more and (no_pin_for_all := pin_rules.why_none_suits(by_door)):
        form.add_error("doors", no_pin_for_all)
    if not is_offline and len(more) < len(asked):
        form.add_error(
            "doors", "A door that was ticked is no longer here. Look at the list again."
        )
    _check_against_lock(sheet)
    return sheet


def _locks(desk: Desk, lock_uid: UUID, more: Collection[UUID]) -> list[KnownLock]:
    """Return the lock of the page and the others that were ticked, by name; two queries at most.

    What is out of reach is left out; the lock of the page is answered as one that does not exist.
    """
    devices = list(reading.devices_with_figures(desk).filter(uid__in=[lock_uid, *more]))
    if lock_uid not in {device.uid for device in devices}:
        raise Http404("no such lock")
    return sorted(
        reading.known_locks(devices, desk.now).values(),
        key=lambda lock: (
            lock.device.uid != lock_uid,
            lock_presenters.natural_key(lock.device.display_name),
        ),
    )


def _asked_doors(lock_uid: UUID, data: Mapping[str, Any] | QueryDict) -> set[UUID]:
    """Return the ids of other doors that were ticked; odd ones are left out."""
    asked = data.getlist("doors") if isinstance(data, QueryDict) else data.get("doors", [])
    uids = set()
    for text in asked:
        with suppress(ValueError):
            uids.add(UUID(text))
    return uids - {lock_uid}


def _is_offline(verdict: LockVerdict, data: Mapping[str, Any]) -> bool:
    """Return whether the form is about an offline code: asked for, or all that this lock takes."""
    return verdict.takes_offline and (not verdict.takes_online or data.get("offline") == "1")


def _check_against_lock(sheet: Sheet) -> None:
    """Find what only the lock's other codes and its state can tell."""
    form, desk = sheet.form, sheet.desk
    pin = form.cleaned_data.get("pin")
    if isinstance(pin, Pin):
        if pin_rules.is_weak(pin, dates=_days(form)):
            form.add_error("pin", f"{WEAK} Choose another.")
        else:
            _check_clashes(sheet, pin)
    if form.window is not None:
        try:
            offline.check_room(sheet.lock.device, form.window, is_one_time=form.is_one_time)
        except RuleBroken as broken:
            form.take(broken)
    for lock in sheet.more:
        refused = refusal(lock.verdict, is_time_bound=not form.is_ongoing, is_offline=False)
        if refused is not None:
            sentence = wall_time.with_time(refused.sentence, refused.at, desk.zone, desk.now)
            form.add_error("doors", f"{lock.device.display_name}: {sentence}")
    stop = sheet.stop
    if stop is not None:
        only_dates = (
            not sheet.is_offline
            and refusal(sheet.lock.verdict, is_time_bound=False, is_offline=False) is None
        )
        sentence = wall_time.with_time(stop.sentence, stop.at, desk.zone, desk.now)
        form.add_error("kind" if only_dates else None, sentence)


def _check_clashes(sheet: Sheet, pin: Pin) -> None:
    """Say at which door the PIN is in use, and never whose it is."""
    form = sheet.form
    used = services.pin_in_use_at(
        sheet.devices, pin, starts_at=form.starts_at, ends_at=form.ends_at, now=sheet.desk.now
    )
    names = [device.display_name for device in sheet.devices if device.pk in used]
    if names:
        form.add_error(
            "pin", f"{IN_USE_AT} {wall_time.in_words(names)}." if sheet.more else IN_USE
        )


def _days(form: IssueForm) -> list[Any]:
    return [at.astimezone(form.zone).date() for at in (form.starts_at, form.ends_at) if at]


def _free_pin(sheet: Sheet) -> str:
    """Return a PIN that would do, in the clear, for a button; "" where there is none."""
    form, desk = sheet.form, sheet.desk
    wanted = len(form.typed_pin)
    if sheet.more:
        spec = CodeSpec(
            name="",
            starts_at=form.starts_at,
            ends_at=form.ends_at,
            preferred_code_length=wanted if wanted in sheet.rules.supported else None,
            for_desk=True,
        )
        shared = linked.shared_pin(sheet.devices, spec, desk.now)
        return "" if shared is None else shared.digits
    try:
        pin = services.free_pin(
            sheet.lock.device,
            now=desk.now,
            length=wanted if wanted in sheet.rules.supported else None,
            for_desk=True,
            starts_at=form.starts_at,
            ends_at=form.ends_at,
        )
    except RuleBroken:
        return ""
    return pin.digits


def _rule_lines(sheet: Sheet) -> tuple[RuleLine, ...]:
    form = sheet.form
    text = form.typed_pin
    lines = [
        (check.label, check.state)
        for check in pin_rules.check_pin(text, sheet.rules)
        if check.rule != "digits" or check.state is RuleState.BROKEN
    ]
    is_whole = bool(text) and pin_rules.first_broken(text, sheet.rules) is None
    messages_of_pin = " ".join(str(text) for text in form.errors.get("pin", []))

    def standing(sentence: str) -> RuleState:
        if not is_whole:
            return RuleState.OPEN
        return RuleState.BROKEN if sentence in messages_of_pin else RuleState.MET

    lines.append(("Not easy to guess", standing(WEAK)))
    is_weak = standing(WEAK) is RuleState.BROKEN
    lines.append(("Not already on this lock", RuleState.OPEN if is_weak else standing(IN_USE_AT)))
    return tuple(RuleLine.of(label, state) for label, state in lines)


def _feedback(sheet: Sheet, shown: frozenset[str] | None) -> dict[str, Any]:
    """Return what stands beside the fields. `shown`: whose errors may be seen; ``None``: all."""
    form = sheet.form
    pin_error = first_error(form, "pin", shown) if form.chooses else ""
    plan = plan_of(sheet)
    return {
        "name_feedback": NameFeedback.of(form, shown=shown is None or "name" in shown),
        "when_feedback": WhenFeedback.of(form, shown),
        "pin_feedback": PinFeedback(
            pin_error,
            _rule_lines(sheet) if form.chooses else (),
            _free_pin(sheet) if pin_error else "",
        ),
        "plan": plan,
        "overlap": plan.overlap,
    }


# ---- Pages --------------------------------------------------------------------------------------


def _page(
    request: HtmxHttpRequest,
    desk: Desk,
    sheet: Sheet,
    *,
    shows_errors: bool,
) -> HttpResponse:
    form, lock = sheet.form, sheet.lock
    row = lock_presenters.lock_row(lock.device, lock.verdict, lock.usage, desk.zone, desk.now)
    is_offline = sheet.is_offline
    stop = refusal(lock.verdict, is_time_bound=is_offline, is_offline=is_offline)
    values = {name: form.data.get(name, "") for name in form.fields}
    dated_stop = refusal(lock.verdict, is_time_bound=True, is_offline=is_offline)
    context = {
        "offline": _offline_words(sheet),
        "row": row,
        "usage": row.usage,
        "stop": ""
        if stop is None
        else wall_time.with_time(stop.sentence, stop.at, desk.zone, desk.now),
        "dated_stop": "" if dated_stop is None or stop is not None else dated_stop.sentence,
        "v": values,
        "form": form,
        "rules": sheet.rules,
        "name_hint": name_hint(sheet.rules),
        "lengths": [(str(length), f"{length} digits") for length in sheet.rules.supported],
        "stays": _stays(desk, sheet.rules),
        "zone_name": desk.zone_name,
        "supports_backup": bool(lock.device.properties.get("supports_backup_access_code_pool")),
        "shows_errors": shows_errors,
        "doors": _door_choices(desk, sheet),
        "doors_error": first_error(form, "doors", None if shows_errors else frozenset()),
        "error_list": error_list(form) if shows_errors else [],
        **_feedback(sheet, None if shows_errors else frozenset()),
    }
    status = 422 if shows_errors else 200
    return shell.page(request, desk, "accesscodes/issue.html", "locks", context, status=status)


@dataclass(frozen=True, slots=True)
class DoorChoice:
    """Another door that may get the same code, or, where not `is_possible`, says why it cannot."""

    uid: UUID
    name: str
    words: str
    is_chosen: bool
    is_possible: bool


def _door_choices(desk: Desk, sheet: Sheet) -> tuple[DoorChoice, ...]:
    """Return the other doors that take codes, and those that were chosen."""
    chosen = {lock.device.uid for lock in sheet.more}
    if not (sheet.draws_pin or chosen):
        return ()
    found = []
    for lock in reading.known_locks(reading.devices_with_figures(desk), desk.now).values():
        device = lock.device
        row = lock_presenters.lock_row(device, lock.verdict, lock.usage, desk.zone, desk.now)
        is_chosen = row.uid in chosen
        takes_it = row.may_issue and row.verdict is not Verdict.OFFLINE_ONLY
        if row.uid == sheet.lock.device.uid or not (takes_it or is_chosen):
            continue
        picks = PinRules.from_properties(device.properties).assigns_pins
        words = "Picks its own PINs" if picks else row.words.label
        found.append(DoorChoice(row.uid, row.name, words, is_chosen, is_chosen or not picks))
    return tuple(sorted(found, key=lambda door: lock_presenters.natural_key(door.name)))


@dataclass(frozen=True, slots=True)
class OfflineWords:
    """What the form says where it is about an offline code, and the way to the other kind.

    `why`: why only offline codes work here, "" where there is a choice.
    """

    is_on: bool
    why: str
    has_choice: bool
    has_one_time: bool
    has_days: bool


def _offline_words(sheet: Sheet) -> OfflineWords:
    verdict, offer, desk = sheet.lock.verdict, sheet.form.offer, sheet.desk
    cause = verdict.headline_cause
    why = ""
    if offer is not None and not verdict.takes_online:
        sentence = ""
        if cause is not None:
            sentence = wall_time.with_time(cause.sentence, cause.at, desk.zone, desk.now)
        why = f"Only offline codes work here. {sentence}".strip()
    return OfflineWords(
        is_on=offer is not None,
        why=why,
        has_choice=verdict.takes_online and verdict.takes_offline,
        has_one_time=offer is not None and offer.has_one_time,
        has_days=offer is not None and offer.has_days,
    )


def _stays(desk: Desk, rules: PinRules) -> tuple[Stay, ...]:
    house = desk.house
    return quick_stays(
        desk.now,
        desk.zone,
        house.check_in_time,
        house.check_out_time,
        is_ahead=rules.needs_future_start,
    )


def _first_values(desk: Desk, lock_uid: UUID) -> dict[str, str]:
    device = reading.device_or_404(desk, lock_uid)
    rules = PinRules.from_properties(device.properties)
    tonight = _stays(desk, rules)[0]
    return {
        "name": "",
        **tonight.values(),
        "pin_mode": "generate",
        "pin_length": str(pin_rules.length_for(rules, None, for_desk=True)),
        "rounding": "hours",
        "token": new_token(device.uid),
    }


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def issue(request: HtmxHttpRequest, desk: Desk, lock: UUID) -> HttpResponse:
    """The form for a new code at one door, and what it sends."""
    if request.method == "GET":
        values = _first_values(desk, lock)
        name = request.GET.get("name", "")[: services.NAME_LIMIT]
        asked = {"name": name, "offline": request.GET.get("offline", "")[:1]}
        sheet = _sheet(desk, lock, {**values, **asked})
        dated = refusal(sheet.lock.verdict, is_time_bound=True, is_offline=False)
        if dated is not None and sheet.lock.verdict.takes_online and not sheet.is_offline:
            sheet = _sheet(desk, lock, {**values, **asked, "kind": str(Kind.ONGOING)})
        return _page(request, desk, sheet, shows_errors=False)
    filled = _filled_in(request, desk, lock)
    if filled is not None:
        return _page(request, desk, _sheet(desk, lock, filled), shows_errors=False)
    return _send(request, desk, lock)


def _filled_in(request: HtmxHttpRequest, desk: Desk, lock_uid: UUID) -> dict[str, Any] | None:
    """Return the form with a suggestion taken over, for buttons without JavaScript."""
    values: dict[str, Any] = {name: request.POST.get(name, "") for name in request.POST}
    values["doors"] = request.POST.getlist("doors")
    if (key := request.POST.get("stay")) is not None:
        rules = PinRules.from_properties(reading.device_or_404(desk, lock_uid).properties)
        stays = {stay.key: stay for stay in _stays(desk, rules)}
        return {**values, **stays[key].values()} if key in stays else values
    if (digits := request.POST.get("take_pin")) is not None:
        return {**values, "pin": digits, "pin_mode": "choose"}
    if (name := request.POST.get("take_name")) is not None:
        return {**values, "name": name}
    return None


def _send(request: HtmxHttpRequest, desk: Desk, lock: UUID) -> HttpResponse:
    device = reading.device_or_404(desk, lock)
    uid = code_uid_of(request.POST.get("token", ""), device.uid)
    if uid is not None and (made := _made_by(desk, uid)) is not None:
        return _already_made(request, desk, made)
    data: QueryDict = request.POST.copy()
    if uid is None:  # a form from before a change of keys: what was typed stays, the id is new
        token = new_token(device.uid)
        data["token"], uid = token, code_uid_of(token, device.uid)
    sheet = _sheet(desk, lock, data)
    if not sheet.form.is_valid():
        return _page(request, desk, sheet, shows_errors=True)
    try:
        code = _issued(sheet, _spec(sheet, uid))
    except (RuleBroken, IntegrityError) as error:
        # The same form may have arrived a moment before: then its code is the answer.
        if uid is not None and (made := _made_by(desk, uid)) is not None:
            return _already_made(request, desk, made)
        if not isinstance(error, RuleBroken):
            raise
        sheet.form.take(error)
        return _page(request, desk, sheet, shows_errors=True)
    is_at_once = code.wish().load_from(code.terms()) <= desk.now
    rest = "Sending to the lock." if is_at_once else "It is put on the lock before it starts."
    if code.is_offline:
        rest = "Its PIN follows in a moment."
    for_doors = f" for {len(sheet.devices)} doors" if sheet.more else ""
    messages.success(request, f"Code for {code.name} created{for_doors}. {rest}")
    return redirect("code-detail", desk.house.slug, code.uid)


def _issued(sheet: Sheet, spec: CodeSpec) -> AccessCode:
    """Issue the code, or one for each door and all of them linked; return that of this door."""
    desk = sheet.desk
    if not sheet.more:
        return services.issue_code(sheet.lock.device, spec, actor=desk.actor, now=desk.now)
    if spec.pin is not None:
        spec = replace(spec, common_code_key=linked.new_key())
    return linked.issue_codes(sheet.devices, spec, actor=desk.actor, now=desk.now)[0]


def _spec(sheet: Sheet, uid: UUID | None) -> CodeSpec:
    form = sheet.form
    cleaned = form.cleaned_data
    return CodeSpec(
        name=cleaned["name"],
        pin=cleaned["pin"],
        starts_at=form.starts_at,
        ends_at=form.ends_at,
        preferred_code_length=cleaned["pin_length"] if sheet.draws_pin else None,
        is_external_modification_allowed=cleaned["allow_external"],
        use_backup_access_code_pool=(
            cleaned["use_backup"] and form.starts_at is not None and not sheet.is_offline
        ),
        is_offline_access_code=sheet.is_offline,
        is_one_time_use=form.is_one_time,
        max_time_rounding=form.most_moved,
        refuse_weak=True,
        for_desk=True,
        uid=uid,
    )


def _made_by(desk: Desk, uid: UUID) -> AccessCode | None:
    return reading.codes_at(desk).filter(uid=uid).first()


def _already_made(request: HtmxHttpRequest, desk: Desk, code: AccessCode) -> HttpResponse:
    messages.info(request, f"This form was sent before. It made the code for {code.name}.")
    return redirect("code-detail", desk.house.slug, code.uid)


@require_POST
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def validate(request: HtmxHttpRequest, desk: Desk, lock: UUID) -> HttpResponse:
    """Look through a form while it is being filled in; nothing is saved.

    Errors are shown for the fields in `touched` only, so that nobody is told off while typing.
    """
    sheet = _sheet(desk, lock, request.POST)
    touched = frozenset(request.POST.getlist("touched"))
    feedback = _feedback(sheet, touched)
    shared = shell.shared(desk, "locks")
    # A form in which nobody chooses a PIN has no place for what is said of one.
    about_pin = [
        ("accesscodes/_pin_feedback.html", {**shared, **feedback}),
        (
            "accesscodes/_doors_feedback.html",
            {**shared, "doors_error": first_error(sheet.form, "doors", None)},
        ),
    ]
    return render_fragments(
        request,
        None,
        ("accesscodes/_name_feedback.html", {**shared, **feedback}),
        ("accesscodes/_when_feedback.html", {**shared, **feedback, "v": request.POST}),
        ("accesscodes/_overlap.html", {**shared, **feedback}),
        ("accesscodes/_nights.html", {**shared, **feedback, "zone_name": desk.zone_name}),
        *(about_pin if sheet.draws_pin else []),
        ("accesscodes/_plan.html", {**shared, **feedback}),
        ("accesscodes/_plan_line.html", {**shared, **feedback}),
    )


@require_GET
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def choose_door(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """Issue a code, door first: every door with what it can take."""
    try:
        door = UUID(request.GET.get("door", ""))
    except ValueError:
        door = None
    if door is not None:
        return redirect("code-issue", desk.house.slug, door)
    doors = reading.doors_to_choose(desk)
    first = next((door.row.uid for door in doors if door.row.may_issue), None)
    context = {"doors": doors, "first": first}
    return shell.page(request, desk, "accesscodes/choose_door.html", "codes", context)
