"""The keypad of a virtual lock: type a PIN, see whether the door opens."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from accesscodes import openings
from accesscodes.openings import Opening
from accesscodes.web import reading, shell
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from accesscodes.web.states import Tone
from locksite.htmx import HtmxHttpRequest, render_fragments
from locksite.masked import Pin
from properties.choices import ProviderKind

REASONS = {
    "unknown_code": "No code on the lock has this PIN.",
    "expired_code": "The code has ended.",
    "credential_error": "The code has not started, or is switched off.",
    "blocked_by_privacy_mode": "Privacy mode is on.",
    "office_mode": "Office mode is on: the keypad is off.",
    "keypad_disconnected": "The keypad is disconnected. The lock heard nothing.",
    "keypad_battery_flat": "The keypad's battery is flat. The lock heard nothing.",
    "no_keypad": "This lock has no keypad.",
}
KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9")


@dataclass(frozen=True, slots=True)
class KeypadAnswer:
    """What the door did."""

    tone: Tone
    icon: str
    heading: str
    sentence: str


def _answer(opening: Opening) -> KeypadAnswer:
    if opening.opened:
        whose = "by a code that is not ours"
        if opening.code is not None:
            whose = f"with the code for {opening.code.name}"
        return KeypadAnswer(Tone.OK, "lock-open", "The door opens", f"Unlocked {whose}.")
    sentence = REASONS.get(opening.reason, "The lock gives no reason.")
    if opening.code is not None:
        sentence = f"{sentence} It belongs to {opening.code.name}."
    return KeypadAnswer(Tone.BAD, "lock", "The door stays shut", sentence)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_reveal, instead=NOT_ALLOWED)
def keypad(request: HtmxHttpRequest, desk: Desk, lock: UUID) -> HttpResponse:
    """Type at the door. The PIN comes by POST alone and is never shown again."""
    device = reading.device_or_404(desk, lock)
    if device.account.kind != ProviderKind.VIRTUAL:
        raise Http404("this lock is not virtual")
    answer = None
    if request.method == "POST":
        digits = request.POST.get("pin", "").strip()[:20]
        opening = openings.type_at_keypad(device, Pin(digits), actor=desk.actor, now=desk.now)
        answer = _answer(opening)
        if request.htmx:
            return render_fragments(
                request, ("accesscodes/_keypad_answer.html", {"answer": answer})
            )
    context = {
        "door": device.display_name,
        "lock_uid": device.uid,
        "answer": answer,
        "keys": KEYS,
    }
    return shell.page(request, desk, "accesscodes/keypad.html", "locks", context)
