"""Guests whose names are easily confused, so that nobody is handed another's PIN. Pure.

Near are two names with the same last name, and two that differ by one letter or a pair of swapped
ones, however they are accented, doubled or transcribed ("Müller", "Mueller"; "Sofia", "Sophia").
Names that carry numbers are told apart by them: "Group 1" and "Group 2" are meant to differ.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

SHORTEST: Final = 6
"""How many letters a name has at least for one of them to count as a slip."""

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "family", "familie"})
_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "a", "œ": "o", "y": "i"})
_SOUNDS = (("ph", "f"), ("th", "t"), ("ck", "k"), ("ae", "a"), ("oe", "o"), ("ue", "u"))
_DOUBLED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Guest:
    """One guest's code. `link` is the same for codes of one guest, ``None`` for one code alone."""

    key: Hashable
    name: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    words: tuple[str, ...]
    numbers: tuple[str, ...]

    @property
    def last_name(self) -> str:
        return self.words[-1] if self.words else ""

    @property
    def whole(self) -> str:
        return " ".join(self.words)


def near_guests(guests: Iterable[Guest]) -> Mapping[Hashable, tuple[Guest, ...]]:
    """Return for each guest who has any the others with a near name, in the order given.

    Codes of one guest, by their link, are not taken for each other. The work grows with the number
    of guests and of those who are near, not with its square.
    """
    everybody = [(guest, _read(guest.name)) for guest in guests]
    together: dict[str, list[int]] = defaultdict(list)
    for number, (_, read) in enumerate(everybody):
        for key in _keys(read):
            together[key].append(number)
    near: dict[int, set[int]] = defaultdict(set)
    for numbers in together.values():
        for number in numbers:
            near[number].update(other for other in numbers if other != number)
    found = {}
    for number, (guest, read) in enumerate(everybody):
        others = tuple(
            everybody[other][0]
            for other in sorted(near[number])
            if _is_near(read, everybody[other][1])
            and (guest.link is None or guest.link != everybody[other][0].link)
        )
        if others:
            found[guest.key] = others
    return found


def are_near(one: str, other: str) -> bool:
    """Return whether two names are easily taken for each other."""
    return _is_near(_read(one), _read(other))


def _is_near(one: _Read, other: _Read) -> bool:
    if one.numbers != other.numbers or not one.words or not other.words:
        return False
    if one.last_name == other.last_name:
        return True
    is_long = min(len(one.whole), len(other.whole)) >= SHORTEST
    return is_long and _is_one_slip(one.whole, other.whole)


def _read(name: str) -> _Read:
    """Return the words of a name, the last name last, as they sound."""
    first, comma, rest = name.partition(",")
    text = f"{rest} {first}" if comma and rest.strip() else name
    words = _WORD.findall(text.casefold())
    numbers = tuple(word for word in words if any(letter.isdigit() for letter in word))
    spelled = [word for word in words if word not in numbers and word not in _TITLES]
    return _Read(tuple(_sound(word) for word in spelled), numbers)


def _sound(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word)
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    plain = plain.translate(_LETTERS)
    for written, sound in _SOUNDS:
        plain = plain.replace(written, sound)
    return _DOUBLED.sub(r"\1", plain)


def _keys(read: _Read) -> Iterator[str]:
    """Yield marks of which near names share one: the last name, the whole, and less a letter."""
    if not read.words:
        return
    yield f"last {read.last_name}"
    whole = read.whole
    if len(whole) >= SHORTEST:
        yield whole
        yield from {whole[:at] + whole[at + 1 :] for at in range(len(whole))}


def _is_one_slip(one: str, other: str) -> bool:
    """Return whether they are equal but for a letter more, less or other, or two swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        differ = [at for at in range(len(one)) if one[at] != other[at]]
        if len(differ) == 2 and differ[1] == differ[0] + 1:
            first, second = differ
            return one[first] == other[second] and one[second] == other[first]
        return len(differ) <= 1
    short, long = sorted((one, other), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
