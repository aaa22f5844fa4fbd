"""What pages show of a lock: its verdict in words, its health, what was checked.

Frozen values, as in `presenters`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from accesscodes import foreign
from accesscodes.choices import ForeignWish
from accesscodes.models import UnmanagedCode
from accesscodes.web import wall_time
from accesscodes.web.presenters import CodeCard
from accesscodes.web.states import Tone
from locksite.local_time import clock
from properties.capabilities import (
    Cause,
    Check,
    CheckState,
    LockVerdict,
    Verdict,
    refusal,
)
from properties.models import Device


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """How one verdict is shown: on badges, as the heading of its panel, on its filter."""

    label: str
    tone: Tone
    icon: str
    heading: str
    chip: str


VERDICTS: Mapping[Verdict, VerdictWords] = {
    Verdict.BLOCKED: VerdictWords(
        "Can't take codes",
        Tone.BAD,
        "octagon-alert",
        "This lock can't take codes right now",
        "Can't take codes",
    ),
    Verdict.OFFLINE_DUE: VerdictWords(
        "Lock offline, code due",
        Tone.BAD,
        "wifi-off",
        "This lock is offline, and a code is due",
        "Offline, code due",
    ),
    Verdict.NO_OPEN: VerdictWords(
        "Codes won't open it now",
        Tone.BAD,
        "lock",
        "Codes don't open this door right now",
        "Codes won't open it",
    ),
    Verdict.OFFLINE_ONLY: VerdictWords(
        "Offline codes only",
        Tone.WARN,
        "circle-slash",
        "This lock takes offline codes only",
        "Offline codes only",
    ),
    Verdict.TAKES_CHECK: VerdictWords(
        "Takes codes, check soon",
        Tone.WARN,
        "triangle-alert",
        "This lock takes codes, check it soon",
        "Check soon",
    ),
    Verdict.STALE: VerdictWords(
        "No fresh report",
        Tone.IDLE,
        "circle-question-mark",
        "The account has not reported this lock for a while",
        "No fresh report",
    ),
    Verdict.TAKES: VerdictWords(
        "Takes codes", Tone.OK, "circle-check", "This lock takes codes", "Takes codes"
    ),
}
"""In the order in which locks are listed: what needs somebody first."""

NEXT_NIGHT = timedelta(hours=24)
"""Who arrives within this time is told of even where the room is taken."""

NO_WAY_IN = frozenset({Verdict.BLOCKED, Verdict.OFFLINE_DUE})
"""Verdicts for which the next guest may need another way in than a code."""

_RANK = {verdict: 0 if verdict in NO_WAY_IN else rank for rank, verdict in enumerate(VERDICTS)}


@dataclass(frozen=True, slots=True)
class Usage:
    """What the codes of one lock say about it."""

    used: int = 0
    yielding: int = 0
    sending: int = 0
    next_start: datetime | None = None
    running_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class HealthFact:
    """One short fact about a lock's health; `tone` is empty where colour says nothing."""

    icon: str
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class LockRow:
    """One door in the list."""

    uid: UUID
    name: str
    model: str
    verdict: Verdict
    words: VerdictWords
    why: str
    health: tuple[HealthFact, ...]
    stay: str
    usage: str
    may_issue: bool
    next_start: datetime | None

    @property
    def is_trouble(self) -> bool:
        """Return whether the row carries a coloured edge."""
        return self.words.tone in {Tone.BAD, Tone.WARN}

    @property
    def needs_fix(self) -> bool:
        """Return whether to look at the door comes before issuing another code for it."""
        return not self.may_issue or self.verdict is Verdict.OFFLINE_DUE


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts "Apt 9" before "Apt 10"."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def lock_order(row: LockRow) -> tuple[Any, ...]:
    """Return the key of the list: trouble first, then who arrives next, then the door's name."""
    far = datetime.max.replace(tzinfo=UTC)
    return _RANK[row.verdict], row.next_start or far, natural_key(row.name)


def lock_row(
    device: Device, verdict: LockVerdict, usage: Usage, zone: tzinfo, now: datetime
) -> LockRow:
    """Return the row of one lock."""
    words = VERDICTS[verdict.verdict]
    cause = verdict.headline_cause
    why = ""
    if words.tone is not Tone.OK and cause is not None:
        why = wall_time.with_time(cause.sentence, cause.at, zone, now)
        why = f"{why} {verdict.due.sentence}".rstrip()
    elif usage.sending:
        codes = "1 code" if usage.sending == 1 else f"{usage.sending} codes"
        why = f"{codes} being sent now"
    return LockRow(
        uid=device.uid,
        name=device.display_name,
        model=model_name(device),
        verdict=verdict.verdict,
        words=words,
        why=why,
        health=health_facts(verdict.checks, zone, now),
        stay=_stay(usage, zone, now),
        usage=usage_words(usage.used, device.capabilities.max_codes),
        may_issue=takes_a_code(verdict),
        next_start=usage.next_start,
    )


