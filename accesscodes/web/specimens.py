"""One of everything that the desk shows, made by the code that makes it for pages. Pure.

The style guide prints it. Nothing here is about a real guest, lock or PIN, and time stands still.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accesscodes.choices import Kind, Placement, Status
from accesscodes.values import Installed, LockTerms, Summary, Wish
from accesscodes.web import lock_presenters, progress, wall_time
from accesscodes.web.presenters import CodeCard, CodePanel
from accesscodes.web.states import (
    STATES,
    CodeFacts,
    CodeState,
    Handover,
    Tone,
    code_state,
    handover,
)
from properties.capabilities import (
    CodesDue,
    LockFacts,
    LockVerdict,
    Verdict,
    lock_verdict,
    with_codes_due,
)
from properties.lock_facts import PastEvent
from properties.providers.base import Capabilities

NOW = datetime(2026, 11, 23, 13, 32, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
NOBODY = UUID(int=0)
INVENTED_PIN = "000000"
"""No lock has it: Locksite draws no PIN of one digit."""

_ARRIVAL, _DEPARTURE = NOW + timedelta(hours=2), NOW + timedelta(days=3)
_LATER = NOW + timedelta(days=10)
_STALE_AFTER = timedelta(minutes=15)
_NATIVE = LockTerms(Capabilities(keeps_window=True, max_codes=20))
_JUST_IN_TIME = LockTerms(Capabilities(keeps_window=False, max_codes=20))


# ---- Locks --------------------------------------------------------------------------------------


def _lock(*, online: bool = True, read: datetime = NOW, **parts: Any) -> LockVerdict:
    properties = {
        "online": True,
        "model": {"has_built_in_keypad": False, "can_connect_accessory_keypad": True},
        "accessory_keypad": {"is_connected": True, "battery": {"level": 0.8}},
        "battery": {"level": 0.71, "status": "good"},
    } | parts.pop("properties", {})
    facts = LockFacts(
        flags={"can_program_online_access_codes": online} | parts.pop("flags", {}),
        properties=properties,
        errors=(),
        warnings=[
            {"warning_code": code, "message": "From the maker.", "created_at": read.isoformat()}
            for code in parts.pop("warnings", ())
        ],
        reported_at=read,
        codes_used=3,
        max_codes=100,
        account_name="Virtual locks",
        **parts,
    )
    return lock_verdict(facts, NOW, stale_after=_STALE_AFTER)


_KEYPAD_IS_OFF = {"accessory_keypad": {"is_connected": False, "battery": {"level": 0.04}}}
_KEYPAD_WENT = PastEvent("device.accessory_keypad_disconnected", NOW - timedelta(hours=5))

VERDICTS: Mapping[Verdict, LockVerdict] = {
    Verdict.BLOCKED: _lock(
        online=False,
        properties=_KEYPAD_IS_OFF,
        recent=(_KEYPAD_WENT,),
        warnings=("device_has_flaky_connection",),
    ),
    Verdict.OFFLINE_DUE: with_codes_due(
        _lock(properties={"online": False}), CodesDue(put_on=1, take_off=2)
    ),
    Verdict.NO_OPEN: _lock(warnings=("privacy_mode",)),
    Verdict.OFFLINE_ONLY: _lock(
        online=False,
        flags={"can_program_offline_access_codes": True},
        warnings=("hub_required_for_additional_capabilities",),
    ),
    Verdict.TAKES_CHECK: _lock(properties={"battery": {"level": 0.18, "status": "low"}}),
    Verdict.STALE: _lock(read=NOW - timedelta(hours=2)),
    Verdict.TAKES: _lock(),
}


def lock_row(verdict: Verdict) -> lock_presenters.LockRow:
    """Return a row of the list of doors with this verdict."""
    known = VERDICTS[verdict]
    words = lock_presenters.VERDICTS[verdict]
    cause = known.headline_cause
    why = "" if cause is None else wall_time.with_time(cause.sentence, cause.at, ZONE, NOW)
    return lock_presenters.LockRow(
        uid=NOBODY,
        name="Apartment 104",
        model="Nuki Smart Lock Pro",
        verdict=verdict,
        words=words,
        why="" if words.tone is Tone.OK else why,
        health=lock_presenters.health_facts(known.checks, ZONE, NOW),
        stay="Arrives today 16:32",
        usage="3 of 100 codes",
        may_issue=lock_presenters.takes_a_code(known),
        next_start=_ARRIVAL,
    )


def lock_panel(verdict: Verdict) -> lock_presenters.VerdictPanel:
    """Return the panel of a lock's page with this verdict."""
    return lock_presenters.verdict_panel(VERDICTS[verdict], [card("blocked")], ZONE, NOW)


