"""Words that are stored in columns; a leaf that imports nothing of ours."""

from django.db.models import TextChoices


class Role(TextChoices):
    """What a person does at a property."""

    FRONT_DESK = "front_desk", "Front desk"
    HOUSEKEEPING = "housekeeping", "Housekeeping"
    MANAGER = "manager", "Manager"


class ProviderKind(TextChoices):
    """Through what the locks of an account are reached."""

    VIRTUAL = "virtual", "Virtual locks"
    SEAM = "seam", "Seam"


class AccountState(TextChoices):
    """Whether the account lets us in."""

    CONNECTED = "connected", "Connected"
    DISCONNECTED = "disconnected", "Disconnected"


class Proof(TextChoices):
    """The best evidence that a kind of lock can give that a code is on it."""

    READBACK = "readback", "Reads back PINs"
    SLOT_ONLY = "slot_only", "Shows the slot, hides the PIN"
    ACK = "ack", "Acknowledges only"
    NONE = "none", "No answer at all"


class Fault(TextChoices):
    """What can be made to go wrong with a virtual lock."""

    OFFLINE = "offline", "Offline: nothing reaches it"
    KEYPAD_DISCONNECTED = "keypad_disconnected", "Keypad disconnected"
    KEYPAD_BATTERY_FLAT = "keypad_battery_flat", "Keypad battery flat"
    LIES = "lies", "Says OK and does nothing"
    DOES_THEN_FAILS = "does_then_fails", "Does it, then answers 5xx"
    FAILS_BEFORE = "fails_before", "Answers 5xx before doing it"
