"""The makes of virtual locks, as data: what a model can do and which PINs it takes.

Nothing here acts. How a lock with these qualities behaves stands in `acceptance`, `keypad` and
`report`. The figures follow what real locks of these brands report through Seam.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from properties.choices import Proof


@dataclass(frozen=True, slots=True)
class Make:
    """One model of lock.

    `digit_rules` are constraint types of the wire that concern the digits alone. `keeps_window`:
    the lock starts and stops a code by its own clock; without it, it ignores dates. `needs_hub`:
    no bridge or gateway, no online codes. `max_codes`: slots, numbered from 1.
    `refuses_duplicates`: the lock itself says no to a PIN that it already holds. The `…_error`
    fields are public error codes.
    """

    key: str
    device_type: str
    brand: str
    model: str
    code_lengths: Sequence[int]
    max_codes: int
    digit_rules: Sequence[str] = ()
    name_min: int | None = None
    name_max: int | None = None
    unique_names: bool = False
    has_built_in_keypad: bool = True
    takes_accessory_keypad: bool = False
    needs_hub: bool = False
    keeps_window: bool = True
    proof: Proof = Proof.READBACK
    shows_names: bool = True
    refuses_duplicates: bool = True
    computes_offline: bool = False
    offline_time_frames: Sequence[Mapping[str, Any]] = ()
    keypad_error: str = "failed_to_set_on_device"
    hub_error: str = "failed_to_set_on_device"
    duplicate_name_error: str = "code_constraints_violated"

    @property
    def code_constraints(self) -> list[dict[str, Any]]:
        """Return the rules in the shape of the wire's `properties.code_constraints`."""
        rules: list[dict[str, Any]] = [{"constraint_type": rule} for rule in self.digit_rules]
        if self.name_min is not None or self.name_max is not None:
            limits = {"min_length": self.name_min, "max_length": self.name_max}
            rules.append(
                {"constraint_type": "name_length"}
                | {key: limit for key, limit in limits.items() if limit is not None}
            )
        if self.unique_names:
            rules.append({"constraint_type": "name_must_be_unique"})
        return rules


MAKES: Final[Mapping[str, Make]] = {
    make.key: make
    for make in (
        Make(
            key="nuki",
            device_type="nuki_lock",
            brand="Nuki",
            model="Smart Lock Pro",
            code_lengths=(6,),
            max_codes=100,
            digit_rules=("no_zeros", "cannot_start_with_12"),
            name_max=20,
            has_built_in_keypad=False,
            takes_accessory_keypad=True,
        ),
        Make(
            key="august",
            device_type="august_lock",
            brand="August",
            model="Smart Lock Pro",
            code_lengths=(4, 5, 6),
            max_codes=250,
            digit_rules=("no_triple_consecutive_ints",),
            name_min=1,
            name_max=20,
            has_built_in_keypad=False,
            takes_accessory_keypad=True,
            needs_hub=True,
            keypad_error="august_lock_missing_keypad",
            hub_error="august_lock_missing_bridge",
        ),
        Make(
            key="yale",
            device_type="yale_lock",
            brand="Yale",
            model="Assure Lock 2",
            code_lengths=(4, 5, 6, 7, 8),
            max_codes=250,
            digit_rules=("no_ascending_or_descending_sequence",),
            name_max=40,
        ),
        Make(
            key="schlage",
            device_type="schlage_lock",
            brand="Schlage",
            model="Encode",
            code_lengths=(4, 5, 6, 7, 8),
            max_codes=100,
            digit_rules=("no_all_same_digits",),
            name_max=12,
        ),
        Make(
            key="ttlock",
            device_type="ttlock_lock",
            brand="TTLock",
            model="R7",
            code_lengths=(4, 5, 6, 7, 8, 9),
            max_codes=200,
            needs_hub=True,
            refuses_duplicates=False,
            hub_error="ttlock_lock_not_paired_to_gateway",
        ),
        Make(
            key="tedee",
            device_type="tedee_lock",
            brand="Tedee",
            model="PRO",
            code_lengths=(5, 6, 7, 8),
            max_codes=100,
            digit_rules=("at_least_three_unique_digits", "no_ascending_or_descending_sequence"),
            has_built_in_keypad=False,
            takes_accessory_keypad=True,
            needs_hub=True,
        ),
        Make(
            key="igloohome",
            device_type="igloohome_lock",
            brand="igloohome",
            model="Deadbolt 2S",
            code_lengths=(4, 5, 6),
            max_codes=199,
            needs_hub=True,
            computes_offline=True,
            offline_time_frames=(
                {"display_name": "Hourly", "min_duration": "PT1H", "max_duration": "PT672H"},
                {
                    "display_name": "Daily",
                    "min_duration": "P29D",
                    "max_duration": "P367D",
                    "matching_start_end_time": True,
                },
            ),
            hub_error="igloohome_bridge_offline",
        ),
        Make(
            key="wyze",
            device_type="wyze_lock",
            brand="Wyze",
            model="Lock",
            code_lengths=(4, 5, 6, 7, 8),
            max_codes=20,
            unique_names=True,
            has_built_in_keypad=False,
            takes_accessory_keypad=True,
            needs_hub=True,
            proof=Proof.SLOT_ONLY,
            hub_error="wyze_device_missing_gateway",
            duplicate_name_error="wyze_duplicate_code_name",
        ),
        Make(
            key="lockly",
            device_type="lockly_lock",
            brand="Lockly",
            model="Secure Pro",
            code_lengths=(6, 7, 8),
            max_codes=50,
            needs_hub=True,
            keeps_window=False,
            shows_names=False,
            refuses_duplicates=False,
            hub_error="lockly_missing_wifi_bridge",
        ),
    )
}
