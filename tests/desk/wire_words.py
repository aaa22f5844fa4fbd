"""Every code and word of the wire that the desk may meet, old spellings included.

    python -m tests.desk

writes docs/words.md anew: which code leads to which words. Lists only; what is said of each is
decided in `states`, `happenings`, `lock_causes` and `pin_rules`.
"""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from accesscodes import pin_rules
from accesscodes.choices import Status
from accesscodes.pin_rules import PinRules
from accesscodes.web import fixes, wall_time
from accesscodes.web.happenings import SILENT, WORDS
from accesscodes.web.states import Action, CodeState, code_state
from properties.capabilities import LockFacts, LockVerdict, lock_verdict
from properties.lock_causes import NOT_ABOUT_CODES
from tests.desk import test_states as desk

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "words.md"


def _words(text: str) -> list[str]:
    return text.split()


CODE_ERRORS = _words(
    """
    failed_to_set_on_device failed_to_issue failed_to_update failed_to_remove_from_device
    failed_to_remove failed_to_delete failed_to_expire duplicate_code_on_device
    duplicate_code_attempt_prevented conflicting_unmanaged_access_code_id
    no_space_for_access_code_on_device code_constraints_violated conflicting_external_modification
    code_modified_external_to_seam access_code_inactive provider_issue insufficient_permissions
    account_disconnected august_device_programming_delay hubitat_device_programming_delay
    august_lock_temporarily_offline august_device_slots_full smartthings_no_free_slots_available
    hubitat_no_free_positions_available august_lock_bad_access_code_format
    august_lock_invalid_code_length august_lock_missing_keypad august_lock_missing_bridge
    ttlock_lock_not_paired_to_gateway lockly_missing_wifi_bridge
    smartthings_failed_to_set_access_code smartthings_failed_to_set_after_multiple_retries
    kwikset_unable_to_confirm_code kwikset_unable_to_confirm_deletion
    kwikset_insufficient_permissions salto_ks_user_not_subscribed salto_site_user_not_subscribed
    wyze_duplicate_code_name wyze_potential_duplicate_code dormakaba_oracode_invalid_time_range
    keynest_unsupported_third_party_locker igloohome_bridge_too_many_pending_jobs
    igloohome_bridge_offline
    """
)

CODE_WARNINGS = _words(
    """
    delay_in_setting_on_device delay_in_issuing delay_in_removing_from_device
    external_modification_in_effect code_modified_external_to_seam third_party_integration_detected
    management_transferred using_backup_access_code being_deleted code_rotates_periodically
    time_frame_adjusted_for_unknown_time_zone igloo_algopin_must_be_used_within_24_hours
    unknown_issue_with_access_code schlage_detected_duplicate schlage_creation_outage
    ultraloq_access_code_disabled kwikset_unable_to_confirm_code
    smartthings_failed_to_set_access_code
    """
)

LOCK_ERRORS = _words(
    """
    account_disconnected device_offline device_disconnected hub_disconnected device_removed
    device_unmanaged
    subscription_required missing_device_credentials august_lock_not_authorized
    insufficient_permissions kwikset_insufficient_permissions empty_backup_access_code_pool
    salto_ks_subscription_limit_exceeded salto_ks_user_not_subscribed
    salto_site_user_not_subscribed
    dormakaba_sites_disconnected bridge_disconnected igloohome_bridge_offline
    august_lock_missing_bridge ttlock_lock_not_paired_to_gateway lockly_missing_wifi_bridge
    auxiliary_heat_running
    """
)

LOCK_WARNINGS = _words(
    """
    accessory_keypad_setup_required accessory_keypad_low_battery
    hub_required_for_additional_capabilities functional_offline_device max_access_codes_reached
    device_has_flaky_connection device_communication_degraded ttlock_weak_gateway_signal
    power_saving_mode unreliable_online_status privacy_mode salto_ks_privacy_mode
    salto_ks_office_mode ttlock_lock_gateway_unlocking_not_enabled time_zone_unknown
    ultraloq_time_zone_unknown lockly_time_zone_not_configured two_n_device_missing_timezone
    time_zone_mismatch third_party_integration_detected salto_ks_subscription_limit_almost_reached
    salto_ks_lock_access_code_support_removed keynest_unsupported_locker
    partial_backup_access_code_pool many_active_backup_codes scheduled_maintenance_window
    provider_service_unavailable provider_issue wyze_device_missing_gateway
    account_reauthorization_requested setup_required dormakaba_sites_unapproved
    unknown_issue_with_connected_account temperature_threshold_exceeded unknown_issue_with_phone
    """
)

