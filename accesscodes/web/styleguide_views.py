"""The style guide: every component of the desk in every state, for those who build it.

Only where `DEBUG` or `LOCKSITE_STYLEGUIDE` is on. It asks the database nothing and shows nobody's
data.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from accesscodes.pin_rules import PinRules, check_pin
from accesscodes.web import lock_presenters, specimens
from accesscodes.web.code_page import PinCard
from accesscodes.web.door_facts import DoorFacts
from accesscodes.web.door_ladder import Way
from accesscodes.web.feedback import NameFeedback, PinFeedback, RuleLine, WhenFeedback
from accesscodes.web.happenings import WORDS, Happening
from accesscodes.web.issue_plan import Neighbour, Plan
from accesscodes.web.keypad_views import KeypadAnswer
from accesscodes.web.live import Live
from accesscodes.web.lock_views import Chip, LockHead
from accesscodes.web.now_views import NowHead, Rung, Tried
from accesscodes.web.preflight import Overlap, PlanNote
from accesscodes.web.presenters import IN_THE_APP, Effect, EvidenceLine, ProblemNote, Stamp
from accesscodes.web.scope import Scope
from accesscodes.web.shell import AccountNote, EngineNote
from accesscodes.web.slips import House, Slip
from accesscodes.web.states import Tone
from locksite import ages
from properties.capabilities import Verdict


@dataclass(frozen=True, slots=True)
class Specimen:
    """One component in one state: the template that pages use, and what it is given."""

    title: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """A specimen as it stands on the page."""

    title: str
    html: SafeString


_STAMP = Stamp.of(specimens.NOW, "14:32")
_PIN_CARD = PinCard(specimens.NOBODY, "Lena Okafor", True, True, "Your door code is {PIN}.")
_HEAD = LockHead(
    specimens.NOBODY, "Apartment 104", "Nuki Smart Lock Pro", "Virtual locks",
    ages.account_reported(specimens.NOW, specimens.NOW), ages.codes_read(None, specimens.NOW),
    False, True, True, "",
)  # fmt: skip
_RULES = PinRules(lengths=(4, 5, 6), constraints=frozenset({"no_zeros", "cannot_start_with_12"}))


def _locks() -> list[Specimen]:
    found = []
    for verdict, words in lock_presenters.VERDICTS.items():
        lock, panel = specimens.VERDICTS[verdict], specimens.lock_panel(verdict)
        row = {"row": specimens.lock_row(verdict), "may_issue": True}
        checks = lock_presenters.check_lines(lock.checks, specimens.ZONE, specimens.NOW)
        found += [
            Specimen(f"Verdict: {verdict}", "components/_badge.html", {"badge": words}),
            Specimen(f"Panel: {verdict}", "accesscodes/_verdict.html", {"panel": panel}),
            Specimen(f"Row of a door: {verdict}", "accesscodes/_lock_row.html", row),
            Specimen(f"Checks: {verdict}", "accesscodes/_checks.html", {"checks": checks}),
        ]
    return found


def _codes() -> list[Specimen]:
    found = []
    for code in specimens.codes():
        key = code.state.key
        found += [
            Specimen(f"Code: {key}", "components/_badge.html", {"badge": code.state}),
            Specimen(f"Row: {key}", "accesscodes/_code_row.html", {"card": code.card}),
            Specimen(
                f"Hand-over: {key}", "accesscodes/_handover.html", {"handover": code.handover}
            ),
            Specimen(
                f"Progress: {key}",
                "accesscodes/_code_progress.html",
                {"steps": code.steps, "timeline": code.timeline, "state": code.state},
            ),
        ]
        if code.panel is not None:
            panel = {"panel": code.panel}
            found.append(Specimen(f"Panel: {key}", "accesscodes/_code_panel.html", panel))
    return found


def _pins() -> list[Specimen]:
    template = "accesscodes/_pin.html"
    hidden = {"pin_card": _PIN_CARD}
    unknown = PinCard(specimens.NOBODY, "Lena Okafor", False, True, "")
    housekeeping = PinCard(specimens.NOBODY, "Lena Okafor", True, False, "")
    slip = Slip(
        specimens.NOBODY, "Lena Okafor", "Apartment 101",
        "Works from Thu 26 Nov 15:00 to Sun 29 Nov 11:00 (Hamburg time).", "",
        "Your door code is {PIN}.", specimens.codes()[0].handover, is_printable=True,
    )  # fmt: skip
    house = House("Hafen Suites", "+49 40 000 000", "Press the check key after the PIN.", "")
    found = [
        Specimen("PIN, masked", template, hidden),
        Specimen("PIN, shown", template, hidden | {"revealed": specimens.INVENTED_PIN}),
        Specimen("PIN, not known yet", template, {"pin_card": unknown}),
        Specimen("PIN, for housekeeping", template, {"pin_card": housekeeping}),
        Specimen(
            "Slip",
            "accesscodes/_slip.html",
            {"slip": slip, "house": house, "groups": "000 000", "digits": specimens.INVENTED_PIN},
        ),
    ]
    for text in ("", "5", "1200", "5678"):
        rules = tuple(RuleLine.of(check.label, check.state) for check in check_pin(text, _RULES))
        error = "This lock does not allow 0." if "0" in text else ""
        said = {"pin_feedback": PinFeedback(error, rules)}
        found.append(Specimen(f"PIN rules: “{text}”", "accesscodes/_pin_feedback.html", said))
    return found


def _at_the_door() -> list[Specimen]:
    """Return what stands on the page of a guest who is at the door now."""
    found = []
    for code in specimens.codes():
        if code.state.key in {"set", "duplicate"}:
            head = {"head": NowHead("Lena Okafor", "Apartment 101", code.state)}
            title = f"At the door: {code.state.key}"
            found.append(Specimen(title, "accesscodes/_now_head.html", head))
    for way, label in (
        (Way.SHOW_PIN, ""),
        (Way.CHANGE_PIN, "Change PIN"),
        (Way.RETRY, "Try again"),
    ):
        rung = Rung(
            str(way), "What to do", "Why it works here.", "Usually within 3 min",
            "refresh-cw" if label else "", label, "/styleguide/" if label else "",
            is_post=way is Way.RETRY,
        )  # fmt: skip
        ready = specimens.codes()[0].handover
        context = {"rungs": (rung,), "pin_card": _PIN_CARD, "handover": ready}
        found.append(Specimen(f"Way in: {way}", "accesscodes/_ladder.html", context))
    checks = specimens.VERDICTS[Verdict.BLOCKED].checks
    lines = lock_presenters.check_lines(checks, specimens.ZONE, specimens.NOW)
    for facts in (DoorFacts(lines, "", False), DoorFacts(lines, "Asked just now.", True)):
        title = "The door, being asked" if facts.is_asking else "The door"
        context = {"door_facts": facts, "code_uid": specimens.NOBODY}
        found.append(Specimen(title, "accesscodes/_door_facts.html", context))
    outcomes = (
        Tried(
            Tone.GO, "loader-circle", "Asked to open (today 14:31). The lock answers in seconds."
        ),
        Tried(Tone.OK, "circle-check", "The lock says that it opened (today 14:31)."),
        Tried(Tone.BAD, "circle-x", "It did not open (today 14:31). The lock is offline."),
    )
    found += [
        Specimen(f"Tried to open: {tried.tone}", "accesscodes/_tried.html", {"tried": tried})
        for tried in outcomes
    ]
    return found


def _forms() -> list[Specimen]:
    name, when = "accesscodes/_name_feedback.html", "accesscodes/_when_feedback.html"
    note = NameFeedback(note="The lock will show “Maximiliane”.")
    taken = NameFeedback("Another code here is called “Ana”.", "", "Ana 2")
    end = WhenFeedback((("end_date", "End must be after start."),))
    long = WhenFeedback(notice="That is 120 days. Is the end date right?")
    two = [("id_name", "Enter who the code is for."), ("id_end_date", "End must be after start.")]
    empty = {"pin_feedback": PinFeedback(), "lengths": [("6", "6 digits")], "v": {}}
    scope = Scope("Room 101", ("Room 102",), is_all=True, stays="The old PIN stays at Room 102.")
    why_not = "Room 102 picks its own PINs, so it cannot share one with other doors."
    here_only = replace(scope, is_all=False, why_not_all=why_not)
    ahead = next(code for code in specimens.codes() if code.state.key == "loaded")
    warning = PlanNote(Tone.WARN, "triangle-alert", "Overlaps Ana Prado. Continue if they share.")
    plan = Plan(
        doors="Apartment 101",
        guest="Lena Okafor",
        works="Today 16:32 to Thu 14:32",
        loads="At once",
        line="3 nights",
        timeline=ahead.timeline,
        notes=(warning,),
        neighbours=(Neighbour("Ana Prado", "Today to Thu"),),
    )
    overlap = Overlap(
        "Overlaps other guests. Continue if they share the door.",
        ("Room 101: Ana Prado, Thu 15:00 to Sun 11:00", "Room 102: Bea Lang, Fri to Sun"),
    )
    return [
        Specimen("Error summary", "accesscodes/_error_summary.html", {"error_list": two}),
        Specimen("Field, taken name", name, {"name_feedback": taken}),
        Specimen("Field, note", name, {"name_feedback": note}),
        Specimen("Field, dates in error", when, {"when_feedback": end}),
        Specimen("Field, dates to check", when, {"when_feedback": long}),
        Specimen("For which doors", "accesscodes/_code_scope.html", {"scope": scope}),
        Specimen("For this door only", "accesscodes/_code_scope.html", {"scope": here_only}),
        Specimen("Segmented choice", "accesscodes/_pin_fields.html", empty),
        Specimen("Plan", "accesscodes/_plan.html", {"plan": plan}),
        Specimen(
            "Other guests at the same time", "accesscodes/_overlap.html", {"overlap": overlap}
        ),
        Specimen("Button that Enter presses", "components/_enter.html"),
    ]


def _happenings() -> list[Specimen]:
    lines = [Happening(each.icon, each.tone, each.text, "", _STAMP) for each in WORDS.values()]
    lines.append(Happening("info", Tone.IDLE, "device.levitated", "", _STAMP, is_raw=True))
    evidence = (EvidenceLine("Lock", "answered", _STAMP, "2 min ago"),)
    found = [Specimen("Events", "accesscodes/_event_list.html", {"events": lines})]
    for tone, icon in ((Tone.BAD, "octagon-alert"), (Tone.WARN, "triangle-alert")):
        problem = ProblemNote(
            tone,
            icon,
            "The code is not on the lock.",
            "Look at the lock.",
            _STAMP,
            evidence,
            False,
        )
        found.append(
            Specimen(f"Problem: {tone}", "accesscodes/_problem.html", {"problem": problem})
        )
    return found


def _frame() -> list[Specimen]:
    chips = [
        Chip("", "All", "", "", 12, "", True),
        *(
            Chip(str(verdict), words.chip, words.icon, str(words.tone), 2, "", False)
            for verdict, words in lock_presenters.VERDICTS.items()
        ),
    ]
    toast = {"messages": [_Message("Code for Ana Prado created.", "/styleguide/")]}
    timeline = next(code.timeline for code in specimens.codes() if code.timeline is not None)
    stopped = EngineNote("The engine is not running. Codes are neither sent nor removed.")
    silent = AccountNote(
        Tone.WARN, "Seam does not answer. Codes on its locks keep working.", "Since 14:02."
    )
    answers = (
        KeypadAnswer(Tone.OK, "lock-open", "Opens", "The door is open for 5 seconds."),
        KeypadAnswer(Tone.BAD, "lock", "Stays shut", "The lock does not know this PIN."),
    )
    effect = Effect(Tone.BAD, "octagon-alert", "The stay is running until today 16:32.")
    manage = {"uid": specimens.NOBODY}
    head = {"name": "Lena Okafor", "door": "Apartment 101", "window": "today 15:00 to Thu 11:00"}
    none = {"locks": {"rows": (), "total": 0}}
    lost = {"locks": {"rows": (), "total": 9, "search": "attic"}}
    quiet = {"locks": {"rows": (), "total": 9}}
    lists = "accesscodes/_lock_list.html"
    return [
        Specimen(
            "Filter chips",
            "components/_chips.html",
            {"chips": chips, "chips_id": "chips", "target": "rows", "kept": ()},
        ),
        Specimen("Made by others", "components/_made_by.html", {"maker": IN_THE_APP}),
        Specimen("Similar name", "components/_near.html", {"near": "Lena Okafur, Apartment 204"}),
        Specimen("Count in the navigation", "components/_nav_count.html", {"urgent": 3}),
        Specimen("Timeline", "components/_timeline.html", {"timeline": timeline}),
        Specimen("Note of the engine", "components/_engine_note.html", {"engine": stopped}),
        Specimen("Note of an account", "components/_account_note.html", {"account": silent}),
        Specimen("Live, at rest", "components/_live.html", {"live": Live("", None, "", "14:32")}),
        Specimen("Live, lost", "styleguide/_live_lost.html"),
        Specimen("Announcement", "components/_announce.html", {"sentences": ("On the lock.",)}),
        Specimen("Toast", "components/_toast.html", toast),
        Specimen(
            "Dialog",
            "styleguide/_dialog.html",
            {"effect": effect, "manage": manage, "head": head},
        ),
        Specimen("Notes", "styleguide/_notes.html", {"tones": list(Tone)}),
        *(
            Specimen(
                f"Keypad: {answer.heading}", "accesscodes/_keypad_answer.html", {"answer": answer}
            )
            for answer in answers
        ),
        Specimen("Empty: no locks", lists, none),
        Specimen("Empty: nothing found", lists, lost),
        Specimen("Empty: nothing in this state", lists, quiet),
        Specimen("Empty: no codes", "accesscodes/_lock_codes.html", {"may_issue": True}),
    ]


@dataclass(frozen=True, slots=True)
class _Message:
    text: str
    extra_tags: str

    def __str__(self) -> str:
        return self.text


def groups() -> dict[str, list[Specimen]]:
    """Return all specimens under the headings of the page."""
    return {
        "Locks": _locks(),
        "Codes": _codes(),
        "PINs": _pins(),
        "A guest at the door": _at_the_door(),
        "Forms": _forms(),
        "Events and problems": _happenings(),
        "Frame": _frame(),
    }


_NAMES = re.compile(
    r'(?<=[\s<])(id|for|form|aria-labelledby|aria-describedby|data-dialog|name)="([^"]+)"'
)
_ASKS = re.compile(r'\shx-[a-z-]+="[^"]*"')


def _alone(html: str, number: int) -> SafeString:
    """Return a component that shares the page with others like it: ids of its own, no requests."""
    html = _ASKS.sub("", html)
    html = html.replace('href="#', f'href="#s{number}-').strip()
    # Regions are few on a page, and each is found by its name; here they would be hundreds.
    html = html.replace("<section", '<div role="group"').replace("</section>", "</div>")
    if html.startswith("<li"):
        html = f'<ul role="list">{html}</ul>'

    def own(match: re.Match[str]) -> str:
        names = " ".join(f"s{number}-{name}" for name in match[2].split())
        return f'{match[1]}="{names}"'

    # Our own templates, rendered and escaped by the engine; only names inside of them change.
    return mark_safe(_NAMES.sub(own, html))  # noqa: S308


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component in every state."""
    if not (settings.DEBUG or settings.LOCKSITE_STYLEGUIDE):
        raise Http404("no style guide here")
    number, sections = 0, []
    for heading, found in groups().items():
        shown = []
        for specimen in found:
            number += 1
            context = {"prop": "hafen-suites", "head": _HEAD, **specimen.context}
            html = render_to_string(specimen.template, context, request)
            shown.append(Shown(specimen.title, _alone(html, number)))
        sections.append((heading, shown))
    return render(request, "styleguide/page.html", {"sections": sections})
