"""Traits of a virtual lock: where it differs from its make, and what tunes its faults. Pure.

They stand in a JSON column that people may edit, so `problems_of` says what is wrong with them
before a lock has to live with it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from properties.choices import Fault, Proof
from properties.providers.virtual.acceptance import RULES
from properties.providers.virtual.body import OF_THE_MAKE
from properties.providers.virtual.makes import Make
from properties.providers.virtual.mishaps import (
    BY_PEOPLE,
    OF_COMMANDS,
    OF_READINGS,
)

DAY: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that tunes a fault; `least` and `most` are allowed themselves."""

    label: str
    help: str
    least: float
    most: float
    default: float
    is_whole: bool = True


PARAMETERS: Final[Mapping[str, Parameter]] = {
    "fault_share": Parameter(
        "Share of calls",
        "How many calls a fault befalls, 0 to 1. Empty: all, and of people at the lock 0.05.",
        0,
        1,
        1,
        is_whole=False,
    ),
    "late_by_s": Parameter("Late by", "Seconds until a late command lands.", 0, DAY, 300),
    "lost_after_s": Parameter("Lost after", "Seconds until a code is lost.", 1, DAY, 60),
    "stale_by_s": Parameter("Stale by", "Seconds by which a stale list is old.", 1, DAY, 120),
    "drips_for_s": Parameter(
        "Drips for", "Seconds until a call in drips has arrived.", 21, DAY, 60
    ),
    "rate_limit_s": Parameter(
        "Rate limit", "Seconds that the maker's service asks to wait.", 1, DAY, 30
    ),
    "clock_offset_s": Parameter(
        "Clock ahead by", "Seconds; a clock that is behind has a minus.", -DAY, DAY, 7200
    ),
    "wake_every_s": Parameter(
        "Wakes every", "Seconds from one waking to the next.", 120, 7 * DAY, 4 * 3600
    ),
}
"""Numbers by their trait. Those that end in ``_s`` are seconds."""

NEXT_CALLS: Final = "next_calls"
STRIKING: Final = OF_COMMANDS | OF_READINGS | BY_PEOPLE
"""The faults that can be ordered for the next calls."""

# What was fitted to the lock when it was put up.
FITTED: Final = ("accessory_keypad", "has_bridge", "keypad_is_linked")

_LONGEST_ORDER: Final = 1_000


def problems_of(traits: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with the traits of a lock: trait and sentence."""
    return [
        (name, sentence) for name, value in traits.items() if (sentence := _problem(name, value))
    ]


def _problem(name: str, value: Any) -> str:
    if name in PARAMETERS:
        return _of_number(PARAMETERS[name], value)
    if name == NEXT_CALLS:
        return next(_of_orders(value), "")
    if name in FITTED:
        return "" if isinstance(value, bool) else "true or false."
    if name in QUALITIES:
        return QUALITIES[name](value)
    return "There is no such trait."


def _of_number(parameter: Parameter, value: Any) -> str:
    kinds = int if parameter.is_whole else int | float
    if isinstance(value, bool) or not isinstance(value, kinds):
        return "A whole number." if parameter.is_whole else "A number."
    if not parameter.least <= value <= parameter.most:
        return f"Between {parameter.least} and {parameter.most}."
    return ""


def _of_orders(value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield "Faults, each with a number of calls."
        return
    for fault, calls in value.items():
        if fault not in STRIKING:
            yield f"“{fault}” befalls no single call. {_known(STRIKING)}"
        elif isinstance(calls, bool) or not isinstance(calls, int):
            yield f"“{fault}” wants a whole number of calls."
        elif not 0 <= calls <= _LONGEST_ORDER:
            yield f"“{fault}” can be ordered for 0 to {_LONGEST_ORDER} calls."


def _known(faults: Collection[Fault]) -> str:
    return f"Known are: {', '.join(sorted(faults))}."


# ---- Qualities of the make ----------------------------------------------------------------------


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false."


def _count(value: Any) -> str:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if is_count else "A whole number from 0 on."


def _text(value: Any) -> str:
    return "" if isinstance(value, str) else "A text."


def _lengths(value: Any) -> str:
    is_good = isinstance(value, list) and value and not any(map(_count, value))
    return "" if is_good else "A list of lengths, such as [4, 6]."


def _rules(value: Any) -> str:
    is_good = isinstance(value, list) and all(each in RULES for each in map(str, value))
    return "" if is_good else f"A list of: {', '.join(sorted(RULES))}."


def _proof(value: Any) -> str:
    return "" if value in Proof.values else f"One of: {', '.join(Proof.values)}."


def _windows(value: Any) -> str:
    is_good = isinstance(value, list) and all(
        isinstance(each, Mapping)
        and each.keys() == {"name", "starts", "ends"}
        and not any(map(_text, each.values()))
        for each in value
    )
    return "" if is_good else "A list of windows with name, starts and ends, such as 15:00."


_BY_TYPE: Final[Mapping[Any, Callable[[Any], str]]] = {
    bool: _flag,
    int: _count,
    int | None: _count,
    str: _text,
    Proof: _proof,
}
QUALITIES: Final[Mapping[str, Callable[[Any], str]]] = {
    **{
        item.name: _BY_TYPE[item.type]
        for item in fields(Make)
        if item.type in _BY_TYPE and item.name in OF_THE_MAKE
    },
    "code_lengths": _lengths,
    "digit_rules": _rules,
    "time_slots": _windows,
}
"""The qualities of a make that one lock may have otherwise: what is wrong with a value, if any."""