CONSTRAINTS = _words(
    """
    no_zeros cannot_start_with_12 no_triple_consecutive_ints no_ascending_or_descending_sequence
    at_least_three_unique_digits no_all_same_digits unique_first_four_digits cannot_contain_089
    cannot_contain_0789 cannot_specify_pin_code pin_code_matches_existing_set start_date_in_future
    name_length name_must_be_unique
    """
)

EVENTS = _words(
    """
    access_code.created access_code.changed access_code.name_changed access_code.code_changed
    access_code.time_frame_changed access_code.mutations_requested access_code.scheduled_on_device
    access_code.set_on_device access_code.removed_from_device
    access_code.delay_in_setting_on_device
    access_code.failed_to_set_on_device access_code.delay_in_removing_from_device
    access_code.failed_to_remove_from_device access_code.deleted
    access_code.modified_external_to_seam access_code.deleted_external_to_seam
    access_code.backup_access_code_pulled access_code.unmanaged.created
    access_code.unmanaged.removed access_code.unmanaged.converted_to_managed
    access_code.unmanaged.failed_to_convert_to_managed device.added device.connected
    device.disconnected device.unmanaged.connected device.unmanaged.disconnected
    device.converted_to_unmanaged device.unmanaged.converted_to_managed device.tampered
    device.removed device.deleted device.low_battery device.battery_status_changed
    device.accessory_keypad_connected device.accessory_keypad_disconnected
    device.connection_became_flaky device.connection_stabilized device.error.subscription_required
    device.error.subscription_required.resolved device.third_party_integration_detected
    device.third_party_integration_no_longer_detected device.salto.privacy_mode_activated
    device.salto.privacy_mode_deactivated device.name_changed device.doorbell_rang lock.locked
    lock.unlocked lock.access_denied action_attempt.lock_door.succeeded
    action_attempt.lock_door.failed action_attempt.unlock_door.succeeded
    action_attempt.unlock_door.failed action_attempt.simulate_keypad_code_entry.succeeded
    action_attempt.simulate_keypad_code_entry.failed
    action_attempt.simulate_manual_lock_via_keypad.succeeded
    action_attempt.simulate_manual_lock_via_keypad.failed connected_account.connected
    connected_account.created connected_account.successful_login connected_account.disconnected
    connected_account.reauthorization_requested connected_account.completed_first_sync
    connected_account.completed_first_sync_after_reconnection connected_account.deleted
    """
)


NEXT_STEPS = {action: words for action, (_, words) in fixes.ICONS.items()} | {
    Action.HAND_OVER: "Hand over"
}


def code_says(status: Status, *, error: str = "", warning: str = "") -> CodeState:
    """Return what the desk says of a code in this status, with one error or warning."""
    is_there = status in {Status.SET, Status.REMOVING, Status.UNKNOWN, Status.GONE}
    is_ahead = status is Status.UNSET
    code = desk.facts(
        status,
        want=desk.FAR if is_ahead else None,
        installed=desk.on_lock(desk.wish()) if is_there else None,
        errors=(error,) if error else (),
        warnings=(warning,) if warning else (),
        proven_at=desk.NOW if is_there else None,
        diverged_since=None if is_there or is_ahead else desk.NOW - timedelta(minutes=2),
        gone_at=desk.NOW if status is Status.GONE else None,
    )
    return code_state(code, desk.GOOD, desk.NOW)


def lock_says(
    *, error: str = "", warning: str = "", takes: bool = True, message: str = "Says the maker."
) -> LockVerdict:
    """Return what the desk says of a lock with this one error or warning, else well."""
    at = "2026-11-23T13:14:00.000Z"
    item = {"message": message, "created_at": at}
    facts = LockFacts(
        flags={"can_program_online_access_codes": takes},
        properties={"online": True, "model": {"has_built_in_keypad": True}},
        errors=[item | {"error_code": error}] if error else [],
        warnings=[item | {"warning_code": warning}] if warning else [],
        reported_at=desk.NOW,
        codes_used=3,
        max_codes=100,
        account_name="Virtual locks",
    )
    return lock_verdict(facts, desk.NOW, stale_after=timedelta(minutes=15))


