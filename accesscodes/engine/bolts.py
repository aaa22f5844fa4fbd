"""The engine's hands at doors: a job that takes up, many at a time, what was asked for just now.

Apart from the passes over locks: a door must not wait for a pass that reads and writes codes, and
a pass not for a door.
"""

from datetime import datetime

from accesscodes import bolts
from accesscodes.bolts import BoltFor
from accesscodes.engine.crew import Crew
from locksite.doors import Doors


class Hands:
    """Carries out attempts at doors; `run` is called again and again by the engine's clock."""

    def __init__(self, doors: Doors, bolt_for: BoltFor, threads: int = 8) -> None:
        self._doors = doors
        self._bolt_for = bolt_for
        self._crew = Crew("door", self._carry_out, threads)

    def run(self, now: datetime) -> None:
        """Take up what waits, and write down what waited for too long."""
        self._crew.take_up(bolts.waiting(now))
        bolts.give_up(now)

    def close(self) -> None:
        """Finish what is under way."""
        self._crew.close()

    def _carry_out(self, pk: int) -> None:
        attempt = bolts.take(pk, self._doors.now())
        if attempt is not None:
            bolts.carry_out(attempt, self._doors, self._bolt_for)
