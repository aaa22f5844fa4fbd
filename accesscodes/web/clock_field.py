"""A field for a time of day that people write as they like: "15:00", "3 pm", "3:05pm"."""

from datetime import time
from typing import Any

from django import forms

from locksite.local_time import as_clock, read_clock


class ClockField(forms.Field):
    """A time of day, however it is written; an error names the form that its reader prefers."""

    def to_python(self, value: Any) -> time | None:
        """Return the time, ``None`` for nothing. Raises `ValidationError` for what is no time."""
        text = str(value or "").strip()
        if not text:
            return None
        found = read_clock(text)
        if found is None:
            raise forms.ValidationError(f"Enter a time such as {as_clock('15:00')}.")
        return found
