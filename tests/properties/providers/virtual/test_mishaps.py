"""What follows from the faults that strike one call."""

from datetime import timedelta

import pytest

from properties.choices import Fault
from properties.providers.virtual.mishaps import (
    Answer,
    Course,
    Delays,
    View,
    course_of,
    view_of,
)

NOW = timedelta(0)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("struck", "course"),
    [
        ([], Course(NOW, None, Answer.YES)),
        ([Fault.LIES], Course(None, None, Answer.YES)),
        ([Fault.LATE], Course(5 * MINUTE, None, Answer.YES)),
        ([Fault.LOSES_CODES], Course(NOW, MINUTE, Answer.YES)),
        ([Fault.DOES_THEN_FAILS], Course(NOW, None, Answer.ERROR)),
        ([Fault.FAILS_BEFORE], Course(None, None, Answer.ERROR)),
        ([Fault.HALF_OPEN], Course(NOW, None, Answer.SILENCE)),
        ([Fault.DRIPS], Course(MINUTE, None, Answer.SILENCE)),
        ([Fault.GARBAGE], Course(NOW, None, Answer.GARBAGE)),
        ([Fault.RATE_LIMITED], Course(None, None, Answer.TOO_MANY)),
        # Several at once: what stops the command counts before what delays it, silence before all.
        ([Fault.LATE, Fault.LOSES_CODES], Course(5 * MINUTE, MINUTE, Answer.YES)),
        ([Fault.LATE, Fault.DRIPS], Course(6 * MINUTE, None, Answer.SILENCE)),
        ([Fault.LATE, Fault.FAILS_BEFORE], Course(None, None, Answer.ERROR)),
        ([Fault.LIES, Fault.LATE], Course(None, None, Answer.YES)),
        ([Fault.LIES, Fault.DOES_THEN_FAILS], Course(None, None, Answer.ERROR)),
        ([Fault.HALF_OPEN, Fault.GARBAGE], Course(NOW, None, Answer.SILENCE)),
        ([Fault.GARBAGE, Fault.DOES_THEN_FAILS], Course(NOW, None, Answer.GARBAGE)),
        ([Fault.RATE_LIMITED, Fault.FAILS_BEFORE], Course(None, None, Answer.ERROR)),
        ([Fault.STALE_LIST, Fault.OFFLINE], Course(NOW, None, Answer.YES)),
    ],
)
def test_the_course_of_a_command(struck, course):
    assert course_of(frozenset(struck), Delays()) == course


@pytest.mark.parametrize(
    ("struck", "view"),
    [
        ([], View()),
        ([Fault.CANNOT_LIST], View(answer=Answer.ERROR)),
        ([Fault.STALE_LIST], View(age=2 * MINUTE)),
        ([Fault.EMPTY_LIST], View(is_empty=True)),
        ([Fault.HALF_OPEN], View(answer=Answer.SILENCE)),
        ([Fault.DRIPS], View(answer=Answer.SILENCE)),
        ([Fault.GARBAGE], View(answer=Answer.GARBAGE)),
        ([Fault.LATE, Fault.LIES], View()),
    ],
)
def test_what_a_reading_shows(struck, view):
    assert view_of(frozenset(struck), Delays()) == view


def test_the_delays_are_tuned_by_traits():
    traits = {"late_by_s": 10, "lost_after_s": 20, "drips_for_s": 30, "max_codes": 4}
    struck = frozenset({Fault.LATE, Fault.LOSES_CODES})

    delays = Delays.from_traits(traits)

    assert delays == Delays(
        late_by=timedelta(seconds=10),
        lost_after=timedelta(seconds=20),
        drips_for=timedelta(seconds=30),
    )
    assert course_of(struck, delays) == Course(timedelta(seconds=10), timedelta(seconds=20))
