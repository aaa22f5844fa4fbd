"""What a virtual lock itself says to a write: yes, or a refusal with its reason. Pure.

The lock knows nothing of our own rules for PINs and checks everything once more, as a real one
does. Its order is the one in which such locks complain: able at all, digits, dates, name,
duplicates, room.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

from properties.choices import Fault
from properties.providers.base import Refused, Retry, SlotWrite
from properties.providers.virtual.body import Body
from properties.providers.virtual.memory import Entry


def refusal(body: Body, memory: Mapping[int, Entry], write: SlotWrite) -> Refused | None:
    """Return why the lock will not take `write`, or ``None``. No sentence holds a digit."""
    return (
        _unable(body)
        or _digits(body, write.pin.digits)
        or _window(body, write)
        or _name(body, memory, write)
        or _duplicate(body, memory, write)
        or _room(body, memory, write)
    )


def stored(body: Body, write: SlotWrite) -> Entry:
    """Return `write` as the lock keeps it: name cut, dates only where it has a timetable."""
    keeps, longest = body.make.keeps_window, body.make.name_max
    return Entry(
        pin=write.pin,
        name=write.name if longest is None else write.name[:longest].rstrip(),
        starts_at=write.starts_at if keeps else None,
        ends_at=write.ends_at if keeps else None,
    )


def _unable(body: Body) -> Refused | None:
    if body.hub_is_missing:
        return _no(body.make.hub_error, "The lock is not paired with a bridge.")
    if Fault.SUBSCRIPTION_REQUIRED in body.faults:
        return _no("subscription_required", "The maker of the lock wants a paid plan.")
    if not body.keypad_is_connected:
        return _no(body.make.keypad_error, "The lock has no keypad connected.")
    if not body.make.has_built_in_keypad and body.make.needs_hub and not body.keypad_is_linked:
        return _no(body.make.keypad_error, "The keypad is not linked to its bridge.")
    return None


def _digits(body: Body, digits: str) -> Refused | None:
    if not (digits.isascii() and digits.isdigit()):
        return _violated("The lock takes digits only.")
    if len(digits) not in body.make.code_lengths:
        return _violated("The lock does not take a PIN of this length.")
    for rule in body.make.digit_rules:
        if not _RULES[rule](digits):
            return _violated(f"The PIN breaks a rule of the lock: {rule}.")
    return None


def _steps(digits: str) -> list[int]:
    return [int(after) - int(before) for before, after in pairwise(digits)]


def _longest_run(digits: str) -> int:
    """Return how long the longest stretch of digits is that repeat, count up or count down."""
    longest = length = 1
    held = None
    for step in _steps(digits):
        runs_on = step == held
        held = step if step in {-1, 0, 1} else None
        length = length + 1 if runs_on else 1 + (held is not None)
        longest = max(longest, length)
    return longest


def _is_sequence(digits: str) -> bool:
    return set(_steps(digits)) in ({1}, {-1})


_RULES: Final[Mapping[str, Callable[[str], bool]]] = {
    "no_zeros": lambda digits: "0" not in digits,
    "cannot_start_with_12": lambda digits: not digits.startswith("12"),
    "no_triple_consecutive_ints": lambda digits: _longest_run(digits) <= 3,
    "no_ascending_or_descending_sequence": lambda digits: not _is_sequence(digits),
    "at_least_three_unique_digits": lambda digits: len(set(digits)) >= 3,
    "no_all_same_digits": lambda digits: len(set(digits)) > 1,
    "unique_first_four_digits": lambda digits: len(set(digits[:4])) == 4,
    "cannot_contain_089": lambda digits: not set(digits) & set("089"),
    "cannot_contain_0789": lambda digits: not set(digits) & set("0789"),
}


def _window(body: Body, write: SlotWrite) -> Refused | None:
    if write.starts_at is None and write.ends_at is None:
        return None
    if Fault.TIME_ZONE_UNKNOWN in body.faults and body.make.keeps_window:
        return _no("time_zone_unknown", "The time zone of the lock is not set.")
    return None


def _name(body: Body, memory: Mapping[int, Entry], write: SlotWrite) -> Refused | None:
    if len(write.name) < (body.make.name_min or 0):
        return _violated("The name is too short for the lock.")
    name = stored(body, write).name
    others = {entry.name for slot, entry in memory.items() if slot != write.slot}
    if body.make.unique_names and name in others:
        return _no(body.make.duplicate_name_error, "Another code on the lock has this name.")
    return None


def _duplicate(body: Body, memory: Mapping[int, Entry], write: SlotWrite) -> Refused | None:
    taken = any(entry.pin == write.pin for slot, entry in memory.items() if slot != write.slot)
    if body.make.refuses_duplicates and taken:
        return _no("duplicate_code_on_device", "Another code on the lock has this PIN.")
    return None


def _room(body: Body, memory: Mapping[int, Entry], write: SlotWrite) -> Refused | None:
    if write.slot in memory:
        return None
    full = Fault.MEMORY_FULL in body.faults or len(memory) >= body.make.max_codes
    if full or write.slot > body.make.max_codes:
        return _no("no_space_for_access_code_on_device", "The memory of the lock is full.")
    return None


def _no(error_code: str, sentence: str) -> Refused:
    return Refused(error_code, sentence, Retry.ON_LOCK_CHANGE)


def _violated(sentence: str) -> Refused:
    return Refused("code_constraints_violated", sentence, Retry.ON_WISH)
