"""Why a lock cannot take codes, or soon may not: every cause, as a table. Pure.

Sentences may hold ``{at}``, the instant in `at`; the presenter puts it in, in the property's zone,
with `str.replace` (a quoted message may hold braces of its own).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from properties.lock_facts import (
    BATTERY_CRITICAL,
    BATTERY_LIKELY_EMPTY,
    BATTERY_LOW,
    ONLINE_FLAG,
    LockFacts,
    battery_level,
    keypad_is_off,
    keypad_left,
    keypad_level,
    keypad_was_there,
    percent,
)

TAMPER_COUNTS_FOR = timedelta(hours=24)

SILENT = frozenset({"lock_offline", "hub_off", "bridge_server"})
"""Causes for which nothing reaches the lock, whether or not it goes on taking codes."""


class Severity(StrEnum):
    """What one cause does to codes."""

    BLOCKS = "blocks"
    OFFLINE_ONLY = "offline_only"  # stops online codes; offline ones work
    NO_OPEN = "no_open"
    CAUTION = "caution"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that stands between the lock and a code, or soon may.

    `likely` is the likely cause as a sentence, or empty. `steps` are at most three. `at` is since
    when. `codes` are the error and warning codes behind it.
    """

    key: str
    severity: Severity
    headline: str
    sentence: str
    likely: str = ""
    steps: tuple[str, ...] = ()
    at: datetime | None = None
    codes: tuple[str, ...] = ()


# ---- Evidence -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """Evidence for a cause; what is empty is taken from the cause's row in the table."""

    at: datetime | None = None
    sentence: str = ""
    likely: str = ""
    steps: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


