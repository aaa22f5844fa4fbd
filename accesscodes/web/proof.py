"""What stands behind a badge: how far the evidence goes, each step with its time. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from accesscodes.choices import CommandAction, Outcome
from accesscodes.confidence import About, Confidence, Level
from accesscodes.web import wall_time
from accesscodes.web.presenters import Stamp
from properties.choices import Proof


class Standing(StrEnum):
    """How one rung stands."""

    DONE = "done"
    OPEN = "open"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the evidence; `at` is ``None`` where the time is not known."""

    label: str
    standing: Standing
    icon: str
    at: Stamp | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """All steps, and in one sentence what the highest one means."""

    means: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One command to a lock about a code, and how it ended. Times are aware UTC."""

    action: CommandAction
    asked_at: datetime
    answered_at: datetime | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Times:
    """When a code was asked for, and when the lock's side last said yes to it, and to its end."""

    requested_at: datetime
    accepted_at: datetime | None
    seen_at: datetime | None
    gone_at: datetime | None


_ORDER = (Level.REQUESTED, Level.ACCEPTED, Level.ACKNOWLEDGED, Level.READ_BACK, Level.USED)
_LABELS = {
    Level.REQUESTED: "Requested",
    Level.ACCEPTED: "Accepted",
    Level.ACKNOWLEDGED: "Acknowledged by the lock",
    Level.READ_BACK: "Read back from the lock",
    Level.USED: "Used at the door",
}
_ICONS = {Standing.DONE: "check", Standing.OPEN: "circle", Standing.NEVER: "minus"}
_WRITES = {CommandAction.PROGRAM, CommandAction.UPDATE}


def first_try(told: Iterable[Told]) -> datetime | None:
    """Return when the lock was first asked to take the code."""
    tries = [each.asked_at for each in told if each.action == CommandAction.PROGRAM]
    return min(tries, default=None)


def accepted_at(told: Iterable[Told], about: About) -> datetime | None:
    """Return when a command to write, or to remove, was last said yes to."""
    wanted = _WRITES if about is About.PRESENCE else {CommandAction.REMOVE}
    answers = [
        each.answered_at
        for each in told
        if each.action in wanted
        and each.outcome == Outcome.ACCEPTED
        and each.answered_at is not None
    ]
    return max(answers, default=None)


def ladder(
    known: Confidence, proof: Proof, times: Times, zone: tzinfo, now: datetime, *, is_offline: bool
) -> Ladder:
    """Return the steps from the wish to the guest who opened the door, or to the code's end."""

    def rung(label: str, at: datetime | None, *, is_done: bool, can_be: bool = True) -> Rung:
        standing = Standing.DONE if is_done else Standing.OPEN if can_be else Standing.NEVER
        stamp = None
        if is_done and at is not None:
            stamp = Stamp.of(at, wall_time.moment(at, zone, now))
        return Rung(label, standing, _ICONS[standing], stamp)

    if known.about is About.REMOVAL:
        is_accepted = known.level is not Level.REQUESTED or times.gone_at is not None
        means = known.means if times.gone_at is None else "A reading showed the lock without it."
        return Ladder(
            means,
            (
                rung("Removal requested", times.requested_at, is_done=True),
                rung("Accepted", times.accepted_at, is_done=is_accepted),
                rung("Seen gone", times.gone_at, is_done=times.gone_at is not None),
            ),
        )
    reached = _ORDER.index(known.level)
    at = {
        Level.REQUESTED: times.requested_at,
        Level.ACCEPTED: times.accepted_at,
        Level.ACKNOWLEDGED: times.seen_at,
        Level.READ_BACK: times.seen_at,
        Level.USED: None,
    }
    at[known.level] = known.at or at[known.level]
    possible = _possible(proof, is_offline=is_offline)
    rungs = []
    for place, level in enumerate(_ORDER):
        can_be = level in possible
        label = _LABELS[level]
        if level is Level.READ_BACK and not can_be:
            label = "Accepted, can't be read back" if not is_offline else "Can't be read back"
        rungs.append(rung(label, at[level], is_done=can_be and place <= reached, can_be=can_be))
    return Ladder(known.means, tuple(rungs))


def _possible(proof: Proof, *, is_offline: bool) -> frozenset[Level]:
    """Return the evidence that there can be at all for a code on this kind of lock."""
    ever = {Level.REQUESTED, Level.ACCEPTED, Level.USED}
    if is_offline or proof is Proof.NONE:
        return frozenset(ever)
    ever.add(Level.ACKNOWLEDGED)
    if proof is Proof.READBACK:
        ever.add(Level.READ_BACK)
    return frozenset(ever)
