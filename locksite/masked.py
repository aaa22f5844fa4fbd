"""A PIN in the clear, wrapped so that it cannot show itself by accident; a leaf."""

from typing import NoReturn


class Pin:
    """The digits of a PIN.

    `str`, `repr` and formatting give ``••••``, so a PIN that reaches a log line, an exception or a
    template by mistake stays hidden; `digits` is the only way to the text. It cannot be pickled.
    """

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        self._digits = digits

    @property
    def digits(self) -> str:
        """Return the text in the clear. Every use of this attribute deserves a second look."""
        return self._digits

    def __repr__(self) -> str:
        return "••••"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "••••"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pin) and other._digits == self._digits

    def __hash__(self) -> int:
        return hash(self._digits)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Pin is not serialised; seal it instead")
