"""What a virtual lock itself says to a write: yes, or a refusal with its reason. Pure.

The lock knows nothing of our own rules for PINs and checks everything once more, as a real one
does. Its order is the one in which such locks complain: able at all, digits, dates, name,
duplicates, room.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Final

from locksite.masked import Pin
from properties.choices import Fault
from properties.providers.base import Refused, Retry, SlotWrite
from properties.providers.virtual.body import STRETCH, Body
from properties.providers.virtual.memory import Entry


def refusal(
    body: Body, memory: Mapping[int, Entry], write: SlotWrite, now: datetime
) -> Refused | None:
    """Return why the lock will not take `write` at `now`, or ``None``. No sentence holds a digit.

    A write without a PIN is taken by a lock whose maker chooses it, and by no other.
    """
    return (
        _unable(body)
        or _pin(body, write.pin)
        or _window(body, memory, write, now)
        or _name(body, memory, write)
        or _duplicate(body, memory, write)
        or _room(body, memory, write)
    )


def removal_refusal(body: Body) -> Refused | None:
    """Return why nothing can be taken off the lock, or ``None``. A removal needs no keypad."""
    if body.hub_is_missing:
        return _no(body.make.hub_error, "The lock is not paired with a bridge.")
    if Fault.INSUFFICIENT_PERMISSIONS in body.faults:
        return _no("insufficient_permissions", "Our login may not change codes on the lock.")
    if Fault.POWER_SAVING in body.faults:
        return _no("provider_issue", "The lock saves power and takes no commands.")
    return None


def computing_refusal(body: Body) -> Refused | None:
    """Return why the maker computes no offline PIN for the lock now; it need not be reachable."""
    if Fault.INSUFFICIENT_PERMISSIONS in body.faults:
        return _no("insufficient_permissions", "Our login may not change codes on the lock.")
    if Fault.SUBSCRIPTION_REQUIRED in body.faults:
        return _no("subscription_required", "The maker of the lock wants a paid plan.")
    if not body.has_zone:
        return _no(body.make.zone_error, "The time zone of the lock is not set.")
    return None


def stored(body: Body, write: SlotWrite, pin: Pin) -> Entry:
    """Return `write` as the lock keeps it: name cut, dates only where it has a timetable.

    `pin` is that of the write, or the one that the maker chose.
    """
    starts_at, ends_at = write.starts_at, write.ends_at
    if not body.keeps_window:
        starts_at = ends_at = None
    elif ends_at is not None and Fault.STRETCHES_ENDS in body.faults:
        ends_at += STRETCH
    return Entry(
        pin=pin,
        name=_cut(body, write.name),
        starts_at=starts_at,
        ends_at=ends_at,
    )


def _cut(body: Body, name: str) -> str:
    longest = body.make.name_max
    return name if longest is None else name[:longest].rstrip()


def keeps_rules(rules: Iterable[str], digits: str) -> bool:
    """Return whether a PIN keeps all of these rules, by their names on the wire."""
    return all(RULES[rule](digits) for rule in rules)


def _unable(body: Body) -> Refused | None:
    if not body.make.takes_online_codes:
        return _no("failed_to_set_on_device", "The lock takes offline codes only.")
    is_accessory = not body.make.has_built_in_keypad
    return removal_refusal(body) or next(
        (
            _no(error_code, sentence)
            for is_so, error_code, sentence in (
                (
                    Fault.SUBSCRIPTION_REQUIRED in body.faults,
                    "subscription_required",
                    "The maker of the lock wants a paid plan.",
                ),
                (
                    Fault.SUPPORT_LOST in body.faults,
                    "failed_to_set_on_device",
                    "The lock no longer takes PINs.",
                ),
                (
                    not body.keypad_is_connected,
                    body.make.keypad_error,
                    "The lock has no keypad connected.",
                ),
                (
                    is_accessory and body.make.needs_hub and not body.keypad_is_linked,
                    body.make.keypad_error,
                    "The keypad is not linked to its bridge.",
                ),
            )
            if is_so
        ),
        None,
    )


def _pin(body: Body, pin: Pin | None) -> Refused | None:
    if body.make.assigns_pins:
        return None if pin is None else _violated("The maker of the lock chooses its PINs.")
    return _violated("The lock wants a PIN.") if pin is None else _digits(body, pin.digits)


def _digits(body: Body, digits: str) -> Refused | None:
    if not (digits.isascii() and digits.isdigit()):
        return _violated("The lock takes digits only.")
    if len(digits) not in body.make.code_lengths:
        return _violated("The lock does not take a PIN of this length.")
    for rule in body.make.digit_rules:
        if not RULES[rule](digits):
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


RULES: Final[Mapping[str, Callable[[str], bool]]] = {
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


def _window(
    body: Body, memory: Mapping[int, Entry], write: SlotWrite, now: datetime
) -> Refused | None:
    if (write.starts_at is None and write.ends_at is None) or not body.make.keeps_window:
        return None
    if not body.keeps_window:
        return _no(
            "failed_to_set_on_device", "The lock has lost its timetable: it takes no dates."
        )
    if not body.has_zone:
        return _no(body.make.zone_error, "The time zone of the lock is not set.")
    if body.make.needs_whole_window and None in {write.starts_at, write.ends_at}:
        return _violated("The lock takes no start without an end, and no end without a start.")
    if body.make.needs_future_start and write.starts_at is not None and write.starts_at <= now:
        held = memory.get(write.slot)
        if held is None or held.starts_at != write.starts_at:
            return _violated("The lock takes a code only before it starts.")
    return None


def _name(body: Body, memory: Mapping[int, Entry], write: SlotWrite) -> Refused | None:
    if len(write.name) < (body.make.name_min or 0):
        return _violated("The name is too short for the lock.")
    name = _cut(body, write.name)
    others = {entry.name for slot, entry in memory.items() if slot != write.slot}
    if body.wants_unique_names and name in others:
        return _no(body.make.duplicate_name_error, "Another code on the lock has this name.")
    return None


def _duplicate(body: Body, memory: Mapping[int, Entry], write: SlotWrite) -> Refused | None:
    taken = any(entry.pin == write.pin for slot, entry in memory.items() if slot != write.slot)
    if body.refuses_duplicates and taken:
        return _no("duplicate_code_on_device", "Another code on the lock has this PIN.")
    return None


def _room(body: Body, memory: Mapping[int, Entry], write: SlotWrite) -> Refused | None:
    if write.slot in memory:
        return None
    full = Fault.MEMORY_FULL in body.faults or len(memory) >= body.make.usable_codes
    if full or write.slot > body.make.usable_codes:
        return _no("no_space_for_access_code_on_device", "The memory of the lock is full.")
    return None


def no_pin_left() -> Refused:
    """Return what a lock says whose maker has no PIN left for it."""
    return _no("no_space_for_access_code_on_device", "No PIN is left for the lock.")


def _no(error_code: str, sentence: str) -> Refused:
    return Refused(error_code, sentence, Retry.ON_LOCK_CHANGE)


def _violated(sentence: str) -> Refused:
    return Refused("code_constraints_violated", sentence, Retry.ON_WISH)
