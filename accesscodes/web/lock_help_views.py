"""Actions on a lock's page: Plan B, a note for maintenance, the door from here, checking all."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accesscodes import bolts
from accesscodes.web import lock_presenters, lock_views, maintenance, reading, shell
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from accesscodes.web.maintenance import Job
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest
from properties.models import Device, ProviderAccount
from properties.services import reveal_plan_b


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_reveal, instead=NOT_ALLOWED)
def plan_b(request: HtmxHttpRequest, desk: Desk, lock: UUID) -> HttpResponse:
    """Show the code of the key box: asked for by POST, written down, never part of an address."""
    device = reading.device_or_404(desk, lock)
    page = f"{reverse('lock-detail', args=[desk.house.slug, lock])}#plan-b"
    if request.method == "GET":
        return redirect(page)
    board = lock_views.lock_board(desk, device, "")
    part = next(part for part in board.parts if part.id == "plan-b")
    if part.context["plan_b"] is None:
        messages.info(request, "No Plan B is written down for this property.")
        return redirect(page)
    try:
        code = reveal_plan_b(device, actor=desk.actor, now=desk.now)
    except RuleBroken as broken:
        messages.info(request, broken.message)
        return redirect(page)
    context = {"revealed": code.digits}
    return shell.page(request, desk, "accesscodes/lock.html", "locks", context, board=board)


@require_GET
@at_desk
def maintenance_note(request: HtmxHttpRequest, desk: Desk, lock: UUID) -> HttpResponse:
    """Show a note about this door that can be copied and sent to whoever repairs it."""
    device = reading.device_or_404(desk, lock)
    known = reading.known_locks([device], desk.now)[device.pk]
    cards = lock_views.cards_on(desk, device, known.verdict)
    cause = known.verdict.headline_cause
    job = Job(
        door=device.display_name,
        model=lock_presenters.model_name(device),
        house=desk.house.name,
        panel=lock_presenters.verdict_panel(known.verdict, cards, desk.zone, desk.now),
        since=None if cause is None else cause.at,
        checks=lock_presenters.check_lines(known.verdict.checks, desk.zone, desk.now),
    )
    text = maintenance.note_for(job, desk.zone, desk.now)
    context = {
        "lock": device,
        "note": text,
        "rows": text.count("\n") + 4,
        "mail": maintenance.mail_link(job, text),
    }
    return shell.page(request, desk, "accesscodes/lock_maintenance.html", "locks", context)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def move_door(request: HtmxHttpRequest, desk: Desk, lock: UUID) -> HttpResponse:
    """Unlock or lock the door once; the lock's page tells how it went.

    Asked for by GET, it asks whether to unlock: that lets in whoever stands there.
    """
    device = reading.device_or_404(desk, lock)
    if request.method == "GET":
        context = {"lock": device}
        return shell.page(request, desk, "accesscodes/lock_unlock.html", "locks", context)
    wanted = {"unlock": bolts.UNLOCK, "lock": bolts.LOCK}.get(request.POST.get("to", ""))
    if wanted is not None:
        try:
            bolts.ask(device, wanted, actor=desk.actor, now=desk.now)
        except RuleBroken as broken:
            messages.info(request, broken.message)
    return redirect(f"{reverse('lock-detail', args=[desk.house.slug, lock])}#bolt")


@require_POST
@at_desk
def check_all(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """Ask the engine to look at every door of the property now; answers come to the page."""
    devices = reading.devices_at(desk)
    keys = list(devices.values_list("pk", flat=True))
    Device.objects.for_actor(desk.actor).poke(desk.now, keys)
    accounts = ProviderAccount.objects.filter(devices__in=keys)
    ProviderAccount.objects.filter(pk__in=accounts.values("pk")).update(due_at=desk.now)
    doors = "1 door" if len(keys) == 1 else f"{len(keys)} doors"
    messages.success(request, f"Checking {doors} now. Answers come to this page.")
    return redirect("lock-list", desk.house.slug)