def _instant(item: Mapping[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(item.get("created_at")))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _metadata(facts: LockFacts) -> Iterator[Mapping[str, Any]]:
    return (
        value
        for name, value in facts.properties.items()
        if name.endswith("_metadata") and isinstance(value, Mapping)
    )


def _account(facts: LockFacts) -> _Found | None:
    error = facts.reported.get("account_disconnected")
    if error is None and facts.account_state == "connected":
        return None
    problem = facts.account_problem or ("" if error is None else str(error.get("message", "")))
    sentence = "Locksite is no longer allowed to control this lock."
    if problem:
        sentence += f" {facts.provider}: “{problem}”"
    return _Found(sentence=sentence, at=None if error is None else _instant(error))


def _removed(facts: LockFacts) -> _Found | None:
    newest = facts.last("device.removed", "device.added", "device.connected")
    if newest is None or newest.event_type != "device.removed":
        return None
    return _Found(at=newest.occurred_at)


def _plan(facts: LockFacts) -> _Found | None:
    newest = facts.last(
        "device.error.subscription_required", "device.error.subscription_required.resolved"
    )
    if newest is not None and newest.event_type == "device.error.subscription_required":
        return _Found(at=newest.occurred_at)
    if facts.at("salto_ks_metadata.has_custom_pin_subscription") is False:
        return None if facts.takes_online else _Found()
    return None


def _hub_off(facts: LockFacts) -> _Found | None:
    event = facts.last("device.disconnected", "device.connected")
    if (
        event is not None
        and event.event_type == "device.disconnected"
        and event.payload.get("error_code") == "hub_disconnected"
        and facts.at("online") is not True
    ):
        return _Found(at=event.occurred_at)
    return None


def _hub_needed(facts: LockFacts) -> _Found | None:
    if facts.takes_online:
        return None
    lacks_gateway = any(each.get("has_gateway") is False for each in _metadata(facts))
    igloo = facts.at("igloohome_metadata")
    lacks_bridge = isinstance(igloo, Mapping) and not igloo.get("bridge_id")
    return _Found() if lacks_gateway or lacks_bridge else None


def _keypad_gone(facts: LockFacts) -> _Found | None:
    if not (keypad_is_off(facts) and keypad_was_there(facts)):
        return None
    event = keypad_left(facts)
    level = keypad_level(facts)
    sentence = "Its keypad disconnected {at}." if event else "Its keypad is disconnected."
    if level is not None:
        sentence += f" The keypad battery was at {percent(level)}."
    if facts.at("online") is True:
        sentence += " The lock itself is online."
    at = event.occurred_at if event else None
    if level is not None and level <= BATTERY_LIKELY_EMPTY:
        return _Found(
            at,
            sentence,
            "An empty keypad battery is the likely cause.",
            (
                "Put new batteries in the keypad.",
                "Press any key on the keypad. It should light up.",
                "Choose Check again.",
            ),
        )
    return _Found(
        at,
        sentence,
        "It may be out of range or taken down.",
        (
            "Look whether the keypad is at the door, close to the lock.",
            "Press any key on it. If it stays dark, change its batteries.",
            "Choose Check again.",
        ),
    )


def _keypad_never(facts: LockFacts) -> _Found | None:
    if facts.at("model.can_connect_accessory_keypad") is False:
        return None
    return _Found() if keypad_is_off(facts) and not keypad_was_there(facts) else None


def _keypad_setup(facts: LockFacts) -> _Found | None:
    linked = facts.at("igloohome_metadata.is_accessory_keypad_linked_to_bridge")
    return _Found() if linked is False and not facts.takes_online else None


def _no_keypad(facts: LockFacts) -> _Found | None:
    if facts.takes_online or facts.takes_offline:
        return None
    built_in = facts.at("model.has_built_in_keypad")
    connectable = facts.at("model.can_connect_accessory_keypad")
    return _Found() if built_in is False and connectable is False else None


def _full(facts: LockFacts) -> _Found | None:
    warning = facts.reported.get("max_access_codes_reached")
    if warning is not None:
        known = warning.get("max_active_access_code_count", facts.max_codes)
        at = _instant(warning)
    elif facts.max_codes is not None and facts.codes_used >= facts.max_codes:
        known, at = facts.max_codes, None
    else:
        return None
    return _Found(at, f"All {known} code slots are used." if known else "All code slots are used.")


def _somebody_yields(facts: LockFacts) -> bool:
    return facts.codes_yielding > 0


def _full_for_later(facts: LockFacts) -> _Found | None:
    return None if _full(facts) is None else _Found()


def _keypad_battery(facts: LockFacts) -> _Found | None:
    level = keypad_level(facts)
    critical = facts.at("nuki_metadata.keypad_battery_critical") is True
    if level is None:
        if critical:
            return _Found(
                sentence="Keypad battery nearly empty.",
                steps=("Replace the keypad batteries today.",),
            )
        return None  # a warning without a level is found by its code
    is_warned = critical or "accessory_keypad_low_battery" in facts.reported
    if level > BATTERY_LOW and not is_warned:
        return None
    when = "today" if critical or level <= BATTERY_CRITICAL else "this week"
    return _Found(
        sentence=f"Keypad battery {percent(level)}.",
        steps=(f"Replace the keypad batteries {when}.",),
    )


def _lock_battery(facts: LockFacts) -> _Found | None:
    if facts.at("has_direct_power") is True:
        return None
    level, status = battery_level(facts), facts.at("battery.status")
    event = facts.last("device.low_battery") if level is None and status is None else None
    # As text: what a provider reports need not be hashable.
    is_low = str(status) in {"low", "critical"} or (
        status is None and level is not None and level <= BATTERY_LOW
    )
    if not is_low and event is None:
        return None
    is_critical = status == "critical" or (level is not None and level <= BATTERY_CRITICAL)
    when = "today" if is_critical else "this week"
    shown = "low" if level is None else percent(level)
    return _Found(
        at=None if event is None else event.occurred_at,
        sentence=f"Lock battery {shown}.",
        steps=(f"Replace the lock's batteries {when}.",),
    )


def _lock_offline(facts: LockFacts) -> _Found | None:
    error = facts.reported.get("device_disconnected") or facts.reported.get("device_offline")
    event = facts.last("device.disconnected", "device.connected")
    if error is None and facts.at("online") is not False:
        return None
    if error is None and _is_cut_off(facts):
        return None  # the bridge or the account is out; that the lock is silent says no more
    at = None if error is None else _instant(error)
    if at is None and event is not None and event.event_type == "device.disconnected":
        at = event.occurred_at
    since = " since {at}" if at else ""
    level = battery_level(facts)
    likely = ""
    if level is not None and level < BATTERY_LIKELY_EMPTY:
        likely = f"Battery was {percent(level)}, likely empty."
    return _Found(
        at,
        f"The lock is offline{since}. Codes already on it keep working; new ones are sent when it "
        "is back.",
        likely,
    )


def _is_cut_off(facts: LockFacts) -> bool:
    codes = {"hub_disconnected", "bridge_disconnected", "dormakaba_sites_disconnected"}
    return bool(
        codes & set(facts.reported)
        or _hub_off(facts)
        or _account(facts)
        or _removed(facts)
        or "device_removed" in facts.reported
    )


# ---- The table of causes ------------------------------------------------------------------------

CHECK_AGAIN = "Choose Check again."


@dataclass(frozen=True, slots=True)
class _Row:
    """One cause: the codes that give it, and what else may.

    `severity` ``None``: it explains a missing online flag, so it blocks (or leaves offline codes)
    where the flag is not true and is a caution where it is. `dated` is the sentence where an
    instant is known. `unless`: when another cause says it already.
    """

    key: str
    severity: Severity | None
    headline: str
    sentence: str
    steps: tuple[str, ...]
    codes: frozenset[str] = frozenset()
    find: Callable[[LockFacts], _Found | None] | None = None
    dated: str = ""
    quotes_message: bool = False
    unless: Callable[[LockFacts], bool] | None = None


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Worst first: account, removed, rights and plan, bridge, keypad, battery, zone, capacity, link.
_ROWS = (
    _Row(
        "account",
        Severity.BLOCKS,
        "Account disconnected",
        "Locksite is no longer allowed to control this lock.",
        ("An administrator reconnects the account in Admin.", CHECK_AGAIN),
        _codes("account_disconnected"),
        _account,
    ),
    _Row(
        "removed",
        Severity.BLOCKS,
        "Lock removed",
        "This lock was removed from its account.",
        ("An administrator adds the lock to its account again, or stops managing it.",),
        _codes("device_removed"),
        _removed,
    ),
    _Row(
        "unmanaged",
        Severity.BLOCKS,
        "Not managed",
        "The lock's workspace knows this lock and does not manage it.",
        ("An administrator has the workspace manage the lock again.", CHECK_AGAIN),
        _codes("device_unmanaged"),
    ),
    _Row(
        "rights",
        None,
        "Not allowed",
        "Locksite is no longer allowed to control this lock.",
        (
            "The owner gives our login the administrator role in the lock's app.",
            "An administrator reconnects the account in Admin.",
            CHECK_AGAIN,
        ),
        _codes(
            "insufficient_permissions kwikset_insufficient_permissions missing_device_credentials "
            "august_lock_not_authorized"
        ),
    ),
    _Row(
        "subscription",
        None,
        "Subscription",
        "The lock maker's subscription has run out or is full.",
        ("Renew it with the lock's maker, or delete users there.", CHECK_AGAIN),
        _codes(
            "subscription_required salto_ks_subscription_limit_exceeded "
            "salto_ks_user_not_subscribed salto_site_user_not_subscribed"
        ),
        _plan,
    ),
    _Row(
        "bridge_server",
        None,
        "On-site bridge silent",
        "The on-site bridge does not answer.",
        ("Check power and network of the bridge computer.", CHECK_AGAIN),
        _codes("bridge_disconnected dormakaba_sites_disconnected"),
    ),
    _Row(
        "hub_off",
        None,
        "Hub offline",
        "The hub for this lock lost its connection.",
        ("Plug the hub in, or restart it.", "Check its network.", CHECK_AGAIN),
        _codes("hub_disconnected igloohome_bridge_offline"),
        _hub_off,
        dated="The hub for this lock lost its connection {at}.",
    ),
    _Row(
        "hub_needed",
        None,
        "Needs a hub",
        "Needs a hub or bridge for online codes.",
        (
            "Add a hub or bridge and pair it in the lock's app.",
            "Until then use offline codes, where the lock offers them.",
        ),
        _codes(
            "hub_required_for_additional_capabilities functional_offline_device "
            "august_lock_missing_bridge ttlock_lock_not_paired_to_gateway "
            "lockly_missing_wifi_bridge wyze_device_missing_gateway"
        ),
        _hub_needed,
    ),
    _Row(
        "keypad_gone",
        None,
        "Keypad disconnected",
        "Its keypad is disconnected.",
        (),
        find=_keypad_gone,
    ),
    _Row(
        "keypad_never",
        None,
        "No keypad connected",
        "This lock needs a separate keypad and none is connected.",
        ("Pair a keypad in the lock's app.", CHECK_AGAIN),
        find=_keypad_never,
    ),
    _Row(
        "keypad_setup",
        None,
        "Keypad not linked",
        "The keypad is not linked to its bridge.",
        ("Link the keypad to the bridge in the lock's app.", CHECK_AGAIN),
        _codes("accessory_keypad_setup_required"),
        _keypad_setup,
    ),
    _Row(
        "no_keypad",
        None,
        "No keypad",
        "This model has no keypad, so it cannot use PINs.",
        ("Use another way in: a key, a card or the lock's app.",),
        find=_no_keypad,
    ),
    _Row(
        "support_lost",
        None,
        "PINs not supported",
        "The lock no longer reports PIN support.",
        ("Reset the lock's connection in the lock's app.", CHECK_AGAIN),
        _codes("salto_ks_lock_access_code_support_removed keynest_unsupported_locker"),
    ),
    _Row(
        "privacy",
        Severity.NO_OPEN,
        "Privacy mode",
        "Codes can be made but do not open the door while privacy mode is on.",
        ("Switch privacy mode off at the door.", CHECK_AGAIN),
        _codes("privacy_mode salto_ks_privacy_mode"),
    ),
    _Row(
        "office",
        Severity.NO_OPEN,
        "Office mode",
        "Codes can be made but do not open the door while office mode is on.",
        ("Switch office mode off at the door.", CHECK_AGAIN),
        _codes("salto_ks_office_mode"),
    ),
    _Row(
        "keypad_battery",
        Severity.CAUTION,
        "Keypad battery",
        "Keypad battery low.",
        ("Replace the keypad batteries this week.",),
        _codes("accessory_keypad_low_battery"),
        _keypad_battery,
        unless=keypad_is_off,
    ),
    _Row(
        "lock_battery",
        Severity.CAUTION,
        "Lock battery",
        "Lock battery low.",
        ("Replace the lock's batteries this week.",),
        find=_lock_battery,
    ),
    _Row(
        "zone",
        Severity.CAUTION,
        "Time zone not set",
        "The lock's time zone is not set, so dated codes can't be made. Until-removed codes work.",
        ("An administrator sets the lock's time zone in the lock's app.", CHECK_AGAIN),
        _codes(
            "time_zone_unknown ultraloq_time_zone_unknown lockly_time_zone_not_configured "
            "two_n_device_missing_timezone"
        ),
    ),
    _Row(
        "full",
        Severity.BLOCKS,
        "Full",
        "All code slots are used.",
        ("Delete codes that ended or were never used.", CHECK_AGAIN),
        _codes("max_access_codes_reached"),
        _full,
        unless=_somebody_yields,
    ),
    _Row(
        "full_for_later",
        Severity.CAUTION,
        "Full for later arrivals",
        "All code slots are used. A near arrival still gets one: the code that starts last waits.",
        ("Delete codes that ended or were never used.",),
        _codes("max_access_codes_reached"),
        _full_for_later,
        unless=lambda facts: not _somebody_yields(facts),
    ),
    _Row(
        "lock_offline",
        Severity.CAUTION,
        "Offline",
        "The lock is offline.",
        (
            "Check the lock's batteries.",
            "Then check the Wi-Fi or hub near the door.",
            CHECK_AGAIN,
        ),
        _codes("device_disconnected device_offline"),
        _lock_offline,
    ),
    _Row(
        "weak_link",
        Severity.CAUTION,
        "Unsteady connection",
        "Connection is unsteady. Sending may take longer.",
        ("Issue codes early.", "Check where the hub stands."),
        _codes(
            "device_has_flaky_connection device_communication_degraded ttlock_weak_gateway_signal "
            "power_saving_mode unreliable_online_status"
        ),
    ),
    _Row(
        "outage",
        Severity.CAUTION,
        "Maker's service",
        "The lock maker's service is down or in maintenance.",
        ("Wait, or use a backup code.",),
        _codes("scheduled_maintenance_window provider_service_unavailable"),
        quotes_message=True,
    ),
    _Row(
        "backup_empty",
        Severity.CAUTION,
        "Backup codes",
        "No backup codes left.",
        (),
        _codes("empty_backup_access_code_pool"),
    ),
    _Row(
        "backup_low",
        Severity.CAUTION,
        "Backup codes",
        "Few backup codes left.",
        (),
        _codes("partial_backup_access_code_pool many_active_backup_codes"),
    ),
    _Row(
        "other_system",
        Severity.CAUTION,
        "Another system",
        "Another system manages this lock too.",
        ("Agree on one system and disconnect the other.",),
        _codes("third_party_integration_detected"),
    ),
    _Row(
        "time_offset",
        Severity.CAUTION,
        "Clock zone differs",
        "The lock's clock zone differs. Dated codes may start at the wrong hour.",
        ("An administrator corrects the lock's time zone.",),
        _codes("time_zone_mismatch"),
    ),
    _Row(
        "account_soon",
        Severity.CAUTION,
        "Account needs attention",
        "The account behind this lock needs attention soon.",
        ("An administrator opens the account in Admin.",),
        _codes(
            "account_reauthorization_requested setup_required dormakaba_sites_unapproved "
            "salto_ks_subscription_limit_almost_reached unknown_issue_with_connected_account"
        ),
        quotes_message=True,
    ),
)

# Known, and no matter of codes: shown under "Errors and warnings" alone.
NOT_ABOUT_CODES = _codes(
    "ttlock_lock_gateway_unlocking_not_enabled auxiliary_heat_running "
    "temperature_threshold_exceeded unknown_issue_with_phone"
)
# Evidence for a row that is found by more than the code.
_EVIDENCE_ONLY = _codes("august_lock_missing_keypad")
LISTED = frozenset().union(*(row.codes for row in _ROWS), NOT_ABOUT_CODES, _EVIDENCE_ONLY)
"""Every code of an error or a warning of a lock for which there are words here."""

_ORDER = (
    Severity.BLOCKS,
    Severity.NO_OPEN,
    Severity.OFFLINE_ONLY,
    Severity.CAUTION,
    Severity.NOTE,
)


def _explaining(facts: LockFacts) -> Severity:
    if facts.takes_online:
        return Severity.CAUTION
    return Severity.OFFLINE_ONLY if facts.takes_offline else Severity.BLOCKS


def _cause(row: _Row, facts: LockFacts) -> Cause | None:
    if row.unless and row.unless(facts):
        return None
    codes = tuple(sorted(row.codes & set(facts.reported)))
    found = row.find(facts) if row.find else None
    if found is None and not codes:
        return None
    found = found or _Found()
    instants = [at for code in codes if (at := _instant(facts.reported[code]))]
    at = found.at or min(instants, default=None)
    sentence = found.sentence or (row.dated if at and row.dated else row.sentence)
    if row.quotes_message and codes:
        messages = [str(facts.reported[code].get("message", "")) for code in codes]
        sentence += "".join(f" “{message}”" for message in messages if message)
    return Cause(
        key=row.key,
        severity=row.severity or _explaining(facts),
        headline=row.headline,
        sentence=sentence,
        likely=found.likely,
        steps=found.steps or row.steps,
        at=at,
        codes=codes,
    )


def _tampered(facts: LockFacts, now: datetime) -> Iterator[Cause]:
    event = facts.last("device.tampered")
    if event is not None and event.occurred_at > now - TAMPER_COUNTS_FOR:
        yield Cause(
            "tamper",
            Severity.CAUTION,
            "Tampering",
            "The lock reported tampering {at}.",
            steps=("Look at the door.",),
            at=event.occurred_at,
        )


def _unlisted(facts: LockFacts) -> Iterator[Cause]:
    for code, item in facts.reported.items():
        if code not in LISTED:
            words = re.sub(r"[_\s]+", " ", code).strip().capitalize()
            message = str(item.get("message", "")) or words
            yield Cause(
                "unlisted",
                Severity.CAUTION,
                words,
                f"{facts.provider} says: “{message}”",
                steps=(CHECK_AGAIN,),
                at=_instant(item),
                codes=(code,),
            )


def _unexplained(facts: LockFacts) -> Cause:
    if facts.takes_offline and ONLINE_FLAG not in facts.flags:
        return Cause(
            "offline_model",
            Severity.OFFLINE_ONLY,
            "Offline codes only",
            "This model takes offline codes only. Their PINs work without a connection, inside "
            "their dates.",
        )
    kind = "online codes" if facts.takes_offline else "codes"
    return Cause(
        "unexplained",
        _explaining(facts),
        "No reason given",
        f"{facts.provider} reports that this lock can't take {kind} and gives no reason.",
        steps=(CHECK_AGAIN, "If it stays so, contact support with the lock's ID."),
    )


def causes_of(facts: LockFacts, now: datetime) -> list[Cause]:
    """Return every cause, worst first; among equals in the order of the table."""
    causes = [cause for row in _ROWS if (cause := _cause(row, facts))]
    causes += [*_tampered(facts, now), *_unlisted(facts)]
    stops = {Severity.BLOCKS, Severity.OFFLINE_ONLY}
    if (
        not facts.takes_online
        and facts.reported_at is not None
        and not any(cause.severity in stops for cause in causes)
    ):
        causes.append(_unexplained(facts))
    return sorted(causes, key=lambda cause: _ORDER.index(cause.severity))
