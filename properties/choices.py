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
    The second group befall single calls, the third is what people do at the lock between two
    readings. What each of them does in full stands in `providers/virtual/catalogue.py`.
    """

    OFFLINE = "offline", "Offline: nothing reaches it"
    HUB_DISCONNECTED = "hub_disconnected", "Hub down: nothing reaches it"
    FLAKY = "flaky", "Link comes and goes every minute"
    WAKES_RARELY = "wakes_rarely", "Asleep: wakes every few hours"
    SLOW = "slow", "Weak link: answers take five times as long"
    ACCOUNT_DISCONNECTED = "account_disconnected", "Account disconnected (all locks of it)"
    REMOVED = "removed", "Removed from its account"
    SUBSCRIPTION_REQUIRED = "subscription_required", "Paid plan ended"
    INSUFFICIENT_PERMISSIONS = "insufficient_permissions", "Our rights are too low"
    SUPPORT_LOST = "support_lost", "Lost its support for PINs"
    POWER_SAVING = "power_saving", "Saves power: takes no commands"
    KEYPAD_DISCONNECTED = "keypad_disconnected", "Keypad disconnected"
    KEYPAD_BATTERY_FLAT = "keypad_battery_flat", "Keypad battery flat"
    BATTERY_LOW = "battery_low", "Lock battery low"
    BATTERY_CRITICAL = "battery_critical", "Lock battery critical"
    TIME_ZONE_UNKNOWN = "time_zone_unknown", "Time zone unknown: refuses codes with dates"
    WRONG_CLOCK = "wrong_clock", "Its clock is wrong"
    CANNOT_SCHEDULE = "cannot_schedule", "Lost its timetable: takes no dates"
    STRETCHES_ENDS = "stretches_ends", "Stores ends an hour late (clock change)"
    PRIVACY_MODE = "privacy_mode", "Privacy mode: PINs do not open"
    OFFICE_MODE = "office_mode", "Office mode: the keypad is off"
    MEMORY_FULL = "memory_full", "Memory full"
    REFUSES_DUPLICATES = "refuses_duplicates", "Refuses a PIN twice"
    REFUSES_NAMES = "refuses_names", "Refuses a name twice"
    MASKS_PINS = "masks_pins", "Hides PINs when read"

    LIES = "lies", "Says OK and does nothing"
    LATE = "late", "Says OK and does it minutes later"
    LOSES_CODES = "loses_codes", "Does it and loses it a minute later"
    DOES_THEN_FAILS = "does_then_fails", "Does it, then answers 5xx"
    FAILS_BEFORE = "fails_before", "Answers 5xx before doing it"
    HALF_OPEN = "half_open", "Does it and never answers"
    DRIPS = "drips", "Answers in drips: slower than anybody waits"
    GARBAGE = "garbage", "Does it, then answers what nobody understands"
    RATE_LIMITED = "rate_limited", "Answers: too many requests"
    CANNOT_LIST = "cannot_list", "Cannot be read"
    STALE_LIST = "stale_list", "Shows what it held two minutes ago"
    EMPTY_LIST = "empty_list", "Shows an empty list"

    MEDDLED_WITH = "meddled_with", "Someone meddles with our codes now and then"
    FOREIGN_CODES = "foreign_codes", "Others make codes now and then"


class Theme(TextChoices):
    """Which colours a person sees."""

    SYSTEM = "", "As the system has them"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"
