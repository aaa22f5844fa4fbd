"""The locks as people meet them: lists, reasons, ways out; with and without JavaScript."""

import re

from playwright.sync_api import expect

from tests.browser.flows.words import KEY_BOX


def test_the_list_of_locks_is_filtered_and_searched(clerk):
    clerk.open("locks/")
    clerk.sees("Room 1", "Room 3")
    clerk.click("link", re.compile("Can't take codes"))
    expect(clerk.page).to_have_url(re.compile(r"\?state=blocked$"))
    clerk.sees("Room 3")
    expect(clerk.row("Room 1")).to_have_count(0)
    clerk.click("link", re.compile("^All"))
    clerk.sees("Room 1")
    clerk.fill("Find a door", "room 4")
    clerk.page.get_by_label("Find a door", exact=True).press("Enter")
    expect(clerk.row("Room 1")).to_have_count(0)
    clerk.sees("Room 4")


def test_a_lock_says_why_it_takes_no_codes_and_what_else_helps(clerk):
    seen = clerk.backstage.reveals_of_key_box()
    clerk.open("locks/")
    clerk.click("link", "See fix for Room 3")
    clerk.sees_page("Room 3")
    clerk.sees(
        "This lock can't take codes right now",
        "An empty keypad battery is the likely cause.",
        "What we checked",
    )
    issue = clerk.page.get_by_role("link", name="Issue code")
    expect(issue).to_have_attribute("aria-disabled", "true")

    clerk.click("button", "Check again Room 3")
    clerk.sees(re.compile("^(Checked again at|Checking now)"))
    clerk.click("link", "Plan B")
    clerk.sees("The bakery next door keeps a key.")
    clerk.click("button", "Show key-box code")
    clerk.sees(KEY_BOX)
    clerk.click("link", "Hide")
    expect(clerk.page.locator("[data-pin-digits]")).to_have_count(0)
    clerk.look()
    assert clerk.backstage.reveals_of_key_box() == seen + 1

    clerk.click("link", "Send to maintenance")
    clerk.sees_page("Note for maintenance")
    note = clerk.page.get_by_label("Note", exact=True).input_value()
    assert "Room 3" in note
    assert "keypad" in note.lower()
    if clerk.has_js:
        clerk.click("button", "Copy")
        clerk.sees("Copied")
        assert clerk.page.evaluate("navigator.clipboard.readText()") == note


def test_codes_from_the_app_are_taken_over_or_removed(clerk):
    kept, removed = clerk.own("Owner"), clerk.own("Stranger")
    for name in (kept, removed):
        clerk.backstage.foreign(name=name, door="Room 4")
    clerk.waits_until(
        lambda: {kept, removed} <= set(clerk.backstage.foreign_names(door="Room 4")),
        "the codes from the app are seen",
    )

    clerk.open("locks/")
    clerk.click("link", re.compile("^Room 4$"))
    clerk.sees_page("Room 4")
    clerk.click("link", f"Take over {kept}")
    clerk.sees_page(f"Take over {kept}?")
    clerk.click("button", "Take over")
    clerk.sees(f"{kept} is being taken over. It stays on the lock as it is.")
    clerk.click("link", f"Remove {removed}")
    clerk.sees_page(f"Remove {removed}?")
    clerk.click("button", "Remove code")
    clerk.sees(f"{removed} is being removed from the lock.")

    def done() -> bool:
        left = set(clerk.backstage.foreign_names(door="Room 4"))
        return not left & {kept, removed}

    clerk.waits_until(done, "one is ours, the other gone")
    assert clerk.backstage.code(name=kept)["status"] == "set"
    assert clerk.backstage.count(name=removed) == 0


def test_a_pin_is_tried_at_the_keypad(clerk):
    guest = clerk.own("Kai Keypad")
    clerk.backstage.guest(name=guest, door="Room 1", starts_in=None)
    clerk.waits_for(guest, "set")
    pin = clerk.backstage.code(name=guest)["pin"]

    clerk.open("locks/")
    clerk.click("link", re.compile("^Room 1$"))
    clerk.click("link", "Try a PIN")
    clerk.sees_page("Keypad of Room 1")
    clerk.fill("PIN", pin)
    clerk.click("button", "Try the door")
    clerk.sees("The door opens", guest)
    assert pin not in clerk.page.content()
    clerk.fill("PIN", "000000")
    clerk.click("button", "Try the door")
    clerk.sees("The door stays shut")


def test_a_door_is_unlocked_from_its_page_after_a_question(clerk):
    clerk.open("locks/")
    clerk.click("link", re.compile("^Room 2$"))
    clerk.click("link", "Unlock Room 2")
    clerk.sees_page("Unlock Room 2 from here?")
    clerk.click("button", "Unlock the door")
    clerk.sees_page("Room 2")
    clerk.sees(re.compile("Asked to unlock|The lock says that it unlocked"))


def test_all_doors_are_checked_and_a_code_that_needs_no_connection_is_issued(clerk):
    guest = clerk.own("Otto Offline")
    clerk.open("locks/")
    clerk.click("button", "Check all now")
    clerk.sees("Checking 6 doors now. Answers come to this page.")
    clerk.click("link", "Issue code for Room 6")
    clerk.sees("An offline code can't be changed or taken back once it is issued.")
    clerk.fill("Who is it for?", guest)
    clerk.click("button", "Issue code")
    clerk.sees_page(guest)
    clerk.sees_badge("Offline code ready")
    made = clerk.backstage.code(name=guest)
    assert (made["is_offline"], made["pin"] is not None) == (True, True)