def takes_a_code(verdict: LockVerdict) -> bool:
    """Return whether at least a code without dates, or an offline code, can be issued now."""
    return any(
        refusal(verdict, is_time_bound=is_offline, is_offline=is_offline) is None
        for is_offline in (False, True)
    )


def model_name(device: Device) -> str:
    """Return maker and model as one name, each word once: "Nuki Smart Lock Pro"."""
    model = device.properties.get("model") or {}
    maker = str(model.get("manufacturer_display_name") or "").strip()
    name = str(model.get("display_name") or "").strip()
    if name.casefold().startswith(maker.casefold()):
        maker = ""
    return f"{maker} {name}".strip() or device.device_type.replace("_", " ").capitalize()


def usage_words(used: int, size: int | None) -> str:
    """Return "3 of 100 codes", or "3 codes" where the size of the memory is not known."""
    if size is not None:
        return f"{used} of {size} codes"
    return "1 code" if used == 1 else f"{used} codes"


def _stay(usage: Usage, zone: tzinfo, now: datetime) -> str:
    if usage.running_end is not None:
        ends = wall_time.moment(usage.running_end, zone, now)
        leaves = f"Leaves {ends}" if ends.startswith("today") else f"Occupied to {ends}"
        if usage.next_start is None or usage.next_start - now > NEXT_NIGHT:
            return leaves
        return f"{leaves}, next arrives {wall_time.moment(usage.next_start, zone, now)}"
    if usage.next_start is not None:
        return f"Arrives {wall_time.moment(usage.next_start, zone, now)}"
    return "No stay planned"


_STATE_TONES = {CheckState.OK: "ok", CheckState.WARN: "warn", CheckState.BAD: "bad"}


def health_facts(checks: Iterable[Check], zone: tzinfo, now: datetime) -> tuple[HealthFact, ...]:
    """Return connection, lock battery and keypad in a few words each."""
    by_key = {check.key: check for check in checks}
    facts = []
    if (link := by_key.get("connection")) is not None and link.state is not CheckState.NONE:
        text = wall_time.with_time(link.value, link.at, zone, now)
        is_on = text.startswith("Online")
        facts.append(HealthFact("wifi" if is_on else "wifi-off", text, _STATE_TONES[link.state]))
    if (battery := by_key.get("lock_battery")) is not None and "%" in battery.value:
        icon = "battery-full" if battery.state is CheckState.OK else "battery-warning"
        facts.append(HealthFact(icon, f"Lock {battery.value}", _STATE_TONES[battery.state]))
    if (keypad := _keypad_fact(by_key)) is not None:
        facts.append(keypad)
    return tuple(facts)


def _keypad_fact(checks: Mapping[str, Check]) -> HealthFact | None:
    keypad, battery = checks.get("keypad"), checks.get("keypad_battery")
    if keypad is None or keypad.value == "Not reported":
        return None
    if keypad.state is CheckState.BAD:
        was_there = keypad.value.startswith("Disconnected")
        return HealthFact(
            "keyboard", "Keypad disconnected" if was_there else "No keypad connected", "bad"
        )
    if keypad.state is CheckState.NONE:
        return HealthFact("keyboard", "No keypad")
    if keypad.value == "Built in":
        return HealthFact("keyboard", "Built-in keypad")
    if battery is not None and "%" in battery.value:
        tone = "" if battery.state is CheckState.OK else _STATE_TONES[battery.state]
        return HealthFact("keyboard", f"Keypad {battery.value}", tone)
    return HealthFact("keyboard", "Keypad connected")


