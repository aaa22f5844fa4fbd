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
    """What can be made to go wrong with a virtual lock.

    The first group are conditions: they last, and the lock reports them where a real one would.
    The second group befall single calls; `fault_share` and `next_calls` in the lock's traits say
    which.
    """

    OFFLINE = "offline", "Offline: nothing reaches it"
    HUB_DISCONNECTED = "hub_disconnected", "Hub down: nothing reaches it"
    ACCOUNT_DISCONNECTED = "account_disconnected", "Account disconnected (all locks of it)"
    SUBSCRIPTION_REQUIRED = "subscription_required", "Paid plan ended"
    KEYPAD_DISCONNECTED = "keypad_disconnected", "Keypad disconnected"
    KEYPAD_BATTERY_FLAT = "keypad_battery_flat", "Keypad battery flat"
    BATTERY_LOW = "battery_low", "Lock battery low"
    BATTERY_CRITICAL = "battery_critical", "Lock battery critical"
    TIME_ZONE_UNKNOWN = "time_zone_unknown", "Time zone unknown: refuses codes with dates"
    PRIVACY_MODE = "privacy_mode", "Privacy mode: PINs do not open"
    MEMORY_FULL = "memory_full", "Memory full"
    WRONG_CLOCK = "wrong_clock", "Its clock is wrong"
    MASKS_PINS = "masks_pins", "Hides PINs when read"
    SLOW = "slow", "Weak link: answers take ten times as long"

    LIES = "lies", "Says OK and does nothing"
    LATE = "late", "Says OK and does it minutes later"
    LOSES_CODES = "loses_codes", "Does it and loses it a minute later"
    DOES_THEN_FAILS = "does_then_fails", "Does it, then answers 5xx"
    FAILS_BEFORE = "fails_before", "Answers 5xx before doing it"
    RATE_LIMITED = "rate_limited", "Answers: too many requests"
    CANNOT_LIST = "cannot_list", "Cannot be read"
    STALE_LIST = "stale_list", "Shows what it held two minutes ago"
    EMPTY_LIST = "empty_list", "Shows an empty list"
