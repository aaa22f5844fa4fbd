"""Words that the flows and what happens behind the desk share; imports nothing."""

HOUSE, NEXT_DOOR, STORM = "quay-house", "pier-house", "storm-house"
PASSWORD = "harbour-lights"
KEY_BOX = "73910584"


def door_of(name: str) -> str:
    """Return what the door of this guest is called."""
    return f"Door of {name}"