# ---- Codes --------------------------------------------------------------------------------------


def _wish(**parts: Any) -> Wish:
    values: dict[str, Any] = {
        "code_id": 1,
        "revision": 1,
        "name": "Lena Okafor",
        "pin_index": "p",
        "kind": Kind.ONGOING,
        "created_at": NOW - timedelta(hours=1),
    }
    if "starts_at" in parts:
        values |= {"kind": Kind.TIME_BOUND, "ends_at": _DEPARTURE}
    return Wish(**{**values, **parts})


def _there(wish: Wish, terms: LockTerms = _NATIVE, **parts: Any) -> Installed:
    content = wish.content(terms)
    values: dict[str, Any] = {
        "placement": Placement.PRESENT,
        "slot": 1,
        "keeps_window": wish.puts_window_on(terms),
        "revision": wish.revision,
        "content": content,
        "sent": content,
        "known_pins": frozenset({"p"}),
        "seen_at": NOW - timedelta(minutes=2),
    }
    return Installed(**(values | parts))


def _code(
    status: Status,
    wish: Wish | None = None,
    installed: Installed | None = None,
    *,
    terms: LockTerms = _NATIVE,
    error: str = "",
    warning: str = "",
    is_backup: bool = False,
    pin_changed_at: datetime | None = None,
    **summary: Any,
) -> CodeFacts:
    message = "From the lock."
    return CodeFacts(
        wish=wish or _wish(),
        installed=installed or Installed(),
        summary=Summary(
            status,
            ({"error_code": error, "message": message},) if error else (),
            ({"warning_code": warning, "message": message},) if warning else (),
            **{"diverged_since": NOW - timedelta(minutes=1), **summary},
        ),
        terms=terms,
        zone=ZONE,
        is_backup=is_backup,
        pin_changed_at=pin_changed_at,
    )


