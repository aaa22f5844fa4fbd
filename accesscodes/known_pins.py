"""Which digits in a text are a PIN of a house: by their indexes, no PIN is opened for it."""

from collections import defaultdict
from typing import Any, Self
from uuid import UUID

from django.db.models import Q, QuerySet

from accesscodes import digits
from accesscodes.choices import Placement
from accesscodes.models import AccessCode, Installation, UnmanagedCode
from locksite.masked import Pin
from locksite.pins import index_of
from properties.models import Property


class KnownPins:
    """The PINs that open a door of one house, or are about to."""

    def __init__(self, held: dict[UUID, set[str]]) -> None:
        self._held = held
        self._asked: dict[str, bool] = {}

    @classmethod
    def of(cls, house: Property, code: AccessCode | None = None) -> Self:
        """Return what is on the locks of a house or is wanted there. Three queries.

        A PIN that was changed opens the door until the lock has the new one: it counts as well.
        With `code` so does every PIN that this code ever had.
        """
        held: dict[UUID, set[str]] = defaultdict(set)
        everybodys: tuple[QuerySet[Any], ...] = (
            AccessCode.objects.live(),
            UnmanagedCode.objects.live(),
        )
        for rows in everybodys:
            here = rows.filter(device__property=house, pin_index__isnull=False)
            for lock, index in here.values_list("device__uid", "pin_index"):
                held[lock].add(str(index))
        which = Q(device__property=house) & ~Q(placement=Placement.ABSENT)
        entries = Installation.objects.filter(which | Q(code=code) if code is not None else which)
        for lock, indexes in entries.values_list("device__uid", "known_pins"):
            held[lock].update(indexes)
        if code is not None and code.pin_index is not None:
            held[code.device.uid].add(code.pin_index)
        return cls(held)

    def __contains__(self, text: str) -> bool:
        """Return whether these digits are one of them."""
        if text not in self._asked:
            pin = Pin(text)
            self._asked[text] = any(index_of(lock, pin) in self._held[lock] for lock in self._held)
        return self._asked[text]

    def are_in(self, text: str) -> bool:
        """Return whether one of them stands in `text`, also in groups of digits."""
        return any(each in self for each in digits.possible_pins(text))

    def masked_in(self, text: str) -> str:
        """Return `text` with dots in place of each."""
        return digits.masked(text, self.__contains__)
