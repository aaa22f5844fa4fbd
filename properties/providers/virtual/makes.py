"""The makes of virtual locks, as data: what a model can do and which PINs it takes.

Nothing here acts. How a lock with these qualities behaves stands in `acceptance`, `keypad` and
`report`. The figures follow what real locks of these brands report through Seam.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from properties.choices import Proof


@dataclass(frozen=True, slots=True)
class TimeSlot:
    """A window that an installer set up at a lock: from and to a time of day, "15:00"."""

    name: str
    starts: str
    ends: str

    @property
    def is_24_hours(self) -> bool:
        """Return whether it lasts whole days."""
        return self.starts == self.ends


@dataclass(frozen=True, slots=True)
class Make:
    """One model of lock. The fields `…_error` and `…_warning` are public codes.

    What it is: `provider` is the service it is reached through, as the wire and as people call it
    (``None``: the brand's own). `needs_hub`: no bridge or gateway, no online codes.

    PINs: `digit_rules` are constraint types of the wire that concern the digits alone.
    `assigns_pins`: its maker chooses them. `refuses_duplicates`: the lock itself says no to a PIN
    that it already holds. `proof`, `shows_names`: what a reading shows; `hides_foreign_pins`: not
    the PINs that were made elsewhere. `adopts_foreign`: codes made elsewhere may become ours.

    Room: `max_codes` slots, numbered from 1; the last `reserved_slots` of them the hub keeps for
    itself.

    Dates: `keeps_window`: the lock starts and stops a code by its own clock; without it, it
    ignores dates. `needs_whole_window`: it takes no start without an end, nor an end without a
    start. `needs_future_start`: it takes no new code that has begun. `needs_zone`: it takes no
    dates until somebody has set its time zone.

    Offline codes: `takes_online_codes` is false where there are no others. `computes_offline`: its
    maker computes PINs that need no connection, for the windows of `offline_time_frames` (in the
    shape of the wire; none named: any window). `offline_per_start`, `one_time_…` and
    `first_use_within` are those of `Capabilities`. `time_slots`: where it takes only windows that
    its installer set up, those windows, by the lock's own clock; ``None``: it knows of no such
    thing.

    Doors: `locks_remotely`, `unlocks_remotely`: its bolt can be moved from afar; `has_auto_lock`:
    it can be set to lock itself.

    Reports: `metadata_name` is the property of the wire in which the brand keeps its own details,
    `metadata` what stands there: field → word of `report.EVIDENCE`.
    """

    key: str
    device_type: str
    brand: str
    model: str
    code_lengths: Sequence[int]
    max_codes: int
    provider: tuple[str, str] | None = None
    digit_rules: Sequence[str] = ()
    name_min: int | None = None
    name_max: int | None = None
    unique_names: bool = False
    has_built_in_keypad: bool = True
    takes_accessory_keypad: bool = False
    needs_hub: bool = False
    assigns_pins: bool = False
    refuses_duplicates: bool = True
    proof: Proof = Proof.READBACK
    shows_names: bool = True
    hides_foreign_pins: bool = False
    reserved_slots: int = 0
    has_backup_pool: bool = True
    keeps_window: bool = True
    needs_whole_window: bool = False
    needs_future_start: bool = False
    needs_zone: bool = False
    takes_online_codes: bool = True
    computes_offline: bool = False
    adopts_foreign: bool = True
    offline_time_frames: Sequence[Mapping[str, Any]] = ()
    offline_per_start: int | None = None
    offers_one_time: bool = False
    one_time_per_start: int | None = None
    one_time_lasts: timedelta | None = None
    first_use_within: timedelta | None = None
    time_slots: Sequence[TimeSlot] | None = None
    locks_remotely: bool = True
    unlocks_remotely: bool = True
    has_auto_lock: bool = False
    metadata_name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    keypad_error: str = "failed_to_set_on_device"
    hub_error: str = "failed_to_set_on_device"
    duplicate_name_error: str = "code_constraints_violated"
    zone_error: str = "time_zone_unknown"
    privacy_warning: str = "privacy_mode"

    @property
    def provided_by(self) -> tuple[str, str]:
        """Return the service through which it is reached: the wire's word and a name to show."""
        return self.provider or (self.brand.lower(), self.brand)

    @property
    def time_pairs(self) -> list[dict[str, str]]:
        """Return the windows that the installer set up, in the shape of the wire."""
        return [
            {"display_name": slot.name, "start_time": slot.starts, "end_time": slot.ends}
            for slot in self.time_slots or ()
        ]

    @property
    def usable_codes(self) -> int:
        """Return how many codes others than its own hub may put on it."""
        return self.max_codes - self.reserved_slots

    @property
    def code_constraints(self) -> list[dict[str, Any]]:
        """Return the rules in the shape of the wire's `properties.code_constraints`."""
        rules: list[dict[str, Any]] = [{"constraint_type": rule} for rule in self.digit_rules]
        if self.assigns_pins:
            rules.append({"constraint_type": "cannot_specify_pin_code"})
        if self.needs_future_start:
            rules.append({"constraint_type": "start_date_in_future"})
        if self.name_min is not None or self.name_max is not None:
            limits = {"min_length": self.name_min, "max_length": self.name_max}
            rules.append(
                {"constraint_type": "name_length"}
                | {key: limit for key, limit in limits.items() if limit is not None}
            )
        if self.unique_names:
            rules.append({"constraint_type": "name_must_be_unique"})
        return rules


_SMARTTHINGS: Final = ("smartthings", "SmartThings")

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
            has_auto_lock=True,
            digit_rules=("no_zeros", "cannot_start_with_12"),
            name_max=20,
            has_built_in_keypad=False,
            takes_accessory_keypad=True,
            metadata_name="nuki_metadata",
            metadata={
                "device_id": "uid",
                "device_name": "name",
                "keypad_paired": "keypad_was_paired",
                "keypad_battery_critical": "keypad_battery_is_critical",
            },
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
            has_auto_lock=True,
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
            has_auto_lock=True,
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
            has_auto_lock=True,
            needs_hub=True,
            refuses_duplicates=False,
            hub_error="ttlock_lock_not_paired_to_gateway",
            metadata_name="ttlock_metadata",
            metadata={"lock_alias": "name", "has_gateway": "has_hub"},
        ),
        Make(
            key="tedee",
            device_type="tedee_lock",
            brand="Tedee",
            model="PRO",
            code_lengths=(5, 6, 7, 8),
            max_codes=100,
            has_auto_lock=True,
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
            adopts_foreign=False,
            offline_time_frames=(
                {"display_name": "Hourly", "min_duration": "PT1H", "max_duration": "PT672H"},
                {
                    "display_name": "Daily",
                    "min_duration": "P29D",
                    "max_duration": "P367D",
                    "matching_start_end_time": True,
                },
            ),
            offline_per_start=3,
            offers_one_time=True,
            one_time_per_start=5,
            one_time_lasts=timedelta(hours=24),
            first_use_within=timedelta(hours=24),
            hub_error="igloohome_bridge_offline",
            metadata_name="igloohome_metadata",
            metadata={
                "device_id": "uid",
                "device_name": "name",
                "bridge_id": "hub_id",
                "bridge_name": "hub_name",
            },
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
            has_auto_lock=True,
            needs_hub=True,
            keeps_window=False,
            shows_names=False,
            refuses_duplicates=False,
            computes_offline=True,
            offers_one_time=True,
            hub_error="lockly_missing_wifi_bridge",
            zone_error="lockly_time_zone_not_configured",
            metadata_name="lockly_metadata",
            metadata={"device_id": "uid", "device_name": "name", "model": "model"},
        ),
        Make(
            key="schlage_connect",
            device_type="smartthings_lock",
            brand="Schlage",
            model="Connect",
            provider=_SMARTTHINGS,
            code_lengths=(4, 5, 6, 7, 8),
            max_codes=30,
            needs_hub=True,
            keeps_window=False,
            hides_foreign_pins=True,
            adopts_foreign=False,
            reserved_slots=3,
            metadata_name="smartthings_metadata",
            metadata={"device_id": "uid", "device_name": "name", "model": "model"},
        ),
        Make(
            key="smartthings",
            device_type="smartthings_lock",
            brand="SmartThings",
            model="Keypad Lock",
            provider=_SMARTTHINGS,
            code_lengths=(4, 5, 6),
            max_codes=23,
            needs_hub=True,
            keeps_window=False,
            hides_foreign_pins=True,
            adopts_foreign=False,
            reserved_slots=3,
            refuses_duplicates=False,
            metadata_name="smartthings_metadata",
            metadata={"device_id": "uid", "device_name": "name", "model": "model"},
        ),
        Make(
            key="kwikset",
            device_type="kwikset_lock",
            brand="Kwikset",
            model="Halo",
            code_lengths=(4, 5, 6, 7, 8),
            max_codes=250,
            has_auto_lock=True,
            name_min=2,
            name_max=14,
            needs_whole_window=True,
            needs_future_start=True,
            adopts_foreign=False,
            metadata_name="kwikset_metadata",
            metadata={"device_id": "uid", "device_name": "name", "model_number": "model"},
        ),
        Make(
            key="salto",
            device_type="salto_lock",
            brand="Salto",
            model="KS",
            provider=("salto_ks", "Salto KS"),
            code_lengths=(6, 7, 8, 9, 10),
            max_codes=100,
            locks_remotely=False,
            needs_hub=True,
            assigns_pins=True,
            has_backup_pool=False,
            privacy_warning="salto_ks_privacy_mode",
            metadata_name="salto_ks_metadata",
            metadata={
                "lock_id": "uid",
                "model": "model",
                "has_custom_pin_subscription": "has_plan",
            },
        ),
        Make(
            key="ultraloq",
            device_type="ultraloq_lock",
            brand="Ultraloq",
            model="U-Bolt Pro",
            code_lengths=(4, 5, 6, 7, 8),
            max_codes=95,
            has_auto_lock=True,
            needs_zone=True,
            zone_error="ultraloq_time_zone_unknown",
            metadata_name="ultraloq_metadata",
            metadata={"device_id": "uid", "device_name": "name", "time_zone": "time_zone"},
        ),
        Make(
            key="two_n",
            device_type="two_n_intercom",
            brand="2N",
            model="IP Style",
            provider=("my_2n", "2N"),
            code_lengths=(4, 5, 6, 7, 8),
            max_codes=200,
            locks_remotely=False,
            needs_zone=True,
            zone_error="two_n_device_missing_timezone",
            metadata_name="two_n_metadata",
            metadata={"device_id": "uid", "device_name": "name"},
        ),
        Make(
            key="akiles",
            device_type="akiles_lock",
            brand="Akiles",
            model="Gadget",
            code_lengths=(4, 5, 6, 7, 8, 9, 10),
            max_codes=200,
            has_built_in_keypad=False,
            takes_accessory_keypad=True,
            needs_hub=True,
            metadata_name="akiles_metadata",
            metadata={"gadget_id": "uid", "gadget_name": "name", "product_name": "model"},
        ),
        Make(
            key="oracode",
            device_type="dormakaba_oracode_door",
            brand="dormakaba",
            model="Oracode",
            provider=("dormakaba_oracode", "dormakaba Oracode"),
            code_lengths=(6,),
            max_codes=1000,
            locks_remotely=False,
            unlocks_remotely=False,
            assigns_pins=True,
            proof=Proof.NONE,
            shows_names=False,
            has_backup_pool=False,
            takes_online_codes=False,
            computes_offline=True,
            offline_time_frames=({"display_name": "Stay", "max_duration": "P31D"},),
            time_slots=(
                TimeSlot("Guest stay", "15:00", "11:00"),
                TimeSlot("Day use", "09:00", "18:00"),
                TimeSlot("Whole days", "12:00", "12:00"),
            ),
            metadata_name="dormakaba_oracode_metadata",
            metadata={
                "door_name": "name",
                "iana_timezone": "time_zone",
                "predefined_time_slots": "time_slots",
            },
        ),
        # Two plain makes that are no brand: the least that a lock can tell.
        Make(
            key="zwave",
            device_type="smartthings_lock",
            brand="Z-Wave",
            model="Write-only Lock",
            provider=_SMARTTHINGS,
            code_lengths=(4, 5, 6, 7, 8),
            max_codes=30,
            needs_hub=True,
            keeps_window=False,
            proof=Proof.ACK,
            shows_names=False,
            refuses_duplicates=False,
        ),
        Make(
            key="zigbee",
            device_type="smartthings_lock",
            brand="Zigbee",
            model="Discreet Lock",
            provider=_SMARTTHINGS,
            code_lengths=(4, 5, 6, 7, 8),
            max_codes=30,
            needs_hub=True,
            keeps_window=False,
            proof=Proof.SLOT_ONLY,
            shows_names=False,
        ),
    )
}
