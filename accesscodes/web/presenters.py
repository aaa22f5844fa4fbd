"""What pages show: labels, tones and sentences, decided here and nowhere else.

Frozen values made from rows; templates only print them. Nothing here holds the digits of a PIN, so
the `repr` of a value may be hashed to find out whether a fragment changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from uuid import UUID

from accesscodes.choices import Kind, Severity
from accesscodes.models import AccessCode, Problem, terms_of
from accesscodes.web import wall_time
from accesscodes.web.states import (
    CodeFacts,
    CodeState,
    Tone,
    code_state,
)
from locksite import ages
from properties.capabilities import (
    LockVerdict,
)
from properties.stamps import read_stamp


@dataclass(frozen=True, slots=True)
class Stamp:
    """An instant in words of the property's zone, with the instant itself for `<time>`."""

    text: str
    iso: str
    utc: str

    @classmethod
    def of(cls, at: datetime, text: str) -> "Stamp":
        """Return the stamp of an aware instant that is shown as `text`."""
        in_utc = at.astimezone(UTC)
        return cls(text, f"{in_utc:%Y-%m-%dT%H:%M:%SZ}", f"{in_utc:%Y-%m-%d %H:%M:%S} UTC")


# ---- Codes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made a code, where it was not the desk."""

    icon: str
    text: str


IN_THE_APP = Maker("smartphone", "Made in the lock's app")


def maker_of(code: AccessCode) -> Maker | None:
    """Return the partner who made a code; ``None`` where the desk did, or Locksite itself."""
    if code.created_by_kind != "key":
        return None
    return Maker("key-round", f"Made by API key {code.created_by}")


@dataclass(frozen=True, slots=True)
class CodeCard:
    """One code in a list. `more` counts further problems that its badge does not name.

    `near` names another arrival whose name is easily taken for this one, or is empty.
    """

    uid: UUID
    name: str
    door: str
    lock_uid: UUID
    window: str
    starts_at: datetime | None
    state: CodeState
    more: int
    is_over: bool
    near: str = ""
    maker: Maker | None = None

    @property
    def is_trouble(self) -> bool:
        """Return whether the row carries a coloured edge."""
        return self.state.tone in {Tone.BAD, Tone.WARN}

    @property
    def says_more(self) -> bool:
        """Return whether the sentence is worth a line in a list."""
        return self.state.tone not in {Tone.OK, Tone.IDLE} or self.state.key == "set_early"


def code_facts(code: AccessCode) -> CodeFacts:
    """Freeze a row of `AccessCode.objects.for_list()`."""
    house = code.device.property
    return CodeFacts(
        wish=code.wish(),
        installed=code.installed(),
        summary=code.summary(),
        terms=terms_of(code.device),
        zone=UTC if house is None else house.zone,
        is_backup=code.is_backup,
        pin_changed_at=code.pin_changed_at,
        read_at=code.device.last_read_at,
    )


def code_card(code: AccessCode, lock: LockVerdict, now: datetime) -> CodeCard:
    """Return the card of one code on a lock of which `lock` is known."""
    facts = code_facts(code)
    problems = len(code.errors) + len(code.warnings)
    return CodeCard(
        uid=code.uid,
        name=code.name,
        door=code.device.display_name,
        lock_uid=code.device.uid,
        window=wall_time.capital(window_words(code, facts.zone, now)),
        starts_at=code.starts_at,
        state=code_state(facts, lock, now),
        more=max(0, problems - 1),
        is_over=code.gone_at is not None,
        maker=maker_of(code),
    )


def window_words(code: AccessCode, zone: tzinfo, now: datetime) -> str:
    """Return "today 15:00 to Fri 11:00", "until removed"."""
    return wall_time.window(code.starts_at, code.ends_at, zone, now)


@dataclass(frozen=True, slots=True)
class CodeHead:
    """The heading of a code's page."""

    name: str
    door: str
    lock_uid: UUID
    window: str
    nights: str
    state: CodeState
    near: str = ""


@dataclass(frozen=True, slots=True)
class CodePanel:
    """What is wrong with a code and what to do; absent where nothing is."""

    heading: str
    state: CodeState
    note: str


