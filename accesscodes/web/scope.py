"""For which doors a change is meant: all that share the PIN, or the one of the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accesscodes import linked
from accesscodes.models import AccessCode
from accesscodes.web.access import Desk
from accesscodes.web.lock_presenters import natural_key
from accesscodes.web.wall_time import in_words

ALL = "all"
ONE = "one"


@dataclass(frozen=True, slots=True)
class Scope:
    """The doors of a code, as a form asks about them.

    `others` are the other doors with the same PIN; without any, nothing is asked. `is_all`: the
    change is meant for every door. `stays` is what is said of the others when it is not.
    `why_not_all`: why it can only be for this door, or "". `differs`: what is to be known of the
    others before the change is made for all, or "".
    """

    here: str
    others: tuple[str, ...] = ()
    is_all: bool = False
    stays: str = ""
    why_not_all: str = ""
    differs: str = ""

    @property
    def number(self) -> int:
        """Return how many doors there are."""
        return 1 + len(self.others)

    @property
    def names(self) -> str:
        """Return the names of all doors."""
        return in_words(sorted([self.here, *self.others], key=natural_key))


def scope_of(
    code: AccessCode,
    codes: Sequence[AccessCode],
    data: Mapping[str, Any] | None,
    stays: str,
    *,
    why_not_all: str = "",
) -> Scope:
    """Return for which of its `codes`, those of all doors, a change is meant.

    `data` is what was sent, ``None`` before anything was: then all are meant. A form that does not
    say it means one. `stays` is what is said of the other doors, with their names for ``{doors}``.
    """
    names = (row.device.display_name for row in codes if row.pk != code.pk)
    others = sorted(names, key=natural_key)
    asked = ALL if data is None else data.get("doors")
    return Scope(
        code.device.display_name,
        tuple(others),
        is_all=bool(others) and not why_not_all and asked == ALL,
        stays=stays.format(doors=in_words(others)),
        why_not_all=why_not_all,
    )


def deletion_of(desk: Desk, code: AccessCode, data: Mapping[str, Any] | None = None) -> Scope:
    """Return for which doors a code may be deleted by this person. One query, or none."""
    codes = linked.together(code, desk.now)
    foreign = [row.device.display_name for row in codes if not desk.may_delete(row)]
    why_not = ""
    if foreign:
        why_not = f"Somebody else made the code for {in_words(foreign)}."
    stays = "The same PIN goes on opening {doors}."
    return scope_of(code, codes, data, stays, why_not_all=why_not)


def other_dates(code: AccessCode, codes: Sequence[AccessCode]) -> str:
    """Return at which of the other doors a code has dates of its own, as a sentence, or ""."""
    dates = code.starts_at, code.ends_at
    found = [row.device.display_name for row in codes if (row.starts_at, row.ends_at) != dates]
    return f"Other dates now: {in_words(sorted(found, key=natural_key))}." if found else ""
