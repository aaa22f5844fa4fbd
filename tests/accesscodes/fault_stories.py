"""Every fault of a lock, and what people do at it, as a table: what is told of it, how it heals.

One story for each thing that goes wrong: what is physically in the lock's memory and whether the
PIN opens the door; what the badge says; which Problem opened, after how long, and what it says;
what partners read; and how many minutes it takes until all is right again once the fault is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from accesscodes import services
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import VirtualLock
from properties.providers.virtual.people import (
    add_foreign_code,
    contents,
    edit_at_keypad,
    erase_at_keypad,
    fail_next_calls,
    switch_fault,
)
from properties.providers.virtual.store import put
from tests.accesscodes.telling import DIGITS, Tale, Told

Deed = Callable[[Tale], Any]
SET, SET_AGAIN = ("set_on_device",), ("set_on_device", "set_on_device")
GOOD = ("On the lock", "ok")
SHUT = ("On the lock, check", "warn")
HEALED = Told("opens", GOOD, ("set",), SET)


@dataclass(frozen=True)
class Story:
    """One thing that goes wrong, and what is told of it.

    The code is on its lock before trouble begins, or (`is_new`) is issued while it lasts.
    `dates`: start and end in minutes after the issue. After `lasts` minutes of trouble it is
    `told`, with open `problems` by the minute at which they opened, the nearest of which `says`
    so; then the trouble ends, and `heals` minutes later it is told as `after`.
    """

    title: str
    told: Told
    problems: dict[str, float] = field(default_factory=dict)
    says: tuple[str, str, str] = ("", "", "")
    heals: int = 1
    after: Told = HEALED
    fault: Fault | None = None
    make: str = "schlage"
    traits: dict = field(default_factory=dict)
    dates: tuple[float, float] | None = None
    is_new: bool = False
    lasts: float = 8
    given: Deed = lambda tale: None
    done: Deed | None = None
    undone: Deed | None = None


def on(tale, fault):
    switch_fault(tale.locks[0], fault, True, now=tale.now)


def off(tale, fault):
    switch_fault(tale.locks[0], fault, False, now=tale.now)


# ---- What people do -----------------------------------------------------------------------------


def two_more_codes(tale):
    for number, digits in enumerate(("735106", "906437")):
        tale.issue(digits, f"Guest {number}")


def foreign_code(tale):
    add_foreign_code(tale.locks[0], Pin("735106"), "Owner", now=tale.now)
    tale.poke()


def same_pin_in_the_app(tale):
    add_foreign_code(tale.locks[0], Pin(DIGITS), "Owner", now=tale.now)


def same_name_in_the_app(tale):
    add_foreign_code(tale.locks[0], Pin("735106"), "Lena Okafor", now=tale.now)


def edited(tale):
    edit_at_keypad(tale.locks[0], tale.slot(), now=tale.now, pin=Pin("735106"))
    tale.poke()


def switched_off(tale):
    edit_at_keypad(tale.locks[0], tale.slot(), now=tale.now, is_enabled=False)
    tale.poke()


def erased(tale):
    erase_at_keypad(tale.locks[0], tale.slot(), now=tale.now)
    tale.poke()


def erased_four_times(tale):
    for _ in range(4):
        erased(tale)
        tale.live(minutes=1)


def loses_and_is_restored(tale):
    off(tale, Fault.LOSES_CODES)
    restored(tale)


def restored(tale):
    services.restore_code(tale.code, actor=tale.actor, now=tale.now)


def withdrawn_while_offline(tale):
    on(tale, Fault.OFFLINE)
    services.withdraw_code(tale.code, actor=tale.actor, now=tale.now)


def back_after_it_was_gone(tale):
    slot = tale.slot()
    entry = contents(tale.locks[0], now=tale.now)[slot]
    services.withdraw_code(tale.code, actor=tale.actor, now=tale.now)
    tale.live(minutes=1)
    put(tale.locks[0], slot, entry, tale.now)
    on(tale, Fault.FAILS_BEFORE)
    tale.poke()


def slow_answers(tale):
    VirtualLock.objects.update(answer_min=1, answer_max=3)


def falls_asleep(tale):
    on(tale, Fault.WAKES_RARELY)
    tale.clock.move(minutes=2)


def meddled_with_once(tale):
    fail_next_calls(tale.locks[0], Fault.MEDDLED_WITH)
    tale.poke()


def foreign_code_once(tale):
    fail_next_calls(tale.locks[0], Fault.FOREIGN_CODES)
    tale.poke()


def nothing(tale):
    pass


STORIES = (
    Story(
        "a lock that is offline gets no code",
        Told("absent", ("Blocked: lock offline", "bad"), ("setting",), ()),
        {"lock_silent": 4.0, "lock_blind": 7.0},
        (
            "bad",
            "The lock is offline. Codes already on it keep working; new ones are sent "
            "when it is back.",
            "Check the lock's batteries.",
        ),
        fault=Fault.OFFLINE,
        is_new=True,
    ),
    Story(
        "a lock that goes offline keeps its codes",
        Told("opens", GOOD, ("set",), SET),
        {"lock_blind": 5.0},
        (
            "warn",
            "The codes on the lock were not read for a while; what is said of them may be old.",
            "Check the lock's power and connection, then choose Check again.",
        ),
        fault=Fault.OFFLINE,
    ),
    Story(
        "a loaded code starts while its lock is offline",
        Told(
            "opens",
            ("Loaded, not confirmed", "warn"),
            ("setting", "failed_to_set_on_device"),
            ("scheduled_on_device", "failed_to_set_on_device"),
        ),
        {"lock_blind": 5.0, "start_unconfirmed": 12.0},
        (
            "warn",
            "It was on the lock before its start; the lock has not answered since. It "
            "very likely opens.",
            "Check the lock's power and connection, or try the PIN at the door.",
        ),
        after=Told(
            "opens",
            GOOD,
            ("set",),
            ("scheduled_on_device", "failed_to_set_on_device", "set_on_device"),
        ),
        fault=Fault.OFFLINE,
        dates=(10, 2000),
        lasts=25,
    ),
    Story(
        "a code is due in an hour on a lock that is offline",
        Told("absent", ("Blocked: lock offline", "bad"), ("unset",), ()),
        {"lock_silent": 4.0},
        (
            "warn",
            "The lock is offline. Codes already on it keep working; new ones are sent "
            "when it is back.",
            "Check the lock's batteries.",
        ),
        heals=8,
        after=Told("opens", ("On the lock, opens already", "ok"), ("set",), SET),
        fault=Fault.OFFLINE,
        make="lockly",
        is_new=True,
        dates=(70, 2000),
        lasts=5,
    ),
    Story(
        "a code is withdrawn while its lock is offline",
        Told(
            "opens",
            ("Removal delayed", "warn"),
            ("removing", "delay_in_removing_from_device"),
            ("set_on_device", "delay_in_removing_from_device"),
        ),
        {"still_on_lock": 4.0, "lock_blind": 5.0},
        (
            "bad",
            "The code should be gone and may still open the door.",
            "Check the lock's batteries.",
        ),
        after=Told(
            "absent",
            ("Removed", "idle"),
            ("404", "access_code_not_found"),
            ("set_on_device", "delay_in_removing_from_device", "removed_from_device", "deleted"),
        ),
        fault=Fault.OFFLINE,
        done=withdrawn_while_offline,
        lasts=12,
    ),
    Story(
        "a stay ends while its lock is offline",
        Told(
            "shut",
            ("Removal delayed", "warn"),
            ("removing", "delay_in_removing_from_device"),
            ("set_on_device", "delay_in_removing_from_device"),
        ),
        {"lock_blind": 5.0, "still_on_lock": 12.0},
        (
            "warn",
            "The code has ended and the lock has stopped it; its entry is still there.",
            "Check the lock's batteries.",
        ),
        after=Told(
            "absent",
            ("Removed", "idle"),
            ("404", "access_code_not_found"),
            ("set_on_device", "delay_in_removing_from_device", "removed_from_device", "deleted"),
        ),
        fault=Fault.OFFLINE,
        dates=(0, 10),
        lasts=20,
    ),
    Story(
        "the hub is down",
        Told("absent", ("Blocked: hub", "bad"), ("setting",), ()),
        {"lock_silent": 4.0, "lock_blind": 7.0},
        ("bad", "The hub for this lock lost its connection.", "Plug the hub in, or restart it."),
        fault=Fault.HUB_DISCONNECTED,
        make="ttlock",
        is_new=True,
    ),
    Story(
        "the account is disconnected before a code is sent",
        Told("absent", ("Blocked: account", "bad"), ("unknown",), ()),
        {"account_disconnected": 0.5},
        (
            "bad",
            "Locksite is no longer allowed to control the locks of Virtual locks. 1 "
            "code there can be neither sent nor removed.",
            "An administrator reconnects the account in Admin.",
        ),
        fault=Fault.ACCOUNT_DISCONNECTED,
        is_new=True,
    ),
    Story(
        "the account is disconnected later",
        Told("opens", ("Blocked: account", "bad"), ("unknown",), SET),
        {"account_disconnected": 0.5},
        (
            "bad",
            "Locksite is no longer allowed to control the locks of Virtual locks. 1 "
            "code there can be neither sent nor removed.",
            "An administrator reconnects the account in Admin.",
        ),
        after=Told("opens", GOOD, ("set",), ("set_on_device", "set_on_device")),
        fault=Fault.ACCOUNT_DISCONNECTED,
    ),
    Story(
        "the paid plan has ended",
        Told(
            "absent",
            ("Blocked: subscription", "bad"),
            ("setting", "subscription_required"),
            ("failed_to_set_on_device",),
        ),
        {"lock_cannot_take": 0.5},
        (
            "bad",
            "The lock maker's subscription has run out or is full.",
            "Renew it with the lock's maker, or delete users there.",
        ),
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.SUBSCRIPTION_REQUIRED,
        is_new=True,
    ),
    Story(
        "the keypad is away before a code is sent",
        Told(
            "absent",
            ("Blocked: keypad", "bad"),
            ("setting", "failed_to_set_on_device"),
            ("failed_to_set_on_device",),
        ),
        {"lock_cannot_take": 0.5},
        (
            "bad",
            "Its keypad disconnected. The keypad battery was at 90 %. The lock itself "
            "is online. It may be out of range or taken down.",
            "Look whether the keypad is at the door, close to the lock.",
        ),
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.KEYPAD_DISCONNECTED,
        make="nuki",
        is_new=True,
    ),
    Story(
        "the keypad goes away",
        Told("shut", SHUT, ("set",), SET),
        {"keypad_dead": 4.0},
        (
            "bad",
            "Its keypad disconnected. The keypad battery was at 90 %. The lock itself "
            "is online. It may be out of range or taken down.",
            "Look whether the keypad is at the door, close to the lock.",
        ),
        fault=Fault.KEYPAD_DISCONNECTED,
        make="nuki",
    ),
    Story(
        "the battery of the keypad is flat",
        Told("shut", SHUT, ("set",), SET),
        {"keypad_dead": 4.0},
        (
            "bad",
            "Its keypad disconnected. The keypad battery was at 2 %. The lock itself is"
            " online. An empty keypad battery is the likely cause.",
            "Put new batteries in the keypad.",
        ),
        fault=Fault.KEYPAD_BATTERY_FLAT,
        make="nuki",
    ),
    Story(
        "the battery is low",
        Told("opens", GOOD, ("set",), SET),
        fault=Fault.BATTERY_LOW,
        is_new=True,
    ),
    Story(
        "the battery is critical",
        Told("opens", GOOD, ("set",), SET),
        fault=Fault.BATTERY_CRITICAL,
        is_new=True,
    ),
    Story(
        "the link is weak",
        Told("opens", GOOD, ("set",), SET),
        fault=Fault.SLOW,
        is_new=True,
        given=slow_answers,
    ),
    Story(
        "the service fails before it does anything",
        Told("absent", ("Sending to lock", "go"), ("setting",), ()),
        {"not_on_lock": 4.0},
        (
            "bad",
            "The code is not on the lock yet.",
            "Open the lock to see what it reports, or use another way in.",
        ),
        heals=3,
        after=Told("opens", GOOD, ("set",), ("delay_in_setting_on_device", "set_on_device")),
        fault=Fault.FAILS_BEFORE,
        is_new=True,
    ),
    Story(
        "the service does it and fails",
        Told("opens", GOOD, ("set",), SET),
        fault=Fault.DOES_THEN_FAILS,
        is_new=True,
    ),
    Story(
        "the lock says yes and does nothing",
        Told("absent", ("Sending to lock", "go"), ("setting",), ()),
        {"not_on_lock": 4.0},
        (
            "bad",
            "The code is not on the lock yet.",
            "Open the lock to see what it reports, or use another way in.",
        ),
        heals=3,
        after=Told("opens", GOOD, ("set",), ("delay_in_setting_on_device", "set_on_device")),
        fault=Fault.LIES,
        is_new=True,
    ),
    Story(
        "the lock does it minutes later",
        Told("absent", ("Sending to lock", "go"), ("setting",), ()),
        {"not_on_lock": 4.0},
        (
            "bad",
            "The code is not on the lock yet.",
            "Open the lock to see what it reports, or use another way in.",
        ),
        fault=Fault.LATE,
        is_new=True,
        lasts=4.5,
    ),
    Story(
        "the lock loses its codes",
        Told(
            "absent",
            ("Changed elsewhere", "bad"),
            ("setting", "conflicting_external_modification"),
            (
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
            ),
        ),
        {"restored_too_often": 22.0},
        (
            "bad",
            "The code was changed at the lock again after it had been put back 3 times "
            "within a day. It is left as it is.",
            "Find out who or what changes it; then change the code here to write it "
            "anew, or delete it.",
        ),
        after=Told(
            "opens",
            GOOD,
            ("set",),
            (
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
            ),
        ),
        fault=Fault.LOSES_CODES,
        is_new=True,
        lasts=25,
        undone=loses_and_is_restored,
    ),
    Story(
        "the lock shows an old list",
        Told("opens", ("Sending to lock", "go"), ("setting",), ()),
        fault=Fault.STALE_LIST,
        is_new=True,
        lasts=1.5,
    ),
    Story(
        "the lock shows an empty list",
        Told("opens", GOOD, ("set",), SET),
        {"lock_list_empty": 7.0, "lock_silent": 7.5},
        (
            "bad",
            "The lock shows no codes at all, although it held several a moment ago. The"
            " code waits.",
            "Check the lock's power and connection; the code is sent when it is back.",
        ),
        fault=Fault.EMPTY_LIST,
        given=two_more_codes,
    ),
    Story(
        "the lock hides its PINs",
        Told("opens", GOOD, ("set",), SET),
        fault=Fault.MASKS_PINS,
        is_new=True,
    ),
    Story(
        "the lock cannot be read",
        Told("absent", ("Sending to lock", "go"), ("setting",), ()),
        {"lock_silent": 4.0, "lock_blind": 7.0},
        (
            "bad",
            "The maker's service answered with an error. The code waits.",
            "Check the lock's power and connection; the code is sent when it is back.",
        ),
        fault=Fault.CANNOT_LIST,
        is_new=True,
    ),
    Story(
        "the lock cannot be read any more",
        Told("opens", GOOD, ("set",), SET),
        {"lock_blind": 5.0},
        (
            "warn",
            "The codes on the lock were not read for a while; what is said of them may be old.",
            "Check the lock's power and connection, then choose Check again.",
        ),
        fault=Fault.CANNOT_LIST,
    ),
    Story(
        "the memory is full",
        Told(
            "absent",
            ("Blocked: lock full", "bad"),
            ("setting", "no_space_for_access_code_on_device"),
            ("failed_to_set_on_device",),
        ),
        {"no_space_for_access_code_on_device": 0.5},
        ("bad", "The lock has no free code slot.", "Delete codes that are no longer used."),
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.MEMORY_FULL,
        is_new=True,
    ),
    Story(
        "the clock of the lock is two hours ahead",
        Told("shut", GOOD, ("set",), ("scheduled_on_device", "set_on_device")),
        {"lock_clock": 0.5},
        (
            "warn",
            "The lock's clock zone differs. Dated codes may start at the wrong hour.",
            "An administrator corrects the lock's time zone.",
        ),
        after=Told("opens", GOOD, ("set",), ("scheduled_on_device", "set_on_device")),
        fault=Fault.WRONG_CLOCK,
        dates=(1, 90),
    ),
    Story(
        "the lock does not know its time zone",
        Told(
            "absent",
            ("Not on the lock", "bad"),
            ("setting", "time_zone_unknown"),
            ("failed_to_set_on_device",),
        ),
        {"time_zone_unknown": 0.5},
        (
            "bad",
            "The lock's time zone is not set, so it refuses codes with dates.",
            "An administrator sets the time zone in the lock's app.",
        ),
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.TIME_ZONE_UNKNOWN,
        is_new=True,
        dates=(1, 2000),
    ),
    Story(
        "the service asks for fewer requests",
        Told(
            "absent",
            ("Not on the lock", "bad"),
            ("setting", "provider_issue"),
            ("failed_to_set_on_device",),
        ),
        {"provider_issue": 4.0},
        (
            "bad",
            "The lock did not accept the code: “The maker's service asks for fewer requests.”",
            "Wait a little, it is tried again; meanwhile use another way in.",
        ),
        heals=7,
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.RATE_LIMITED,
        is_new=True,
    ),
    Story(
        "privacy mode is on",
        Told("shut", SHUT, ("set",), SET),
        {"codes_shut": 4.0},
        (
            "warn",
            "Codes can be made but do not open the door while privacy mode is on.",
            "Switch privacy mode off at the door.",
        ),
        fault=Fault.PRIVACY_MODE,
    ),
    Story(
        "the lock sleeps for half an hour",
        Told(
            "absent",
            ("Taking longer", "warn"),
            ("setting", "delay_in_setting_on_device"),
            ("delay_in_setting_on_device",),
        ),
        {"lock_silent": 4.0},
        (
            "bad",
            "The lock is asleep. The code waits.",
            "Check the lock's power and connection; the code is sent when it is back.",
        ),
        after=Told("opens", GOOD, ("set",), ("delay_in_setting_on_device", "set_on_device")),
        fault=Fault.WAKES_RARELY,
        done=falls_asleep,
        is_new=True,
        traits={"wake_every_s": 1800},
        lasts=12,
    ),
    Story(
        "the lock already holds the PIN",
        Told(
            "opens",
            ("Not on the lock", "bad"),
            ("setting", "duplicate_code_on_device"),
            ("failed_to_set_on_device",),
        ),
        {"duplicate_code_on_device": 0.5},
        (
            "bad",
            "Another code on the lock already uses this PIN.",
            "Change the PIN, or remove the other code in the lock's app.",
        ),
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        done=same_pin_in_the_app,
        undone=erased,
        is_new=True,
    ),
    Story(
        "somebody makes a code in the app",
        Told("opens", GOOD, ("set",), SET),
        done=foreign_code,
        undone=nothing,
    ),
    Story(
        "somebody changes our PIN at the keypad",
        Told(
            "opens",
            GOOD,
            ("set",),
            ("set_on_device", "modified_external_to_seam", "set_on_device"),
        ),
        after=Told(
            "opens",
            GOOD,
            ("set",),
            ("set_on_device", "modified_external_to_seam", "set_on_device"),
        ),
        done=edited,
        undone=nothing,
        lasts=0.5,
    ),
    Story(
        "somebody switches our code off",
        Told(
            "opens",
            GOOD,
            ("set",),
            ("set_on_device", "modified_external_to_seam", "set_on_device"),
        ),
        after=Told(
            "opens",
            GOOD,
            ("set",),
            ("set_on_device", "modified_external_to_seam", "set_on_device"),
        ),
        done=switched_off,
        undone=nothing,
        lasts=0.5,
    ),
    Story(
        "somebody erases our code",
        Told(
            "opens", GOOD, ("set",), ("set_on_device", "deleted_external_to_seam", "set_on_device")
        ),
        after=Told(
            "opens", GOOD, ("set",), ("set_on_device", "deleted_external_to_seam", "set_on_device")
        ),
        done=erased,
        undone=nothing,
        lasts=0.5,
    ),
    Story(
        "somebody erases our code again and again",
        Told(
            "absent",
            ("Changed elsewhere", "bad"),
            ("setting", "conflicting_external_modification"),
            (
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
            ),
        ),
        {"restored_too_often": 3.5},
        (
            "bad",
            "The code was changed at the lock again after it had been put back 3 times "
            "within a day. It is left as it is.",
            "Find out who or what changes it; then change the code here to write it "
            "anew, or delete it.",
        ),
        after=Told(
            "opens",
            GOOD,
            ("set",),
            (
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
                "deleted_external_to_seam",
                "set_on_device",
            ),
        ),
        done=erased_four_times,
        undone=restored,
        lasts=5,
    ),
    Story(
        "a removed code comes back",
        Told(
            "opens",
            ("Removed", "idle"),
            ("404", "access_code_not_found"),
            ("set_on_device", "removed_from_device", "deleted"),
        ),
        {"back_after_gone": 1.5},
        (
            "bad",
            "A code that was removed is on the lock again and may open the door.",
            "Look in the lock's app whether it is really there, and remove it by hand.",
        ),
        after=Told(
            "absent",
            ("Removed", "idle"),
            ("404", "access_code_not_found"),
            ("set_on_device", "removed_from_device", "deleted"),
        ),
        done=back_after_it_was_gone,
        undone=(lambda tale: off(tale, Fault.FAILS_BEFORE)),
        lasts=5,
    ),
    Story(
        "the lock is taken out of its account",
        Told("opens", GOOD, ("set",), SET),
        {"lock_removed": 10.0},
        (
            "bad",
            "The lock was removed from its account, and there are codes on it.",
            "An administrator adds the lock to its account again, or stops managing it.",
        ),
        fault=Fault.REMOVED,
        lasts=12,
    ),
    Story(
        "the link comes and goes",
        Told("opens", GOOD, ("set",), SET),
        fault=Fault.FLAKY,
        is_new=True,
    ),
    Story(
        "our rights are too low",
        Told(
            "absent",
            ("Blocked: not allowed", "bad"),
            ("setting", "insufficient_permissions"),
            ("failed_to_set_on_device",),
        ),
        {"lock_cannot_take": 0.5},
        (
            "bad",
            "Locksite is no longer allowed to control this lock.",
            "The owner gives our login the administrator role in the lock's app.",
        ),
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.INSUFFICIENT_PERMISSIONS,
        is_new=True,
    ),
    Story(
        "the lock lost its timetable",
        Told(
            "opens",
            GOOD,
            ("set",),
            ("scheduled_on_device", "set_on_device", "set_on_device", "time_frame_changed"),
        ),
        after=Told(
            "opens",
            GOOD,
            ("set",),
            (
                "scheduled_on_device",
                "set_on_device",
                "set_on_device",
                "time_frame_changed",
                "set_on_device",
                "time_frame_changed",
            ),
        ),
        fault=Fault.CANNOT_SCHEDULE,
        dates=(1, 2000),
    ),
    Story(
        "the lock no longer supports PINs",
        Told(
            "absent",
            ("Blocked: lock", "bad"),
            ("setting", "failed_to_set_on_device"),
            ("failed_to_set_on_device",),
        ),
        {"lock_cannot_take": 0.5},
        (
            "bad",
            "The lock no longer reports PIN support.",
            "Reset the lock's connection in the lock's app.",
        ),
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.SUPPORT_LOST,
        is_new=True,
    ),
    Story(
        "the lock saves power",
        Told(
            "absent",
            ("Not on the lock", "bad"),
            ("setting", "provider_issue"),
            ("failed_to_set_on_device",),
        ),
        {"provider_issue": 4.0},
        (
            "bad",
            "The lock did not accept the code: “The lock saves power and takes no commands.”",
            "Wait a little, it is tried again; meanwhile use another way in.",
        ),
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.POWER_SAVING,
        is_new=True,
    ),
    Story(
        "the lock stores ends an hour late",
        Told("opens", GOOD, ("set",), ("scheduled_on_device", "set_on_device")),
        after=Told("opens", GOOD, ("set",), ("scheduled_on_device", "set_on_device")),
        fault=Fault.STRETCHES_ENDS,
        is_new=True,
        dates=(1, 90),
    ),
    Story(
        "office mode is on",
        Told("shut", SHUT, ("set",), SET),
        {"codes_shut": 4.0},
        (
            "warn",
            "Codes can be made but do not open the door while office mode is on.",
            "Switch office mode off at the door.",
        ),
        fault=Fault.OFFICE_MODE,
    ),
    Story(
        "the lock takes no PIN twice",
        Told(
            "opens",
            ("Not on the lock", "bad"),
            ("setting", "duplicate_code_on_device"),
            ("failed_to_set_on_device",),
        ),
        {"duplicate_code_on_device": 0.5},
        (
            "bad",
            "Another code on the lock already uses this PIN.",
            "Change the PIN, or remove the other code in the lock's app.",
        ),
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.REFUSES_DUPLICATES,
        is_new=True,
        make="lockly",
        given=same_pin_in_the_app,
        undone=erased,
    ),
    Story(
        "the service takes the call and never answers",
        Told("absent", ("Sending to lock", "go"), ("setting",), ()),
        {"lock_silent": 4.1, "lock_blind": 6.8},
        (
            "bad",
            "The lock did not answer in time. The code waits.",
            "Check the lock's power and connection; the code is sent when it is back.",
        ),
        fault=Fault.HALF_OPEN,
        is_new=True,
    ),
    Story(
        "the service answers in drips",
        Told("absent", ("Sending to lock", "go"), ("setting",), ()),
        {"lock_silent": 4.1, "lock_blind": 6.8},
        (
            "bad",
            "The lock did not answer in time. The code waits.",
            "Check the lock's power and connection; the code is sent when it is back.",
        ),
        fault=Fault.DRIPS,
        is_new=True,
    ),
    Story(
        "the lock takes no name twice",
        Told(
            "absent",
            ("Not accepted", "bad"),
            ("setting", "code_constraints_violated"),
            ("failed_to_set_on_device",),
        ),
        {"code_constraints_violated": 0.5},
        (
            "bad",
            "The lock did not accept the code: “Another code on the lock has this name.”",
            "Change what the lock does not accept: the PIN, or the name.",
        ),
        heals=7,
        after=Told("opens", GOOD, ("set",), ("failed_to_set_on_device", "set_on_device")),
        fault=Fault.REFUSES_NAMES,
        is_new=True,
        given=same_name_in_the_app,
    ),
    Story(
        "somebody meddles with our codes",
        Told(
            "opens",
            GOOD,
            ("set",),
            ("set_on_device", "modified_external_to_seam", "set_on_device"),
        ),
        after=Told(
            "opens",
            GOOD,
            ("set",),
            ("set_on_device", "modified_external_to_seam", "set_on_device"),
        ),
        fault=Fault.MEDDLED_WITH,
        done=meddled_with_once,
        lasts=6,
    ),
    Story(
        "others make codes of their own",
        Told("opens", GOOD, ("set",), SET),
        fault=Fault.FOREIGN_CODES,
        done=foreign_code_once,
        lasts=1,
    ),
    Story(
        "the service answers what nobody understands",
        Told("absent", ("Sending to lock", "go"), ("setting",), ()),
        {"lock_silent": 4.0, "lock_blind": 7.0},
        (
            "bad",
            "The answer makes no sense. The code waits.",
            "Check the lock's power and connection; the code is sent when it is back.",
        ),
        fault=Fault.GARBAGE,
        is_new=True,
    ),
)