_TOLD_AS_WELL = frozenset({"undo", "new_pin", "updating"})
"""States that are no trouble, and that a code's page explains all the same."""

_PANEL_HEADINGS = {
    "undo": "The code is deleted in a few seconds",
    "stuck_remove": "The PIN is still on the lock",
    "slow_remove": "Removal takes longer than usual",
    "account": "The lock's account is disconnected",
    "ext_ok": "Changed in the lock's app",
    "backup": "A backup code is in use",
    "changed": "Changed outside Locksite",
    "loaded_unseen": "Loaded, not confirmed",
    "set_warn": "On the lock, with a warning",
    "inactive": "The code is switched off",
    "refused": "The lock does not accept this PIN",
    "not_accepted": "The lock does not accept this code",
    "set_shut": "The PIN does not open the door now",
    "unknown": "We can't see this code",
    "slow_set": "Sending takes longer than usual",
    "new_pin": "The new PIN is on its way to the lock",
    "updating": "A change is on its way to the lock",
    "no_pin": "The code has no PIN",
    "slow_pin": "The code has no PIN yet",
}


def code_panel(
    code: AccessCode, state: CodeState, zone: tzinfo, now: datetime, *, clash: str = ""
) -> CodePanel | None:
    """Return the panel of a code's page, ``None`` where there is nothing to do.

    `clash`: the name of the code, not ours, that has the same PIN on the same lock.
    """
    if state.tone not in {Tone.BAD, Tone.WARN} and state.key not in _TOLD_AS_WELL:
        return None
    note = f"It is “{clash}”, made in the lock's app. " if clash else ""
    removing = state.key in {"stuck_remove", "slow_remove", "undo"}
    if not removing and code.starts_at is not None and code.starts_at > now:
        when = wall_time.in_sentence(code.starts_at, zone, now)
        note += f"It is wanted {when}, in {wall_time.span(code.starts_at - now)}."
    elif not removing and code.starts_at is not None and code.gone_at is None:
        note += f"It has been wanted for {wall_time.span(now - code.starts_at)}."
    return CodePanel(
        _PANEL_HEADINGS.get(state.key, "The PIN is not on the lock yet"), state, note.strip()
    )


def code_head(
    code: AccessCode, state: CodeState, zone: tzinfo, now: datetime, *, near: str = ""
) -> CodeHead:
    """Return the heading of a code's page. `near`: another arrival with a name like this one."""
    nights = ""
    if code.starts_at is not None and code.ends_at is not None:
        nights = wall_time.nights(code.starts_at, code.ends_at, zone)
    return CodeHead(
        code.name,
        code.device.display_name,
        code.device.uid,
        window_words(code, zone, now),
        nights,
        state,
        near,
    )


@dataclass(frozen=True, slots=True)
class FactLine:
    """A label and a value in a list of facts."""

    label: str
    value: str


def code_fact_lines(
    code: AccessCode,
    zone: tzinfo,
    now: datetime,
    *,
    last_reveal: tuple[str, datetime] | None,
) -> tuple[FactLine, ...]:
    """Return the facts of a code. `last_reveal`: who saw the PIN last, and when."""
    made = f"{code.created_by}, {wall_time.moment(code.created_at, zone, now)}"
    if code.created_by_kind == "key":
        made = f"API key {made}"
    kind = "Dates" if code.kind == Kind.TIME_BOUND else "Until removed"
    shown = "Never"
    if last_reveal is not None:
        shown = f"{last_reveal[0]}, {wall_time.moment(last_reveal[1], zone, now)}"
    return (
        FactLine("Kind", f"{kind}, {_way_of(code)}"),
        FactLine("Issued by", made),
        FactLine("Proof", _proof(code, zone, now)),
        FactLine("PIN shown", shown),
        FactLine("Code ID", str(code.uid)),
    )


def _way_of(code: AccessCode) -> str:
    if not code.is_offline:
        return "online"
    return "offline, opens once" if code.is_one_time_use else "offline"


