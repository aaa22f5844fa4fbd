"""How sure we are of a code: requested, accepted, acknowledged, read back, used. Pure.

The status says what is claimed; this says what the claim rests on.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accesscodes.choices import Placement
from accesscodes.values import Installed, LockTerms, Wish, same_content
from properties.choices import Proof


class Level(StrEnum):
    """What is known of the wish as it is now, the weakest evidence first."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    ACKNOWLEDGED = "acknowledged"
    READ_BACK = "read_back"
    USED = "used"


class About(StrEnum):
    """Whether the code is to be on the lock, or to leave it."""

    PRESENCE = "presence"
    REMOVAL = "removal"


@dataclass(frozen=True, slots=True)
class Confidence:
    """One level, what it means for this lock, and since when it holds where that is known."""

    about: About
    level: Level
    means: str
    at: datetime | None


def confidence(
    wish: Wish,
    installed: Installed,
    terms: LockTerms,
    now: datetime,
    *,
    opened_at: datetime | None,
) -> Confidence:
    """Return how sure we are that the lock holds the code as it is wanted now, or has lost it.

    `opened_at`: when the door last opened by its present PIN, `None`: never, or not told.
    """
    unwanted_at = wish.unwanted_since(now)
    if unwanted_at is not None:
        return _of_removal(installed, unwanted_at)
    if opened_at is not None and (
        not wish.awaits_computing if wish.is_offline else _is_as_wanted(wish, installed, terms)
    ):
        means = "The door was opened with this PIN."
        return Confidence(About.PRESENCE, Level.USED, means, opened_at)
    if wish.is_offline:
        return _of_computing(wish)
    if _is_as_wanted(wish, installed, terms):
        return _of_proof(terms.capabilities.proof, installed.seen_at)
    return _of_sending(installed)


def _is_as_wanted(wish: Wish, installed: Installed, terms: LockTerms) -> bool:
    """Return whether the entry was last proven to hold what is wanted, and not what was let be."""
    return (
        installed.placement is Placement.PRESENT
        and installed.content is not None
        and same_content(installed.content, wish.content(terms), terms)
    )


def _of_computing(wish: Wish) -> Confidence:
    if wish.awaits_computing:
        means = "Asked for; the lock's maker has not computed the PIN yet."
        return Confidence(About.PRESENCE, Level.REQUESTED, means, wish.created_at)
    means = "Computed by the lock's maker; the lock knows it by its own clock."
    return Confidence(About.PRESENCE, Level.ACCEPTED, means, None)


def _of_sending(installed: Installed) -> Confidence:
    level, means = Level.REQUESTED, "Written down; not sent to the lock yet."
    if installed.placement is Placement.WRITING and installed.is_acknowledged:
        level = Level.ACCEPTED
        means = "The lock's maker took the command; no reading has shown the code yet."
    elif installed.placement is Placement.WRITING:
        means = "Sent to the lock; no answer yet."
    elif installed.is_on_lock:
        means = "Written down; the lock still holds something else for this code."
    return Confidence(About.PRESENCE, level, means, None)


def _of_proof(proof: Proof, seen_at: datetime | None) -> Confidence:
    level, means = {
        Proof.READBACK: (Level.READ_BACK, "Read back from the lock, PIN included."),
        Proof.SLOT_ONLY: (
            Level.ACKNOWLEDGED,
            "The lock shows a code in this slot, and hides its PIN.",
        ),
        Proof.ACK: (Level.ACKNOWLEDGED, "The lock said yes; it cannot be read."),
        Proof.NONE: (Level.ACCEPTED, "Sent; this lock gives no answer."),
    }[proof]
    return Confidence(About.PRESENCE, level, means, seen_at)


def _of_removal(installed: Installed, unwanted_at: datetime) -> Confidence:
    if installed.placement is Placement.ERASING and installed.is_acknowledged:
        means = "The lock's maker took the removal; no reading has shown the code gone yet."
        return Confidence(About.REMOVAL, Level.ACCEPTED, means, None)
    means = "To be removed; the lock has not confirmed it."
    return Confidence(About.REMOVAL, Level.REQUESTED, means, unwanted_at)
