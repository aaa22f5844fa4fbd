"""What a lock accepts as PIN and as name, and how a new PIN is drawn. Pure.

The rules are those that a device reports in `properties.supported_code_lengths` and
`properties.code_constraints`. Whether a PIN is in use on the lock is a question for the database
and is handed in.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise, product
from typing import Any

from locksite.masked import Pin

DIGITS = "0123456789"
# What the API takes, and what is assumed of a lock that names no lengths.
ANY_LENGTH = tuple(range(4, 13))
# How short a PIN may be at the desk, where nobody has to say a length.
DESK_LENGTH = 6

# A space of at most this many PINs is searched completely before it is called exhausted.
SEARCHED = 100_000
# In a larger space, this many draws in a row without a free PIN mean the same: more than nine in
# ten of its PINs would have to be taken, and no lock holds that many codes.
DRAWS = 5_000

# PINs in everybody's fingers that no rule below describes: down and up the middle of a keypad,
# corners.
EVERYBODYS = frozenset({"2580", "0852", "1379", "1397", "7913", "9731"})
# Ways to write a day as digits.
DATE_FORMS = (
    *("%d%m", "%m%d", "%Y", "%m%y", "%y%m", "%d%m%y", "%m%d%y", "%y%m%d"),
    *("%m%Y", "%Y%m", "%d%m%Y", "%m%d%Y", "%Y%m%d"),
)


class NoPinLeft(Exception):  # noqa: N818
    """Every PIN that the lock would accept, and that is not easily guessed, is in use."""


class RuleState(StrEnum):
    """How a rule stands against text that may still grow."""

    MET = "met"
    BROKEN = "broken"
    OPEN = "open"  # more digits will tell


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """One rule against one input. `message` is for staff and never depends on the digits typed."""

    rule: str
    label: str
    state: RuleState
    message: str


@dataclass(frozen=True, slots=True)
class PinRules:
    """What one lock demands. `lengths` empty: anything of 4 to 12 digits.

    `constraints` are the reported `constraint_type` words; unknown ones are kept and mean nothing
    here.
    """

    lengths: tuple[int, ...] = ()
    constraints: frozenset[str] = frozenset()
    name_min: int | None = None
    name_max: int | None = None

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> "PinRules":
        """Read the rules out of a device's `properties`; what is malformed or missing is no rule.

        Lengths that the API cannot carry (outside of 4–12) are left out where others remain.
        """
        reported = {
            length
            for length in properties.get("supported_code_lengths") or ()
            if isinstance(length, int) and not isinstance(length, bool) and length > 0
        }
        items = [
            item
            for item in properties.get("code_constraints") or ()
            if isinstance(item, Mapping) and isinstance(item.get("constraint_type"), str)
        ]
        limits = next((item for item in items if item["constraint_type"] == "name_length"), {})
        return cls(
            lengths=tuple(sorted(reported.intersection(ANY_LENGTH) or reported)),
            constraints=frozenset(item["constraint_type"] for item in items),
            name_min=limits.get("min_length"),
            name_max=limits.get("max_length"),
        )

    @property
    def supported(self) -> tuple[int, ...]:
        """Return every accepted length, shortest first."""
        return self.lengths or ANY_LENGTH

    @property
    def name_must_be_unique(self) -> bool:
        """Return whether no two codes on the lock may have one name."""
        return "name_must_be_unique" in self.constraints

    @property
    def assigns_pins(self) -> bool:
        """Return whether the maker chooses the PIN, so that none can be given."""
        return "cannot_specify_pin_code" in self.constraints

    @property
    def needs_known_pin(self) -> bool:
        """Return whether a given PIN must be one that the account already knows."""
        return "pin_code_matches_existing_set" in self.constraints

    @property
    def needs_future_start(self) -> bool:
        """Return whether a code must start later than now."""
        return "start_date_in_future" in self.constraints


# What staff are told beside the form, by `constraint_type`.
HINTS: Mapping[str, str] = {
    "cannot_specify_pin_code": "The lock picks the PIN. You see it after saving.",
    "pin_code_matches_existing_set": "PIN must match one already set up in the lock's account.",
    "start_date_in_future": "Starts in the future",
}


# ---- The rules about digits ---------------------------------------------------------------------
# Each takes the digits so far, and whether the lock would take a PIN of this length as it stands.


def _longest_run(digits: str) -> int:
    """Return the length of the longest stretch that repeats, counts up or counts down."""
    longest = run = 1
    step: int | None = None
    for left, right in pairwise(digits):
        move = int(right) - int(left)
        run = run + 1 if move == step else 2 if abs(move) <= 1 else 1
        step = move if abs(move) <= 1 else None
        longest = max(longest, run)
    return longest


def _is_counting(digits: str) -> bool:
    moves = {int(right) - int(left) for left, right in pairwise(digits)}
    return moves in ({1}, {-1})


def _without(forbidden: str) -> Callable[[str, bool], RuleState]:
    def judge(digits: str, _: bool) -> RuleState:
        return RuleState.BROKEN if set(digits) & set(forbidden) else RuleState.MET

    return judge


def _start(digits: str, _: bool) -> RuleState:
    if digits == "1":
        return RuleState.OPEN
    return RuleState.BROKEN if digits.startswith("12") else RuleState.MET


def _runs(digits: str, _: bool) -> RuleState:
    return RuleState.BROKEN if _longest_run(digits) > 3 else RuleState.MET


def _unless(is_bad: Callable[[str], bool]) -> Callable[[str, bool], RuleState]:
    """Judge a rule about the PIN as a whole: a further digit may put it right."""

    def judge(digits: str, is_whole: bool) -> RuleState:
        if not is_bad(digits):
            return RuleState.MET
        return RuleState.BROKEN if is_whole else RuleState.OPEN

    return judge


def _first_four(digits: str, _: bool) -> RuleState:
    head = digits[:4]
    if len(set(head)) < len(head):
        return RuleState.BROKEN
    return RuleState.MET if len(head) == 4 else RuleState.OPEN


@dataclass(frozen=True, slots=True)
class _DigitRule:
    rule: str
    label: str
    message: str
    judge: Callable[[str, bool], RuleState]


_DIGIT_RULES = (
    _DigitRule("no_zeros", "No zeros", "This lock does not allow 0.", _without("0")),
    _DigitRule(
        "cannot_start_with_12", "Doesn't start with 12", "PIN can't start with 12.", _start
    ),
    _DigitRule(
        "no_triple_consecutive_ints",
        "No long runs",
        "Don't use more than three digits in a row that repeat or count up.",
        _runs,
    ),
    _DigitRule(
        "no_ascending_or_descending_sequence",
        "Not a counting sequence",
        "PIN can't be a sequence like 3456.",
        _unless(lambda digits: len(digits) < 2 or _is_counting(digits)),
    ),
    _DigitRule(
        "at_least_three_unique_digits",
        "3 different digits",
        "Use at least three different digits.",
        _unless(lambda digits: len(set(digits)) < 3),
    ),
    _DigitRule(
        "no_all_same_digits",
        "Not all the same",
        "Don't repeat one digit.",
        _unless(lambda digits: len(set(digits)) < 2),
    ),
    _DigitRule(
        "unique_first_four_digits",
        "First 4 all different",
        "The first four digits must all differ.",
        _first_four,
    ),
    _DigitRule(
        "cannot_contain_089", "Only 1–7", "This keypad has keys 1 to 7 only.", _without("089")
    ),
    _DigitRule(
        "cannot_contain_0789", "Only 1–6", "This keypad has keys 1 to 6 only.", _without("0789")
    ),
)


def _in_words(lengths: tuple[int, ...]) -> str:
    """Return "4, 5 or 6", or "4 to 8" for four and more in a row."""
    if len(lengths) > 3 and lengths[-1] - lengths[0] == len(lengths) - 1:
        return f"{lengths[0]} to {lengths[-1]}"
    *most, last = [str(length) for length in lengths]
    return f"{', '.join(most)} or {last}" if most else last


def _length_check(text: str, supported: tuple[int, ...], *, are_digits: bool) -> RuleCheck:
    words = _in_words(supported)
    if not are_digits or (len(text) < supported[-1] and len(text) not in supported):
        state = RuleState.OPEN
    else:
        state = RuleState.MET if len(text) in supported else RuleState.BROKEN
    return RuleCheck(
        "supported_code_lengths",
        f"{words} digits",
        state,
        f"This lock needs {words} digits. You entered {len(text)}.",
    )


def check_pin(
    text: str, rules: PinRules, *, known: Collection[Pin] | None = None
) -> tuple[RuleCheck, ...]:
    """Return every rule about the PIN, in the order in which they are checked, for a live list.

    `text` may be incomplete: a rule that more digits can still meet is open. Only the digits 0 to
    9 count as digits. `known` are the PINs of the account, for locks that take no others; without
    it that rule is not judged. On a lock that assigns PINs the one rule is that none is given.
    """
    if rules.assigns_pins:
        state = RuleState.BROKEN if text else RuleState.MET
        hint = HINTS["cannot_specify_pin_code"]
        return (RuleCheck("cannot_specify_pin_code", "No PIN of your own", state, hint),)
    are_digits = all(character in DIGITS for character in text)
    state = RuleState.OPEN if not text else RuleState.MET if are_digits else RuleState.BROKEN
    checks = [
        RuleCheck("digits", "Only digits", state, "Use digits only."),
        _length_check(text, rules.supported, are_digits=are_digits),
    ]
    is_judged = bool(text) and are_digits
    is_whole = len(text) in rules.supported or len(text) > rules.supported[-1]
    checks += [
        RuleCheck(
            each.rule,
            each.label,
            each.judge(text, is_whole) if is_judged else RuleState.OPEN,
            each.message,
        )
        for each in _DIGIT_RULES
        if each.rule in rules.constraints
    ]
    if rules.needs_known_pin and known is not None:
        match = RuleState.MET if Pin(text) in known else RuleState.OPEN
        if is_whole and match is RuleState.OPEN:
            match = RuleState.BROKEN
        hint = HINTS["pin_code_matches_existing_set"]
        checks.append(RuleCheck("pin_code_matches_existing_set", "Known PIN", match, hint))
    return tuple(checks)


def first_broken(
    text: str, rules: PinRules, *, known: Collection[Pin] | None = None
) -> RuleCheck | None:
    """Return the first rule that `text` as it stands does not meet; ``None``: the lock takes it.

    For a submitted PIN: what is open while typing counts as broken here.
    """
    for check in check_pin(text, rules, known=known):
        # Nothing typed at all: the sentence about the length says more.
        if check.state is not RuleState.MET and (text or check.rule != "digits"):
            return check
    return None


# ---- Names --------------------------------------------------------------------------------------


def name_on_lock(name: str, max_length: int | None) -> str:
    """Return `name` as the lock will store it: cut to `max_length` characters, if any."""
    return name if max_length is None else name[:max_length].rstrip()


def free_name(name: str, others: Collection[str]) -> str:
    """Return "Ana 2", or the next number, for a name that is taken."""
    number = 2
    while f"{name} {number}" in others:
        number += 1
    return f"{name} {number}"


def check_name(
    name: str, rules: PinRules, *, others: Collection[str] = ()
) -> tuple[RuleCheck, ...]:
    """Return every rule about the name; `others` are the names of the other codes on the lock.

    A name above the lock's limit is not refused: the lock shows a shorter one (`name_note`).
    """
    least = max(rules.name_min or 1, 1)
    label = f"{least} to {rules.name_max} characters" if rules.name_max else "A name"
    if rules.name_min and not rules.name_max:
        label = f"At least {least} characters"
    stripped = name.strip()
    if len(stripped) >= least:
        length = RuleCheck("name_length", label, RuleState.MET, "")
    elif not stripped:
        length = RuleCheck("name_length", label, RuleState.OPEN, "Enter who the code is for.")
    else:
        length = RuleCheck(
            "name_length", label, RuleState.OPEN, f"Use at least {least} characters."
        )
    if not rules.name_must_be_unique:
        return (length,)
    state, message = RuleState.MET, ""
    if stripped in others:
        state = RuleState.BROKEN
        message = f"Another code here is called “{stripped}”. Try “{free_name(stripped, others)}”."
    return length, RuleCheck("name_must_be_unique", "Not used on this lock", state, message)


def name_note(name: str, rules: PinRules) -> str:
    """Return what staff should know about the name; empty unless the lock will cut it."""
    shown = name_on_lock(name.strip(), rules.name_max)
    return "" if shown == name.strip() else f"The lock will show “{shown}”."


# ---- Drawing a PIN ------------------------------------------------------------------------------


def is_weak(pin: Pin, *, dates: Iterable[date] = ()) -> bool:
    """Return whether a stranger would try this PIN early. `dates` are the days of the stay.

    One or two different digits (1111, 1212, 1122), counting up or down, over the 9 as well
    (7890), a block that repeats (4848, 482482), a walk over the keypad (2580), or one of the
    dates written in any common way.
    """
    digits = pin.digits
    steps = {(int(right) - int(left)) % 10 for left, right in pairwise(digits)}
    return (
        len(set(digits)) <= 2
        or steps in ({1}, {9})
        or digits in EVERYBODYS
        or any(
            digits == digits[:size] * (len(digits) // size)
            for size in range(1, len(digits) // 2 + 1)
        )
        or any(digits == day.strftime(form) for day in dates for form in DATE_FORMS)
    )


def shared(rules: Collection[PinRules]) -> PinRules | None:
    """Return what a PIN must meet to suit all of these locks; ``None``: none can."""
    lengths = set.intersection(*(set(each.supported) for each in rules))
    if not lengths:
        return None
    constraints = frozenset[str]().union(*(each.constraints for each in rules))
    shortest = [each.name_min for each in rules if each.name_min is not None]
    longest = [each.name_max for each in rules if each.name_max is not None]
    return PinRules(
        lengths=tuple(sorted(lengths)),
        constraints=constraints,
        name_min=max(shortest, default=None),
        name_max=min(longest, default=None),
    )


def why_none_suits(rules: Mapping[str, PinRules]) -> str:
    """Return why one PIN cannot serve all these doors, by name; "" where one can."""
    for door, each in rules.items():
        if each.assigns_pins:
            return f"{door} picks its own PINs, so it cannot share one with other doors."
    if shared(list(rules.values())) is not None:
        return ""
    lengths = ", ".join(
        f"{door} takes {' or '.join(str(length) for length in each.supported)} digits"
        for door, each in rules.items()
    )
    return f"No PIN suits all of these doors: {lengths}."


def length_for(rules: PinRules, preferred: int | None, *, for_desk: bool = False) -> int:
    """Return how long a generated PIN shall be.

    A preferred length that the lock does not take gives the shortest one that it takes. Without a
    preference the API gives the shortest, the desk the shortest of six and more, else the longest.
    """
    supported = rules.supported
    if preferred is not None:
        return preferred if preferred in supported else supported[0]
    if for_desk:
        return next((length for length in supported if length >= DESK_LENGTH), supported[-1])
    return supported[0]


def generate(
    rules: PinRules,
    *,
    length: int,
    is_taken: Callable[[Pin], bool],
    dates: Iterable[date] = (),
    below: Callable[[int], int] = secrets.randbelow,
) -> Pin:
    """Return a PIN of `length` digits that the lock accepts, nobody uses and nobody guesses first.

    Every such PIN is equally likely. `below(n)` draws from 0 to n - 1. Where a lock forbids runs,
    runs of three are avoided as well, because makers disagree on whether three are too many.
    Raises `NoPinLeft` when there is none, and `ValueError` for a length that the lock does not
    take or a lock that assigns PINs itself.
    """
    if rules.assigns_pins or length not in rules.supported:
        raise ValueError("this lock takes no PIN of that length")
    days = tuple(dates)
    alphabet = [digit for digit in DIGITS if _digit_is_usable(digit, rules)]

    def is_good(digits: str) -> bool:
        pin = Pin(digits)
        return (
            first_broken(digits, rules) is None
            and not (
                "no_triple_consecutive_ints" in rules.constraints and _longest_run(digits) > 2
            )
            and not is_weak(pin, dates=days)
            and not is_taken(pin)
        )

    is_small = len(alphabet) ** length <= SEARCHED
    # Throwing away what does not fit keeps the rest equally likely; a few dozen draws nearly
    # always do.
    for _ in range(100 if is_small else DRAWS):
        digits = "".join(alphabet[below(len(alphabet))] for _ in range(length))
        if is_good(digits):
            return Pin(digits)
    if is_small:
        left = [
            digits for digits in map("".join, product(alphabet, repeat=length)) if is_good(digits)
        ]
        if left:
            return Pin(left[below(len(left))])
    raise NoPinLeft(f"no free PIN of {length} digits")


def _digit_is_usable(digit: str, rules: PinRules) -> bool:
    forbidden = {"no_zeros": "0", "cannot_contain_089": "089", "cannot_contain_0789": "0789"}
    return not any(
        digit in digits for rule, digits in forbidden.items() if rule in rules.constraints
    )