def status_with(code: str, *, is_error: bool) -> Status:
    """Return the status in which a code of the wire is met."""
    if "remov" in code or "delet" in code or "expire" in code:
        return Status.REMOVING
    if is_error or "delay" in code or "outage" in code or "failed" in code:
        return Status.SETTING
    return Status.SET


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [heads, ("---",) * len(tuple(heads)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _code_row(code: str, *, is_error: bool) -> tuple[str, ...]:
    status = status_with(code, is_error=is_error)
    said = code_says(status, error=code if is_error else "", warning="" if is_error else code)
    step = NEXT_STEPS.get(said.action, "–")
    return f"`{code}`", f"`{status}`", said.label, said.tone, said.sentence, step


def _lock_row(code: str, *, is_error: bool) -> tuple[str, ...]:
    verdict = lock_says(**{"error" if is_error else "warning": code})
    if code in NOT_ABOUT_CODES:
        return f"`{code}`", "–", "Only under “Errors and warnings”.", "–"
    cause = verdict.causes[0]
    said = wall_time.with_time(cause.sentence, cause.at, desk.ZONE, desk.NOW)
    return f"`{code}`", cause.headline, said, " ".join(cause.steps) or "–"


def constraint_says(constraint: str) -> tuple[str, str]:
    """Return the label and the sentence of a rule, whatever part of the form shows it."""
    rules = PinRules(lengths=(6,), constraints=frozenset({constraint}))
    for check in pin_rules.check_pin("", rules, known=()):
        if check.rule == constraint:
            return check.label, check.message
    if constraint in pin_rules.HINTS:
        return "–", pin_rules.HINTS[constraint]
    return ABOUT_NAMES[constraint]


# Said beside the name, by the form itself: the tests of the form hold it to these.
ABOUT_NAMES = {
    "name_length": ("{min} to {max} characters", "The lock will show “{cut name}”."),
    "name_must_be_unique": ("–", "Another code here is called “{name}”. Try “{name} 2”."),
}


def document() -> str:
    """Return docs/words.md: every code of the wire with the words that the desk has for it."""
    statuses = [
        (f"`{status}`", said.label, said.tone, said.sentence)
        for status in Status
        for said in [code_says(status)]
    ]
    events = [
        (f"`{name}`", "–" if name in SILENT else WORDS[name].text, tone)
        for name in EVENTS
        for tone in ["not shown" if name in SILENT else str(WORDS[name].tone)]
    ]
    heads = ("Code", "With status", "Badge", "Role", "Sentence", "Next step")
    lock_heads = ("Code", "Cause", "Sentence", "Next steps")
    parts = [
        "# Which code leads to which words",
        "Made by `python -m tests.desk`; a test holds it to what the desk says. Every "
        "code that a lock's account may report is here, older spellings included. What is "
        "unknown shows as its message, quoted; an unknown event as its type.",
        "## Statuses of a code, alone",
        _table(("Status", "Badge", "Role", "Sentence"), statuses),
        "## Errors of a code",
        _table(heads, [_code_row(code, is_error=True) for code in CODE_ERRORS]),
        "## Warnings of a code",
        _table(heads, [_code_row(code, is_error=False) for code in CODE_WARNINGS]),
        "## Errors of a lock",
        _table(lock_heads, [_lock_row(code, is_error=True) for code in LOCK_ERRORS]),
        "## Warnings of a lock",
        _table(lock_heads, [_lock_row(code, is_error=False) for code in LOCK_WARNINGS]),
        "## Rules for PINs, names and dates",
        _table(
            ("Rule", "Label", "Sentence"),
            [(f"`{rule}`", *constraint_says(rule)) for rule in CONSTRAINTS],
        ),
        "## Events",
        _table(("Event", "Words", "Role"), events),
    ]
    return "\n\n".join(parts) + "\n"
