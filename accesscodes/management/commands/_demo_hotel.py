"""The demo hotel as data: two houses, their doors, three people. `seed_demo` makes it happen.

Between them the doors show every common reason why a lock cannot take codes, and locks without
any.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Final

from properties.choices import Role

HAFEN: Final = "hafen-suites"
MERCER: Final = "mercer-street-lofts"
ANNEX: Final = "annex"


@dataclass(frozen=True, slots=True)
class House:
    """A property. All its times are read in its own zone."""

    slug: str
    name: str
    city: str
    address: str
    time_zone: str
    check_in: time
    check_out: time
    plan_b: str
    phone: str
    keypad_hint: str
    guest_page_url: str


@dataclass(frozen=True, slots=True)
class Account:
    """A set of virtual locks; `house` says where its doors are."""

    key: str
    name: str
    house: str


@dataclass(frozen=True, slots=True)
class Door:
    """A virtual lock; `traits` is where it differs from its make."""

    name: str
    account: str
    make: str
    battery: float = 0.86
    keypad_battery: float = 0.77
    traits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """A login. No role: an administrator."""

    username: str
    password: str
    first_name: str
    title: str
    roles: Mapping[str, Role] = field(default_factory=dict)


HOUSES: Final = (
    House(
        slug=HAFEN,
        name="Hafen Suites",
        city="Hamburg",
        address="Am Sandtorkai 12\n20457 Hamburg",
        time_zone="Europe/Berlin",
        check_in=time(15),
        check_out=time(11),
        plan_b="Spare keys hang in the key box left of the main entrance. Write down "
        "who took which key.",
        phone="+49 40 555 0134",
        keypad_hint="Press the check key after the PIN.",
        guest_page_url="https://hafen-suites.example/guests",
    ),
    House(
        slug=MERCER,
        name="Mercer Street Lofts",
        city="New York",
        address="98 Mercer Street\nNew York, NY 10012",
        time_zone="America/New_York",
        check_in=time(16),
        check_out=time(11),
        plan_b="The doorman next door keeps a set of keys. Send the guest there with an ID.",
        phone="+1 212 555 0187",
        keypad_hint="Wake the keypad with your palm, type the PIN, press the lock sign.",
        guest_page_url="https://mercer-lofts.example/welcome",
    ),
)

ACCOUNTS: Final = (
    Account(HAFEN, "Virtual locks, Hamburg", HAFEN),
    Account(MERCER, "Virtual locks, New York", MERCER),
    Account(ANNEX, "Virtual locks, annex", MERCER),
)

DOORS: Final = (
    Door("Apartment 101", HAFEN, "yale"),
    Door("Apartment 102", HAFEN, "nuki", battery=0.92, keypad_battery=0.81),
    Door("Apartment 103", HAFEN, "yale", battery=0.41),
    # Its keypad runs out of battery and drops off.
    Door("Apartment 104", HAFEN, "nuki", battery=0.71, keypad_battery=0.3),
    # Never had a keypad.
    Door("Apartment 105", HAFEN, "august", battery=0.8, traits={"accessory_keypad": False}),
    # No bridge: only codes that the maker computes.
    Door("Apartment 201", HAFEN, "igloohome", battery=0.9, traits={"has_bridge": False}),
    Door("Apartment 202", HAFEN, "august", battery=0.64),
    # Goes offline.
    Door("Apartment 203", HAFEN, "yale", battery=0.44),
    # A weak link: everything takes five times as long.
    Door("Apartment 204", HAFEN, "ttlock", battery=0.58),
    # Its small memory fills up.
    Door("Apartment 205", HAFEN, "schlage", battery=0.67, traits={"max_codes": 5}),
    # Never paired with a gateway.
    Door("Apartment 206", HAFEN, "ttlock", battery=0.95, traits={"has_bridge": False}),
    Door("Apartment 207", HAFEN, "lockly", battery=0.7),
    # A keypad, but not linked to its bridge.
    Door("Apartment 208", HAFEN, "tedee", traits={"keypad_is_linked": False}),
    # A model that cannot have a keypad.
    Door(
        "Luggage room",
        HAFEN,
        "nuki",
        battery=0.83,
        traits={"model": "Smart Lock Go", "takes_accessory_keypad": False},
    ),
    Door("Main entrance", HAFEN, "schlage", battery=0.73),
    Door("Courtyard gate", HAFEN, "two_n"),
    # Its maker chooses the PINs.
    Door("Meeting room", HAFEN, "salto", battery=0.79),
    Door("Loft 1", MERCER, "schlage", battery=0.88),
    # Nobody ever set its time zone.
    Door("Loft 2", MERCER, "yale", battery=0.6),
    # Hides its PINs.
    Door("Loft 3", MERCER, "wyze", battery=0.78),
    Door("Loft 4", MERCER, "igloohome", battery=0.91),
    # Its hub goes down.
    Door("Loft 5", MERCER, "tedee", battery=0.52),
    # Somebody turns privacy mode on.
    Door("Loft 6", MERCER, "yale", battery=0.69),
    # The maker's paid plan ends.
    Door("Loft 7", MERCER, "schlage", battery=0.75),
    Door("Loft 8", MERCER, "kwikset", battery=0.84),
    # Behind a home hub, which keeps three slots and hides codes that it did not make.
    Door("Loft 9", MERCER, "schlage_connect", battery=0.66),
    # Never online: only codes that the maker computes.
    Door("Loft 10", MERCER, "oracode"),
    # Their account is disconnected.
    Door("Annex 1", ANNEX, "august", battery=0.49),
    Door("Annex 2", ANNEX, "august", battery=0.55),
)

PEOPLE: Final = (
    Person("frontdesk", "harbour-lights", "Mara", "Front desk, Hamburg", {HAFEN: Role.FRONT_DESK}),
    Person(
        "manager",
        "harbour-lights",
        "Jan",
        "Manager, both houses",
        {HAFEN: Role.MANAGER, MERCER: Role.MANAGER},
    ),
    Person("admin", "harbour-lights", "Ada", "Administrator"),
)