def _proof(code: AccessCode, zone: tzinfo, now: datetime) -> str:
    """Return how sure we are: requested, accepted, read back, gone."""
    installed, proof = code.installed(), code.device.capabilities.proof
    if code.gone_at is not None:
        return "Seen gone" if installed.was_ever_sent else "Never sent"
    if code.is_offline:
        return "No PIN yet" if code.pin_index is None else "Computed by the lock's maker"
    if installed.is_current(code.wish(), code.terms()):
        seen_at = installed.seen_at or code.proven_at
        at = "" if seen_at is None else f" {wall_time.moment(seen_at, zone, now)}"
        return {
            "readback": f"Read back from the lock{at}",
            "slot_only": f"Its slot is filled{at}; the lock hides its PINs",
            "ack": "Accepted, can't be read back",
        }.get(proof, "Sent, the lock can't answer")
    if installed.is_acknowledged:
        return "Accepted, not read back yet"
    if installed.refused_revision == code.revision or installed.refused_generation is not None:
        return "Refused by the lock"
    return "Sent, no answer yet" if installed.was_ever_sent else "Requested, not sent yet"


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One thing that a problem rests on. `at` is ``None`` where no instant is known."""

    what: str
    said: str
    at: Stamp | None
    age: str


@dataclass(frozen=True, slots=True)
class ProblemNote:
    """Something that the watchdog has found, still open.

    `repeats_lock`: its sentence is the lock's own reason, which a blocked code's page shows.
    """

    tone: Tone
    icon: str
    sentence: str
    next_step: str
    since: Stamp
    evidence: tuple[EvidenceLine, ...]
    repeats_lock: bool


def problem_notes(
    problems: Iterable[Problem], zone: tzinfo, now: datetime
) -> tuple[ProblemNote, ...]:
    """Return open problems, worst first."""
    notes = [
        ProblemNote(
            Tone.BAD if problem.severity == Severity.BAD else Tone.WARN,
            "octagon-alert" if problem.severity == Severity.BAD else "triangle-alert",
            problem.sentence,
            problem.next_step,
            Stamp.of(problem.since, wall_time.moment(problem.since, zone, now)),
            tuple(_evidence_line(item, zone, now) for item in problem.evidence),
            problem.cause in {"lock_cannot_take", "lock_silent"},
        )
        for problem in problems
    ]
    return tuple(sorted(notes, key=lambda note: (note.tone is not Tone.BAD, note.since.iso)))


def _evidence_line(item: Mapping[str, Any], zone: tzinfo, now: datetime) -> EvidenceLine:
    """Return one line, with its age in whole minutes: a page is not sent anew each second."""
    at = item["at"] and read_stamp(item["at"])
    if not at:
        return EvidenceLine(item["what"], item["said"], None, "")
    age = ages.ago(at, now) if at <= now else ""
    shown = Stamp.of(at, wall_time.moment(at, zone, now))
    said = str(item["said"]).removesuffix(".")  # the time follows, after a comma
    return EvidenceLine(item["what"], said, shown, age)


def guest_message(code: AccessCode, zone: tzinfo, now: datetime) -> str:
    """Return what a guest is sent; ``{PIN}`` stands for the digits, which are not known here."""
    text = f"Hello {code.name}, your door code for {code.device.display_name} is {{PIN}}."
    if code.starts_at is None or code.ends_at is None:
        return text
    starts = wall_time.full_moment(code.starts_at, zone, now)
    return f"{text} It works {starts} to {wall_time.full_moment(code.ends_at, zone, now)}."


@dataclass(frozen=True, slots=True)
class Effect:
    """What deleting a code does to its guest now."""

    tone: Tone
    icon: str
    text: str


def delete_effect(code: AccessCode, zone: tzinfo, now: datetime) -> Effect:
    """Return what is said before a code is deleted."""
    if code.starts_at is not None and code.ends_at is not None:
        if code.starts_at <= now < code.ends_at:
            ends = wall_time.moment(code.ends_at, zone, now)
            text = f"The stay is running until {ends}. The PIN stops opening the door."
            return Effect(Tone.BAD, "octagon-alert", text)
        if code.starts_at > now:
            text = "The PIN will not open the door on arrival."
            return Effect(Tone.WARN, "triangle-alert", text)
    text = "The PIN stops opening the door as soon as it is off the lock."
    return Effect(Tone.WARN, "triangle-alert", text)