@dataclass(frozen=True, slots=True)
class CauseWords:
    """One cause, ready to be read."""

    key: str
    headline: str
    sentence: str
    likely: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line of "What we checked"."""

    label: str
    tone: Tone
    icon: str
    lead: str
    rest: str
    raw: str


_CHECK_ICONS = {
    CheckState.OK: (Tone.OK, "circle-check"),
    CheckState.WARN: (Tone.WARN, "triangle-alert"),
    CheckState.BAD: (Tone.BAD, "circle-x"),
    CheckState.NONE: (Tone.IDLE, "circle-minus"),
}


@dataclass(frozen=True, slots=True)
class VerdictPanel:
    """The answer at the top of a lock's page, and what it rests on.

    `is_quiet`: nothing to say but that all is well. `asked` says how a "Check again" stands.
    """

    verdict: Verdict
    words: VerdictWords
    heading: str
    main: CauseWords | None
    also: tuple[CauseWords, ...]
    affected: str
    is_quiet: bool
    may_issue: bool
    refusal: str
    asked: str
    is_asking: bool

    @property
    def offers_plan_b(self) -> bool:
        """Return whether the guest may have to get in without a code."""
        return self.verdict in NO_WAY_IN


def _cause_words(cause: Cause, zone: tzinfo, now: datetime) -> CauseWords:
    return CauseWords(
        cause.key,
        cause.headline,
        wall_time.with_time(cause.sentence, cause.at, zone, now),
        cause.likely,
        cause.steps,
    )


def verdict_panel(
    verdict: LockVerdict,
    cards: Sequence[CodeCard],
    zone: tzinfo,
    now: datetime,
    *,
    asked_at: datetime | None = None,
) -> VerdictPanel:
    """Return the answer for one lock. `asked_at`: when somebody asked to check again."""
    words = VERDICTS[verdict.verdict]
    causes = [_cause_words(cause, zone, now) for cause in verdict.causes]
    is_quiet = verdict.verdict is Verdict.TAKES
    stop = None
    if not takes_a_code(verdict):
        stop = refusal(verdict, is_time_bound=False, is_offline=False)
    asked, is_asking = check_words(verdict, asked_at, zone, now)
    return VerdictPanel(
        verdict=verdict.verdict,
        words=words,
        heading=words.heading,
        main=causes[0] if causes else None,
        also=tuple(causes[1:]),
        affected="" if is_quiet else _affected(verdict, cards, zone, now),
        is_quiet=is_quiet,
        may_issue=stop is None,
        refusal="" if stop is None else stop.headline,
        asked=asked,
        is_asking=is_asking,
    )


ANSWER_EXPECTED_SECONDS = 30


def check_words(
    verdict: LockVerdict, asked_at: datetime | None, zone: tzinfo, now: datetime
) -> tuple[str, bool]:
    """Return how a "Check again" stands, and whether its answer is still awaited."""
    if asked_at is None:
        return "", False
    answered_at = verdict.reported_at
    if answered_at is not None and answered_at > asked_at:
        at = clock(answered_at, zone, seconds=True)
        return f"Account reported again at {at}: {VERDICTS[verdict.verdict].label.lower()}.", False
    if (now - asked_at).total_seconds() > ANSWER_EXPECTED_SECONDS:
        return "No new answer yet. We keep asking.", False
    return "Checking now…", True


_WAITING = frozenset({"blocked", "account", "scheduled", "slow_set"})


def _affected(verdict: LockVerdict, cards: Sequence[CodeCard], zone: tzinfo, now: datetime) -> str:
    """Return a sentence that names the next guest whom the trouble touches."""
    waiting = [
        (card.starts_at, card.name)
        for card in cards
        if card.starts_at is not None and card.state.key in _WAITING
    ]
    if not waiting:
        return verdict.due.sentence
    starts_at, name = min(waiting)
    when = wall_time.in_sentence(starts_at, zone, now)
    if starts_at <= now:
        due = f"{name} has been expected for {wall_time.span(now - starts_at)}."
    else:
        due = f"{name} is expected {when}, in {wall_time.span(starts_at - now)}."
    if verdict.verdict is Verdict.BLOCKED:
        return f"{due} The code waits and is sent as soon as the lock takes codes again."
    return f"{due} {verdict.due.sentence}".rstrip()


def check_lines(checks: Iterable[Check], zone: tzinfo, now: datetime) -> tuple[CheckLine, ...]:
    """Return "What we checked": each line with its finding, its age and its source."""
    lines = []
    for check in checks:
        tone, icon = _CHECK_ICONS[check.state]
        value = wall_time.with_time(check.value, check.at, zone, now)
        lead, _, rest = value.partition(". ")
        if rest:
            lead, rest = f"{lead}.", f" {rest}"
        lines.append(CheckLine(check.label, tone, icon, lead, rest, check.raw))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class ForeignEntry:
    """An entry on the lock that was made outside Locksite."""

    uid: UUID
    name: str
    text: str
    note: str
    is_left_alone: bool
    may_convert: bool


def _foreign_note(row: UnmanagedCode) -> str:
    if row.wish == ForeignWish.CONVERT:
        return "Being taken over"
    if row.wish == ForeignWish.REMOVE:
        return f"Being removed. {row.error_message}".rstrip()
    if row.error_message:
        return f"Couldn't be taken over. {row.error_message}"
    return "Made in the lock's app"


def foreign_entries(
    rows: Iterable[UnmanagedCode], zone: tzinfo, now: datetime
) -> tuple[ForeignEntry, ...]:
    """Return the entries of a lock that are not ours."""
    return tuple(
        ForeignEntry(
            row.uid,
            row.name or f"Entry in slot {row.slot}",
            wall_time.capital(wall_time.window(row.starts_at, row.ends_at, zone, now)),
            _foreign_note(row),
            is_left_alone=not row.wish,
            may_convert=not foreign.obstacle(row.stranger(), row.device.capabilities, now),
        )
        for row in rows
    )