def _codes() -> Iterator[CodeFacts]:
    """Yield codes that show every row of the table of states between them."""
    here, ahead, far = _wish(), _wish(starts_at=_ARRIVAL), _wish(starts_at=_LATER)
    far = replace(far, ends_at=_LATER + timedelta(days=2))
    running = _wish(starts_at=NOW - timedelta(hours=3))
    over = _wish(starts_at=NOW - timedelta(days=3), ends_at=NOW - timedelta(seconds=5))
    offline = _wish(starts_at=NOW - timedelta(hours=1), is_offline=True)
    computing = replace(offline, pin_index=None)
    on_lock = _there(here)
    proven: dict[str, Any] = {"diverged_since": None, "proven_at": NOW - timedelta(minutes=2)}
    long_ago = NOW - timedelta(minutes=12)

    yield _code(Status.GONE, here, replace(on_lock, placement=Placement.ABSENT), gone_at=NOW)
    yield _code(Status.SET, replace(here, withdrawn_at=NOW + timedelta(seconds=9)), on_lock)
    yield _code(Status.REMOVING, here, on_lock, error="failed_to_remove_from_device")
    yield _code(Status.REMOVING, here, on_lock, diverged_since=long_ago)
    yield _code(Status.REMOVING, here, on_lock)
    yield _code(Status.UNKNOWN, terms=replace(_NATIVE, is_account_connected=False))
    yield _code(Status.UNSET, ahead)
    yield _code(
        Status.SETTING, running, _there(running, seen_at=NOW - timedelta(hours=4)), **proven
    )
    yield _code(
        Status.SETTING,
        replace(here, revision=2, pin_index="q"),
        on_lock,
        error="duplicate_code_on_device",
        pin_changed_at=NOW,
    )
    for error in (
        "duplicate_code_on_device",
        "no_space_for_access_code_on_device",
        "august_lock_invalid_code_length",
        "code_constraints_violated",
        "access_code_inactive",
        "conflicting_external_modification",
        "failed_to_set_on_device",
    ):
        yield _code(Status.SETTING, error=error)
    yield _code(Status.UNSET, far, error="no_space_for_access_code_on_device")
    yield _code(Status.UNSET, computing, error="time_zone_unknown")
    yield _code(Status.SET, here, on_lock, warning="external_modification_in_effect", **proven)
    yield _code(Status.SET, here, on_lock, warning="using_backup_access_code", **proven)
    yield _code(Status.SETTING, computing, diverged_since=long_ago)
    yield _code(Status.SETTING, computing)
    yield _code(Status.SET, here, on_lock, **proven)
    yield _code(Status.SET, offline, **proven)
    yield _code(Status.SET, over, _there(over), **proven)
    yield _code(Status.UNSET, ahead, _there(ahead), is_scheduled_on_device=True, **proven)
    yield _code(Status.SETTING, diverged_since=long_ago)
    yield _code(Status.SETTING, replace(here, revision=2, pin_index="q"), on_lock)
    yield _code(Status.SETTING)
    yield _code(Status.SET, here, on_lock, is_backup=True, **proven)
    yield _code(Status.SET, ahead, _there(ahead, _JUST_IN_TIME), terms=_JUST_IN_TIME, **proven)
    yield _code(Status.UNSET, far, diverged_since=None)
    yield _code(Status.SET, here, on_lock, warning="code_rotates_periodically", **proven)
    yield _code(Status.UNKNOWN, here, on_lock, **proven)


@dataclass(frozen=True, slots=True)
class CodeSpecimen:
    """One code in one state, with everything that the desk says of it."""

    state: CodeState
    handover: Handover
    card: CodeCard
    panel: CodePanel | None
    steps: tuple[progress.Step, ...]
    timeline: progress.Timeline | None


def _specimen(code: CodeFacts, lock: LockVerdict) -> CodeSpecimen:
    wish, state = code.wish, code_state(code, lock, NOW)
    window = wall_time.capital(wall_time.window(wish.starts_at, wish.ends_at, ZONE, NOW))
    is_trouble = state.tone in {Tone.BAD, Tone.WARN}
    track = progress.Track(wish.created_at, wish.created_at, code.installed.seen_at)
    return CodeSpecimen(
        state,
        handover(state, code, lock, NOW),
        CodeCard(
            uid=NOBODY,
            name=wish.name,
            door="Apartment 101",
            lock_uid=NOBODY,
            window=window,
            starts_at=wish.starts_at,
            state=state,
            more=1 if state.key == "failed" else 0,
            is_over=state.key == "gone",
        ),
        CodePanel(state.label, state, "") if is_trouble else None,
        progress.steps(code, state, track, NOW),
        progress.timeline(
            wish.starts_at,
            wish.ends_at,
            ZONE,
            NOW,
            created_at=wish.created_at,
            first_try_at=track.first_try_at,
            is_late=is_trouble,
        ),
    )


def codes() -> tuple[CodeSpecimen, ...]:
    """Return one code for every row of `states.STATES`, in the order of the table."""
    good, dead = VERDICTS[Verdict.TAKES], VERDICTS[Verdict.BLOCKED]
    found: dict[str, CodeSpecimen] = {}
    for code in _codes():
        for lock in (good, dead):
            specimen = _specimen(code, lock)
            found.setdefault(specimen.state.key, specimen)
    return tuple(found[row.key] for row in STATES if row.key in found)


def card(key: str) -> CodeCard:
    """Return the card of the code in this state."""
    return next(specimen.card for specimen in codes() if specimen.state.key == key)
