"""Words that the flows and what happens behind the desk share; imports nothing."""

ZONE = "Europe/Berlin"
NEXT_DOOR, STORM = "pier-house", "storm-house"
PASSWORD = "harbour-lights"
KEY_BOX = "73910584"


def house_of(way: str) -> str:
    """Return the address of the house that is looked at in this way, and in no other."""
    return f"quay-house-{way}"


def username_of(role: str, way: str) -> str:
    """Return the name of whoever has this role in that house."""
    return f"{role}-{way}"


def door_of(name: str) -> str:
    """Return what the door of this guest is called."""
    return f"Door of {name}"
