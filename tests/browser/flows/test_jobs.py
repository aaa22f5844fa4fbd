"""Everything that people come to the desk for, by the flow in which it is done for real."""

import ast
from pathlib import Path

JOBS = {
    "somebody_signs_in_and_picks_a_property": [
        "sign in, sign out",
        "pick a property, change to another",
    ],
    "whoever_is_signed_out_in_the_middle_comes_back_to_the_same_page": [
        "go on after a session has ended",
    ],
    "a_guest_and_a_door_are_found": [
        "find a door or a guest",
    ],
    "preferences_are_kept": [
        "set colours and clock",
    ],
    "pages_that_are_not_there_or_not_allowed_lead_back": [
        "be told what one may not do",
    ],
    "the_desk_is_worked_by_keys": [
        "do it without the mouse",
    ],
    "an_arrival_at_risk_is_put_right_in_three_clicks": [
        "see who will not get in, and put it right",
    ],
    "all_slips_are_printed_from_the_start_page": [
        "print the slips of all who arrive",
    ],
    "a_guest_who_stands_at_the_door_is_let_in": [
        "let a guest in who stands at the door",
    ],
    "the_list_of_locks_is_filtered_and_searched": [
        "find the locks that need somebody",
    ],
    "a_lock_says_why_it_takes_no_codes_and_what_else_helps": [
        "learn why a lock takes no codes",
        "have a lock looked at again",
        "go by Plan B",
        "send a note to maintenance",
    ],
    "all_doors_are_checked_and_a_code_that_needs_no_connection_is_issued": [
        "have all locks looked at",
        "issue a code that needs no connection",
    ],
    "a_door_is_unlocked_from_its_page_after_a_question": [
        "unlock a door from afar",
    ],
    "a_pin_is_tried_at_the_keypad": [
        "try a PIN at a virtual lock",
    ],
    "codes_from_the_app_are_taken_over_or_removed": [
        "take over or remove a code of the lock's app",
    ],
    "a_stay_is_issued_from_the_list_of_locks": [
        "issue a code for a stay",
    ],
    "a_stay_takes_two_clicks_or_seven_keys": [
        "issue a code in two clicks, or by seven keys",
    ],
    "a_code_until_it_is_removed_gets_onto_its_lock": [
        "issue a code until it is removed",
    ],
    "a_walk_in_gets_one_pin_for_two_doors": [
        "check in a walk-in, one PIN for two doors",
    ],
    "a_form_that_is_sent_back_keeps_what_was_typed": [
        "mend a form that was sent back",
    ],
    "the_list_of_codes_is_filtered": [
        "find the codes that need somebody",
    ],
    "a_pin_is_shown_hidden_and_copied": [
        "show, hide and copy a PIN",
    ],
    "a_slip_is_printed": [
        "print a slip",
    ],
    "a_pin_is_changed_and_the_old_one_leaves_the_lock": [
        "change a PIN",
    ],
    "a_stay_is_extended_and_renamed": [
        "extend, shorten, rename",
    ],
    "one_pin_is_changed_extended_and_deleted_at_all_its_doors": [
        "change, extend, delete for all doors of a guest, or for one",
    ],
    "a_delete_is_undone_then_done_without_waiting": [
        "delete, undo, remove at once, issue again",
    ],
    "a_backup_code_takes_the_place_of_one_that_does_not_work": [
        "use a backup code",
    ],
    "what_was_changed_in_the_app_is_accepted_or_put_back": [
        "accept or undo what was changed in the app",
    ],
    "the_record_of_a_code_is_read_and_taken_along": [
        "read and keep the record of a code",
    ],
    "what_happened_is_filtered_and_taken_along": [
        "see what happened, and take it along",
    ],
    "a_shift_is_handed_over": [
        "hand over a shift",
    ],
    "a_note_is_left_for_the_next_shift_which_marks_it_done": [
        "leave a note for the next shift, mark one done",
    ],
    "with_javascript_a_dead_line_is_said_until_it_is_back": [
        "know that what is shown may be old",
    ],
    "with_javascript_a_page_without_news_leads_to_sign_in_once_signed_out": [
        "leave nothing on a screen after signing out",
    ],
    "a_manager_sees_what_partners_are_told": [
        "see what was sent to partners",
    ],
}

ABOUT_THE_FLOWS = {"a_click_too_many_is_counted", "whatever_is_wrong_is_found"}


def flows() -> set[str]:
    """Return the names of all flows: of the tests in which somebody is at the desk."""
    return {
        node.name.removeprefix("test_")
        for path in Path(__file__).parent.glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and {"clerk", "sit_down"} & {argument.arg for argument in node.args.args}
    }


def test_every_job_has_a_flow_and_every_flow_is_a_job():
    assert flows() - ABOUT_THE_FLOWS == set(JOBS)
