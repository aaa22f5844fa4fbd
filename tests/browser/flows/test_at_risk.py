"""Every kind of arrival that goes wrong is put right from the start page in three clicks at most.

What people type is not counted, nor what has to be done at the door itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from accesscodes.web.states import STATES
from tests.browser.flows.backstage import Backstage
from tests.browser.flows.clerk import PLAIN, SCRIPTED, Clerk, Way
from tests.browser.flows.words import STORM

AT_MOST = 3


@dataclass(frozen=True)
class Kind:
    """What went wrong, the state that is said of it, its badge, and the clicks that put it right.

    First the lock is of this `make`; then, in this order, codes are on it (`issued`), something
    `befalls` it, and the guest's code is `stranded`. Where the fix is made at the door (`mends`),
    that happens after the first click. `left` are the codes on the lock in the end, `{}` standing
    for the guest; ``None``: what the page `sees` is all. `is_plain_too`: no other flow clicks on
    the same without JavaScript.
    """

    title: str
    state: str
    badge: str
    clicks: tuple[tuple[str, str], ...]
    stranded: Mapping[str, Any] | None = None
    make: str = "schlage"
    issued: tuple[Mapping[str, Any], ...] = ()
    befalls: Mapping[str, Any] = field(default_factory=dict)
    mends: bool = False
    has_spares: bool = False
    then: str = ""
    is_plain_too: bool = False
    sees: re.Pattern | None = None
    left: tuple[str, ...] | None = ("{}",)


def failed(*errors: str, **facts: Any) -> dict[str, Any]:
    return {"errors": list(errors), **facts}


CHANGE = (("button", "Change PIN"),)
AGAIN = (("button", "Try again"),)
CHECK = (("button", "Check again"),)
SEE_FIX = (("link", "See fix"), ("button", "Check again"))
MAKE_ROOM = (("link", "Delete the code for Old Guest"), ("button", "Delete code"))
SHOW = ("button", "Show the PIN")
A_PIN = re.compile(r"^\d{6}$")
OLD = {"guest": "Old Guest"}
OURS: Mapping[str, Any] = {}


def blocked(title: str, by: str, make: str = "schlage", **befalls: Any) -> Kind:
    badge = f"Blocked: {by}"
    return Kind(title, "blocked", badge, SEE_FIX, {}, make, befalls=befalls, mends=True)


def shut(title: str, make: str, fault: str) -> Kind:
    return Kind(
        title,
        "set_shut",
        "On the lock, check",
        SEE_FIX,
        make=make,
        issued=(OURS,),
        befalls={"faults": [fault]},
        mends=True,
    )


KINDS = (
    # ---- the code
    Kind(
        "its PIN is another's",
        "duplicate",
        "Not on the lock",
        CHANGE,
        failed("duplicate_code_on_device"),
        is_plain_too=True,
    ),
    Kind(
        "its PIN is refused",
        "refused",
        "PIN not accepted",
        CHANGE,
        failed("august_lock_bad_access_code_format"),
    ),
    Kind(
        "the lock did not take it",
        "failed",
        "Not on the lock",
        AGAIN,
        failed("provider_issue"),
        is_plain_too=True,
    ),
    Kind(
        "a spare is there for it",
        "failed",
        "Not on the lock",
        (("link", "Use backup"), ("button", "Use backup code"), SHOW),
        failed("provider_issue"),
        has_spares=True,
        is_plain_too=True,
        sees=A_PIN,
        left=None,
    ),
    Kind(
        "its lock knows no time zone",
        "failed",
        "Not on the lock",
        (("link", "Extend or shorten"), ("radio", "Until removed"), ("button", "Change dates")),
        failed("time_zone_unknown"),
        make="yale",
        befalls={"faults": ["time_zone_unknown"]},
    ),
    Kind("it takes long", "slow_set", "Taking longer", AGAIN, {"ago": 20}),
    Kind(
        "others changed it",
        "changed",
        "Changed elsewhere",
        (("button", "Put ours back"),),
        failed("conflicting_external_modification"),
    ),
    Kind(
        "others changed it, as they may",
        "ext_ok",
        "Changed in app",
        (("link", "Accept the change"), ("button", "Accept the change")),
        issued=({"is_external_modification_allowed": True},),
        then="edited",
    ),
    Kind(
        "it was switched off",
        "inactive",
        "Switched off",
        (("link", "Issue again"), ("button", "Issue code")),
        failed("access_code_inactive"),
        left=("{}", "{}"),
    ),
    Kind(
        "its dates are refused",
        "not_accepted",
        "Not accepted",
        (("link", "Extend or shorten"), ("button", "Change dates")),
        failed("dormakaba_oracode_invalid_time_range"),
    ),
    Kind(
        "its slot is taken",
        "full",
        "Not on the lock",
        (("link", "See the codes on this lock"), *MAKE_ROOM),
        failed("no_space_for_access_code_on_device"),
        issued=(OLD,),
    ),
    Kind(
        "its slot is taken, for later",
        "waits_for_slot",
        "Waiting for a slot",
        (("link", "See the codes on this lock"), *MAKE_ROOM),
        failed("no_space_for_access_code_on_device", starts_in=40 * 60),
        issued=(OLD,),
    ),
    Kind(
        "its maker gives no PIN",
        "no_pin",
        "No PIN yet",
        AGAIN,
        failed("provider_issue", is_offline=True),
        make="igloohome",
    ),
    Kind(
        "its maker takes long",
        "slow_pin",
        "No PIN yet",
        AGAIN,
        {"is_offline": True, "ago": 20},
        make="igloohome",
    ),
    Kind(
        "it was lost from sight",
        "unknown",
        "Not confirmed",
        CHECK,
        issued=({"starts_in": -10},),
        then="lost",
    ),
    Kind(
        "its lock fell silent before it began",
        "loaded_unseen",
        "Loaded, not confirmed",
        CHECK,
        issued=({"starts_in": 30},),
        befalls={"faults": ["cannot_list"]},
        then="began",
        mends=True,
        is_plain_too=True,
    ),
    Kind(
        "another system may overwrite it",
        "set_warn",
        "On the lock, check",
        CHECK,
        issued=(OURS,),
        then="shared",
    ),
    Kind(
        "a backup is in use",
        "backup",
        "Backup in use",
        (("link", "Show backup"), SHOW),
        {"warnings": ["using_backup_access_code"]},
        has_spares=True,
        then="spare_is_taken",
        is_plain_too=True,
        sees=A_PIN,
        left=None,
    ),
    # ---- the lock keeps the code away
    blocked("the keypad is gone", "keypad", "nuki", faults=["keypad_disconnected"]),
    blocked("the keypad is flat", "keypad", "nuki", faults=["keypad_battery_flat"]),
    blocked("the keypad is not linked", "keypad", "tedee", traits={"keypad_is_linked": False}),
    blocked("it never had a keypad", "no keypad", "august", traits={"accessory_keypad": False}),
    blocked("the hub is down", "hub", "ttlock", faults=["hub_disconnected"]),
    blocked("it never had a hub", "no hub", "ttlock", traits={"has_bridge": False}),
    blocked("the lock is offline", "lock offline", "yale", faults=["offline"]),
    blocked("the plan has ended", "subscription", faults=["subscription_required"]),
    blocked("our rights are too low", "not allowed", faults=["insufficient_permissions"]),
    blocked("it lost its support", "lock", faults=["support_lost"]),
    blocked("it left its account", "lock removed", faults=["removed"]),
    replace(
        blocked("its account is disconnected", "account", faults=["account_disconnected"]),
        state="account",
    ),
    Kind(
        "the lock is full",
        "blocked",
        "Blocked: lock full",
        (("link", "See fix"), *MAKE_ROOM),
        {},
        issued=(OLD,),
        befalls={"traits": {"max_codes": 1}},
        is_plain_too=True,
    ),
    # ---- the code is on the lock, and nobody can use it
    shut("the keypad goes away later", "nuki", "keypad_disconnected"),
    replace(shut("privacy mode is on", "yale", "privacy_mode"), is_plain_too=True),
    shut("office mode is on", "yale", "office_mode"),
    # ---- the code is still to be sent
    Kind(
        "the lock's battery is all but empty",
        "scheduled",
        "Scheduled",
        SEE_FIX,
        {"status": "unset", "starts_in": 30 * 60},
        make="lockly",
        befalls={"faults": ["battery_critical"]},
        mends=True,
        left=(),
    ),
)
"""Whatever can stand under *Act now* and *Watch*, and can be put right."""

NOBODY = "nobody arrives with it"
NOTHING = "it is on its way and needs nothing"
OPENS = "it opens the door"
NO_FIX = {
    "gone": NOBODY,
    "undo": NOBODY,
    "stuck_remove": NOBODY,
    "slow_remove": NOBODY,
    "removing": NOBODY,
    "expired": NOBODY,
    "reserve": NOBODY,
    "computing": NOTHING,
    "new_pin": NOTHING,
    "setting": NOTHING,
    "updating": NOTHING,
    "set": OPENS,
    "set_early": OPENS,
    "loaded": OPENS,
    "offline_ok": OPENS,
}
"""States in which there is nothing to put right at the desk, and why."""


def test_every_state_has_a_kind_or_needs_none():
    assert {kind.state for kind in KINDS} | set(NO_FIX) == {row.key for row in STATES}
    assert {kind.state for kind in KINDS} & set(NO_FIX) == set()


def case(kind: Kind, way: Way) -> Any:
    return pytest.param(kind, way, id=f"{kind.title}, {way.name}")


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        *(case(kind, SCRIPTED) for kind in KINDS),
        *(case(kind, PLAIN) for kind in KINDS if kind.is_plain_too),
    ],
)
def test_an_arrival_at_risk_is_put_right_in_three_clicks(kind, way, sit_down):
    clerk = sit_down(way)
    guest = clerk.own(f"Guest {KINDS.index(kind)}")
    let_it_happen(clerk.backstage, clerk, guest, kind)

    clerk.open(house=STORM)
    at_risk = clerk.row(guest)
    clerk.sees(re.compile(f"^{kind.badge}$"), inside=at_risk)
    assert group_of(clerk, guest) in {"act", "watch"}
    for number, (role, name) in enumerate(kind.clicks):
        if kind.mends and number == len(kind.clicks) - 1:
            clerk.backstage.mend(name=guest)
        clerk.click(role, name, inside=None if number else at_risk)
        clerk.page.wait_for_load_state()
        clerk.look()

    assert clerk.clicks == len(kind.clicks) <= AT_MOST
    if kind.sees:
        clerk.sees(kind.sees)
    if kind.left is not None:
        left = [name.format(guest) for name in kind.left]
        ready = clerk.backstage.ready_codes
        clerk.waits_until(lambda: ready(name=guest) == left, f"{left} on the lock")
        clerk.waits_until(lambda: is_ready(clerk, guest), "the row is ready", pause=0.5)
    clerk.backstage.went_home(name=guest)


def group_of(clerk: Clerk, guest: str) -> str:
    """Return in which group of the start page the guest stands."""
    groups = clerk.page.locator("section.group").filter(has_text=guest)
    return groups.first.get_attribute("aria-labelledby").removeprefix("group-")


def is_ready(clerk: Clerk, guest: str) -> bool:
    clerk.open(house=STORM)
    clerk.look()
    # A code until it is removed brings nobody any more.
    return not clerk.row(guest).count() or group_of(clerk, guest) == "ready"


def let_it_happen(backstage: Backstage, clerk: Clerk, guest: str, kind: Kind) -> None:
    # What a lock never had was missing when it was put up; a full one filled up later.
    traits = None if kind.issued else kind.befalls.get("traits")
    backstage.put_up(name=guest, make=kind.make, has_spares=kind.has_spares, traits=traits)
    for code in kind.issued:
        backstage.issued(name=guest, **code)
    if kind.issued or kind.has_spares:
        clerk.waits_until(lambda: backstage.settle(name=guest), "what was issued is on the lock")
    if kind.befalls:
        backstage.befall(name=guest, **kind.befalls)
    if kind.stranded is not None:
        backstage.stranded(name=guest, **kind.stranded)
    if kind.then:
        getattr(backstage, kind.then)(name=guest)
    if kind.then == "edited":
        clerk.waits_until(lambda: backstage.warned(name=guest), "the change is seen")


def test_a_click_too_many_is_counted(sit_down):
    clerk = sit_down(SCRIPTED)
    clerk.open()
    for name in ("Locks", "Codes", "Activity", "Arrivals"):
        main = clerk.page.get_by_role("navigation", name="Main")
        clerk.click("link", re.compile(f"^{name}"), inside=main)
        clerk.sees_page(name)

    assert clerk.clicks == AT_MOST + 1
