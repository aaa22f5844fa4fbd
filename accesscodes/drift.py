"""Match what a lock reports to what we believe of it. Pure; decides nothing.

The identity of an entry is its slot, committed before the first write. What is in our slot is ours
when it carries a PIN that we sent there, or, where PINs are hidden or were changed, a name of
ours. Where the maker chooses the PINs and shows no names, what turns up in our slot after a write
that was acknowledged is ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from accesscodes.choices import Placement
from accesscodes.values import Installed, LockTerms, Seen, Sighting, Tracked, holds


def match(
    codes: Sequence[Tracked], entries: Iterable[Seen], terms: LockTerms
) -> tuple[Mapping[int, Sighting], tuple[Seen, ...]]:
    """Return what was seen of each code, by code id, and the entries that are not ours.

    A code that holds its slot now goes before one that held it once and is only under audit.
    """
    by_slot = {entry.slot: entry for entry in entries}
    sent_here: dict[int, list[Installed]] = {}
    for code in codes:
        if code.installed.slot is not None:
            sent_here.setdefault(code.installed.slot, []).append(code.installed)
    claimed: set[int] = set()
    sightings: dict[int, Sighting] = {}
    for code in sorted(codes, key=lambda code: not code.installed.is_on_lock):
        slot = code.installed.slot
        entry = None if slot is None or slot in claimed else by_slot.get(slot)
        sighting = _sighting(code, entry, sent_here.get(slot or 0, []), terms)
        sightings[code.wish.code_id] = sighting
        is_here = sighting.entry is not None or code.installed.is_on_lock
        if slot is not None and is_here and not sighting.is_slot_taken:
            claimed.add(slot)
    foreign = tuple(entry for slot, entry in sorted(by_slot.items()) if slot not in claimed)
    return sightings, foreign


@dataclass(frozen=True, slots=True)
class Stray:
    """An entry that a write of ours made in a slot which its code has left, or after its end."""

    entry: Seen
    code_id: int


@dataclass(frozen=True, slots=True)
class Written:
    """What we once wrote into a slot: for which code, and which PIN."""

    code_id: int
    pin_index: str


def mark(entry: Seen) -> str:
    """Return what tells an entry from others in its slot: its PIN, or its name where that hides.

    The PIN by its index.
    """
    return entry.content.pin_index or f"named {entry.content.name or ''}"


def recall(
    codes: Sequence[Tracked],
    sightings: Mapping[int, Sighting],
    foreign: Iterable[Seen],
    writes: Mapping[tuple[int, str], Written],
) -> tuple[Mapping[int, Sighting], tuple[Stray, ...], tuple[Seen, ...]]:
    """Recognise what we wrote into slots that no code holds any more, among the foreign entries.

    `writes` says by slot and `mark` what we wrote there. Such an entry is taken for the code's own
    where that code still wants this PIN and is nowhere else; any other is a stray. Return the
    sightings with those added, the strays, and what is really foreign.
    """
    seen = dict(sightings)
    by_id = {code.wish.code_id: code for code in codes}
    strays, others = [], []
    for entry in foreign:
        written = writes.get((entry.slot, mark(entry)))
        if written is None:
            others.append(entry)
            continue
        code = by_id.get(written.code_id)
        is_nowhere = code is not None and seen[written.code_id].entry is None
        if code is not None and is_nowhere and code.wish.pin_index == written.pin_index:
            seen[written.code_id] = Sighting(
                entry=entry, is_ours_as_sent=entry.is_enabled, is_recalled=True
            )
        else:
            strays.append(Stray(entry, written.code_id))
    return seen, tuple(strays), tuple(others)


def _sighting(
    code: Tracked, entry: Seen | None, sent_here: Sequence[Installed], terms: LockTerms
) -> Sighting:
    installed = code.installed
    if entry is None or not installed.was_ever_sent:
        return Sighting(is_slot_taken=entry is not None)
    pin_index = entry.content.pin_index
    if not _was_sent(installed, entry, terms):
        if any(_was_sent(other, entry, terms) for other in sent_here):
            return Sighting(is_superseded=True)
        if not _passes_for_ours(installed, entry, terms):
            return Sighting(is_slot_taken=True)
    if pin_index is None:
        is_as_sent = (
            installed.is_acknowledged
            and installed.sent is not None
            and installed.sent.pin_index == code.wish.pin_index
        )
    else:
        is_as_sent = pin_index == code.wish.pin_index or terms.capabilities.assigns_pins
    contents = [
        replace(content, pin_index=None) if terms.capabilities.assigns_pins else content
        for content in (installed.content, installed.sent, code.wish.content(terms))
        if content is not None
    ]
    is_expected = any(holds(entry.content, content, terms) for content in contents)
    return Sighting(
        entry=entry,
        is_ours_as_sent=is_as_sent and entry.is_enabled,
        is_altered=not is_expected or not entry.is_enabled,
    )


def _passes_for_ours(installed: Installed, entry: Seen, terms: LockTerms) -> bool:
    """Return whether an entry in our slot is ours although it is not what we sent there."""
    if terms.capabilities.shows_names:
        return entry.content.pin_index is not None and (
            entry.content.name in installed.known_names
        )
    awaits_pin = (
        terms.capabilities.assigns_pins
        and installed.placement is Placement.WRITING
        and installed.is_acknowledged
    )
    return entry.content.pin_index is None or awaits_pin


def _was_sent(installed: Installed, entry: Seen, terms: LockTerms) -> bool:
    """Return whether an entry is what we once sent for a code, by the best that the lock shows."""
    if entry.content.pin_index is not None:
        return entry.content.pin_index in installed.known_pins
    return terms.capabilities.shows_names and entry.content.name in installed.known_names
