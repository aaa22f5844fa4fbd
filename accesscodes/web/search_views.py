"""One field that finds doors, guests and codes of a property, ended ones too."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accesscodes.web import arrivals, lock_presenters, reading, shell
from accesscodes.web.access import Desk, at_desk
from accesscodes.web.asked import for_address, words_in
from accesscodes.web.lock_presenters import VERDICTS, VerdictWords
from accesscodes.web.presenters import CodeCard, code_card
from locksite.htmx import HtmxHttpRequest, render_fragments

SHOWN = 30
"""How many doors, codes and ended codes are shown at most; more words find fewer."""


@dataclass(frozen=True, slots=True)
class DoorHit:
    """A door that was found."""

    uid: UUID
    name: str
    model: str
    words: VerdictWords


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found for some words."""

    words: str
    doors: tuple[DoorHit, ...]
    codes: tuple[CodeCard, ...]
    ended: tuple[CodeCard, ...]
    is_cut: bool

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was found."""
        return not (self.doors or self.codes or self.ended)


def find(desk: Desk, text: str) -> Hits:
    """Return the doors and codes in whose names each word occurs. Five queries at most."""
    shown = text.strip()
    words = shown.casefold().split()
    if not words:
        return Hits("", (), (), (), is_cut=False)

    def fits(*names: str) -> bool:
        name = " ".join(names).casefold()
        return all(word in name for word in words)

    locks = reading.known_locks(reading.devices_with_figures(desk), desk.now)
    doors = [
        DoorHit(
            lock.device.uid,
            lock.device.display_name,
            lock_presenters.model_name(lock.device),
            VERDICTS[lock.verdict.verdict],
        )
        for lock in locks.values()
        if fits(lock.device.display_name, lock_presenters.model_name(lock.device))
    ]
    doors.sort(key=lambda door: lock_presenters.natural_key(door.name))
    rows = reading.codes_at(desk).order_by("-pk")
    found: dict[bool, list[int]] = {True: [], False: []}
    names = rows.values_list("pk", "name", "device_id", "gone_at")
    for pk, name, lock, gone_at in names.iterator():
        if lock in locks and fits(name, locks[lock].device.display_name):
            found[gone_at is not None].append(pk)
    shown_pks = [*found[False][:SHOWN], *found[True][:SHOWN]]
    near = arrivals.near_names(desk)
    cards: dict[bool, list[CodeCard]] = {True: [], False: []}
    for code in reading.with_entries(rows.filter(pk__in=shown_pks)):
        code.device = locks[code.device_id].device
        card = code_card(code, locks[code.device_id].verdict, desk.now)
        cards[card.is_over].append(replace(card, near=near.get(card.uid, "")))
    is_cut = max(len(doors), len(found[False]), len(found[True])) > SHOWN
    return Hits(
        shown, tuple(doors[:SHOWN]), tuple(cards[False]), tuple(cards[True]), is_cut=is_cut
    )


@require_http_methods(["GET", "POST"])
@at_desk
def search(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """Find doors, guests and codes; with htmx the results alone.

    Words are sent by POST, so that digits which may be a PIN get into no address; others have one.
    """
    is_sent = request.method == "POST"
    words = words_in(request.POST if is_sent else request.GET)
    path, is_for_address = reverse("search", args=[desk.house.slug]), words == for_address(words)
    if not is_sent and not is_for_address:
        return redirect(path)
    if request.htmx and not request.htmx.history_restore_request:
        context = {**shell.shared(desk, "search"), "hits": find(desk, words)}
        return render_fragments(request, ("accesscodes/_results.html", context))
    if is_sent and is_for_address:
        return redirect(f"{path}?{urlencode({'q': words})}" if words else path)
    hits = find(desk, words)
    return shell.page(request, desk, "accesscodes/search.html", "search", {"hits": hits})
