"""Entries on a lock that are not ours: which must go, and which may become ours. Pure.

An entry is what it holds in its slot. One that was changed in the maker's app is another one, so a
wish about it never reaches anything else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accesscodes.choices import CommandAction
from accesscodes.values import Content, Seen
from properties.providers.base import Capabilities


@dataclass(frozen=True, slots=True)
class Stranger:
    """An entry that is not ours, as it was last seen, and what somebody wants of it.

    `is_to_be_asked_for`: it shall become ours, and the cloud that keeps it has to be told.
    """

    row_id: int
    slot: int
    content: Content
    is_enabled: bool = True
    is_unwanted: bool = False
    is_to_be_asked_for: bool = False
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RemoveForeign:
    """Empty the slot of an entry that is not ours and that somebody wants gone."""

    row_id: int
    slot: int

    @property
    def action(self) -> CommandAction:
        """Return what kind of command it is."""
        return CommandAction.REMOVE


@dataclass(frozen=True, slots=True)
class ConvertForeign:
    """Tell a cloud that an entry of others is ours from now on."""

    row_id: int
    slot: int

    @property
    def action(self) -> CommandAction:
        """Return what kind of command it is."""
        return CommandAction.CONVERT


def conversions(
    strangers: Iterable[Stranger], foreign: Iterable[Seen], now: datetime
) -> list[ConvertForeign]:
    """Return which entries a cloud is to be told about, judged from a reading that is fresh.

    A cloud that has heard of it says so (`CloudWord.is_managed`); then nothing is left to ask.
    """
    there = {
        entry.slot: entry.content
        for entry in foreign
        if entry.word is not None and not entry.word.is_managed
    }
    return [
        ConvertForeign(one.row_id, one.slot)
        for one in strangers
        if one.is_to_be_asked_for
        and (one.retry_at is None or one.retry_at <= now)
        and one.slot in there
        and is_same(one.content, there[one.slot])
    ]


def removals(
    strangers: Iterable[Stranger], foreign: Iterable[Seen], now: datetime
) -> list[RemoveForeign]:
    """Return which entries are to be removed, judged from a reading that is fresh.

    `foreign` are the entries of that reading that are not ours. Only what somebody wants gone, is
    in its slot and holds just what it held when it was asked for, is removed.
    """
    there = {entry.slot: entry.content for entry in foreign}
    return [
        RemoveForeign(one.row_id, one.slot)
        for one in strangers
        if one.is_unwanted
        and (one.retry_at is None or one.retry_at <= now)
        and one.slot in there
        and is_same(one.content, there[one.slot])
    ]


def next_try(strangers: Iterable[Stranger], now: datetime) -> datetime | None:
    """Return when the next wish about them may be tried again; ``None``: nothing is wanted."""
    return min(
        (
            max(one.retry_at or now, now)
            for one in strangers
            if one.is_unwanted or one.is_to_be_asked_for
        ),
        default=None,
    )


def is_same(one: Content, other: Content) -> bool:
    """Return whether two readings of a slot show one entry; no name and an empty one are equal."""
    return (one.pin_index, one.name or "", one.starts_at, one.ends_at) == (
        other.pin_index,
        other.name or "",
        other.starts_at,
        other.ends_at,
    )


def is_convertible(stranger: Stranger, capabilities: Capabilities) -> bool:
    """Return whether a lock of this kind, showing what it shows, lets us take the entry over."""
    return capabilities.adopts_foreign and stranger.content.pin_index is not None


def obstacle(stranger: Stranger, capabilities: Capabilities, now: datetime) -> str:
    """Return why the entry cannot become ours now, as a sentence; empty: it can.

    Taking over writes nothing, so it must not set anything going either: an entry that has ended
    would be removed, one that is switched off would be switched on.
    """
    if not capabilities.adopts_foreign:
        return "The maker of this lock does not let codes be taken over."
    if stranger.content.pin_index is None:
        return "The lock does not show the PIN of this code, so it cannot be taken over."
    if not stranger.is_enabled:
        return "The code is switched off on the lock. Switch it on in the lock's app first."
    if stranger.content.ends_at is not None and stranger.content.ends_at <= now:
        return "The code has ended. It can only be removed."
    return ""
