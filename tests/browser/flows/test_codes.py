"""What is done with a code once it is there, with and without JavaScript."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.flows.words import ZONE


def has_code(clerk, name: str, door: str, **facts) -> str:
    """Let there be a code on its lock; return the guest's name. Its page is open then."""
    guest: str = clerk.own(name)
    uid = clerk.backstage.guest(name=guest, door=door, **facts)
    clerk.waits_for(guest, "set")
    clerk.open(f"codes/{uid}/")
    clerk.sees_page(guest)
    return guest


def test_a_pin_is_shown_hidden_and_copied(clerk):
    guest = has_code(clerk, "Petra Pin", "Room 2")
    pin = clerk.backstage.code(name=guest)["pin"]

    clerk.click("button", "Show the PIN")
    clerk.sees(pin)
    clerk.click("link", "Hide")
    expect(clerk.page.locator("[data-pin-digits]")).to_have_count(0)
    clerk.look()

    shown = [clerk.seat.username, "access_code.reveal_pin"]
    copy = clerk.page.get_by_role("button", name="Copy the PIN")
    if not clerk.has_js:
        expect(copy).to_be_hidden()
        assert clerk.backstage.deeds(name=guest)[1:] == [shown]
        return
    copy.click()
    clerk.sees("Copied")
    assert clerk.page.evaluate("navigator.clipboard.readText()") == pin
    assert clerk.backstage.deeds(name=guest)[1:] == [shown, shown]


def test_a_slip_is_printed(clerk):
    guest = has_code(clerk, "Stella Slip", "Room 2")
    pin = clerk.backstage.code(name=guest)["pin"]

    clerk.click("link", "Print guest slip")
    clerk.sees_page(f"Guest slip for {guest}")
    clerk.click("button", "Show the PIN to print")
    clerk.sees(f"{pin[:3]} {pin[3:]}", "Press the check key after the PIN.")
    expect(clerk.page.get_by_role("button", name="Print")).to_be_visible(visible=clerk.has_js)
    clerk.click("link", "Done")

    clerk.sees_page(guest)
    seen = [clerk.seat.username, "access_code.reveal_pin"]
    assert clerk.backstage.deeds(name=guest)[1:] == [seen]


def test_a_pin_is_changed_and_the_old_one_leaves_the_lock(clerk):
    guest = has_code(clerk, "Conny Changed", "Room 2")
    old = clerk.backstage.code(name=guest)["pin"]

    clerk.click("link", "Change PIN")
    clerk.sees_page(f"Change the PIN of {guest}")
    clerk.click("button", "Change PIN")

    clerk.sees_page(guest)
    clerk.sees("The old one stops working when the new one is on the lock.")
    clerk.sees_badge("On the lock")
    new = clerk.backstage.code(name=guest)["pin"]
    held = clerk.backstage.on_lock(door="Room 2")
    assert (new == old, new in held, old in held) == (False, True, False)


def test_a_stay_is_extended_and_renamed(clerk):
    guest = has_code(clerk, "Edda Extends", "Room 2")
    before = datetime.fromisoformat(clerk.backstage.code(name=guest)["ends_at"])

    clerk.click("link", "Extend or shorten")
    clerk.sees_page(f"Extend or shorten the code for {guest}")
    later = before.astimezone(ZoneInfo(ZONE)) + timedelta(days=2)
    clerk.fill("End date", "2000-01-01")
    if clerk.has_js:  # said once the field is left; what it says moves the button
        clerk.page.get_by_label("End date").blur()
        clerk.sees("End must be after start.")
    clerk.click("button", "Change dates")
    clerk.sees("Check 1 thing", "End must be after start.")
    clerk.fill("End date", f"{later:%Y-%m-%d}")
    clerk.click("button", "Change dates")
    clerk.sees_page(guest)
    clerk.sees("Dates changed.")
    after = datetime.fromisoformat(clerk.backstage.code(name=guest)["ends_at"])
    assert timedelta(days=1) < after - before < timedelta(days=3)

    clerk.click("link", "Rename")
    clerk.fill("Who is it for?", f"{guest} II")
    clerk.click("button", "Rename")
    clerk.sees_page(f"{guest} II")
    clerk.sees("Renamed.")
    assert clerk.backstage.count(name=guest) == 0


def test_a_delete_is_undone_then_done_without_waiting(clerk):
    guest = has_code(clerk, "Dora Deleted", "Room 2")
    pin = clerk.backstage.code(name=guest)["pin"]

    clerk.click("link", "Delete code")
    clerk.sees(f"Delete the code for {guest}?")
    clerk.click("button", "Delete code")
    clerk.sees(re.compile("Removing in"), f"Code for {guest} is being removed from the lock.")
    clerk.click("button", "Undo", inside=clerk.page.get_by_role("main"))
    clerk.sees("Nothing was deleted.")
    assert clerk.backstage.code(name=guest)["is_wanted"]

    clerk.click("link", "Delete code")
    clerk.click("button", "Delete code")
    clerk.click("button", "Remove now")
    clerk.sees_badge("Removed")
    assert clerk.backstage.code(name=guest)["is_gone"]
    assert pin not in clerk.backstage.on_lock(door="Room 2")
    clerk.page.reload()
    clerk.sees("This code was removed.")
    clerk.click("link", "Issue again")
    clerk.sees_page("Issue a code for Room 2")
    assert clerk.page.get_by_label("Who is it for?").input_value() == guest


def test_one_pin_is_changed_extended_and_deleted_at_all_its_doors(clerk):
    guest = clerk.own("Gitta Group")
    uid = clerk.backstage.guest(name=guest, door="Room 1", more_doors=["Room 2"])
    before, _ = clerk.backstage.codes(name=guest)

    clerk.open(f"codes/{uid}/change-pin/")
    clerk.sees("For which doors?", "Both doors")
    clerk.click("button", "Change PIN")
    clerk.sees_page(guest)
    here, there = clerk.backstage.codes(name=guest)
    assert here["pin"] == there["pin"] != before["pin"]

    clerk.click("link", "Extend or shorten")
    clerk.choose("Until removed")
    clerk.click("button", "Change dates")
    clerk.sees("Dates changed at 2 doors.")
    assert [code["kind"] for code in clerk.backstage.codes(name=guest)] == ["ongoing"] * 2

    clerk.click("link", "Delete code")
    clerk.sees(f"Delete the code for {guest}?", "Both doors")
    clerk.click("button", "Delete code")
    clerk.sees(f"Codes for {guest} are being removed from 2 locks.")
    assert wanted(clerk, guest) == [False, False]
    clerk.click("button", "Undo", inside=clerk.page.get_by_role("main"))
    clerk.sees("Nothing was deleted.")
    assert wanted(clerk, guest) == [True, True]

    clerk.click("link", "Delete code")
    clerk.page.get_by_role("radio", name="Room 1 only").check()
    clerk.click("button", "Delete code")
    clerk.sees(f"Code for {guest} is being removed from the lock.")
    assert wanted(clerk, guest) == [False, True]


def wanted(clerk, guest: str) -> list[bool]:
    return [code["is_wanted"] for code in clerk.backstage.codes(name=guest)]


def test_a_backup_code_takes_the_place_of_one_that_does_not_work(clerk):
    clerk.waits_until(lambda: clerk.backstage.spares(door="Room 5") > 0, "a spare is ready")
    guest = has_code(clerk, "Benno Backup", "Room 5")

    clerk.click("link", "Use backup code")
    clerk.sees_page(f"Use a backup code for {guest}?")
    clerk.click("button", "Use backup code")
    clerk.sees(f"This backup code opens now. Give its PIN to {guest}.")
    clerk.click("button", "Show the PIN")
    expect(clerk.page.locator("[data-pin-digits]")).to_have_text(re.compile(r"^\d{6}$"))

    shown = clerk.page.locator("[data-pin-digits]").inner_text()
    assert clerk.backstage.code(name=guest)["backup"] in clerk.page.url
    assert shown in clerk.backstage.on_lock(door="Room 5")


def test_what_was_changed_in_the_app_is_accepted_or_put_back(clerk):
    for name, digits in {"Alma Accepts": "61820", "Rita Restores": "61830"}.items():
        facts = {"is_external_modification_allowed": True}
        guest = has_code(clerk, name, "Room 1", **facts)
        ours = clerk.backstage.code(name=guest)["pin"]
        theirs = f"{digits}2"
        clerk.backstage.edit(name=guest, pin=theirs)
        clerk.sees_badge("Changed in app")

        if name == "Alma Accepts":
            clerk.click("link", "Accept the change")
            clerk.sees_page(f"Accept what was changed for {guest}?")
            clerk.click("button", "Accept the change")
            clerk.sees("The change is accepted.")
        else:
            clerk.click("button", "Put ours back")
            clerk.sees("The code is being put back on the lock.")
        clerk.sees_badge("On the lock")
        wanted = theirs if name == "Alma Accepts" else ours
        assert clerk.backstage.code(name=guest)["pin"] == wanted
        assert wanted in clerk.backstage.on_lock(door="Room 1")


def test_a_guest_who_stands_at_the_door_is_let_in(clerk):
    guest = has_code(clerk, "Dieter Door", "Room 2")
    pin = clerk.backstage.code(name=guest)["pin"]

    clerk.click("link", "Guest at the door now")
    clerk.sees_page(f"{guest} is at the door")
    clerk.sees("Show the PIN and say how to type it", "Press the check key after the PIN.")
    clerk.click("button", "Show the PIN")
    clerk.sees(pin)
    clerk.open(f"codes/{clerk.backstage.code(name=guest)['uid']}/now/")
    clerk.click("link", "Open the door")
    clerk.sees_page("Open Room 2 from here?")
    clerk.click("button", "Open the door")
    clerk.sees(re.compile("Asked to open|The lock says that it opened"))


def test_the_record_of_a_code_is_read_and_taken_along(clerk):
    guest = has_code(clerk, "Rolf Record", "Room 2")

    clerk.unfold("How sure is this?")
    clerk.click("link", "Everything that happened to this code")
    clerk.sees_page(f"Record of the code for {guest}")
    with clerk.page.expect_download() as download:
        clerk.click("link", "CSV")

    text = download.value.path().read_text()
    assert "On the lock" in text
    assert clerk.backstage.code(name=guest)["pin"] not in text


def test_all_slips_are_printed_from_the_start_page(clerk):
    guest = clerk.own("Ulla Unprinted")
    clerk.backstage.guest(name=guest, door="Room 2")
    clerk.waits_for(guest, "set")

    clerk.open()
    clerk.click("link", "Print slips")
    clerk.sees_page("Guest slips")
    clerk.click("button", re.compile("^Show "))
    clerk.sees(re.compile(r"^\d+ guest slips$"))
    slip = clerk.page.get_by_role("article", name=f"Slip for {guest}")
    pin = clerk.backstage.code(name=guest)["pin"]
    clerk.sees(f"{pin[:3]} {pin[3:]}", inside=slip)


def test_the_list_of_codes_is_filtered(clerk):
    guest = clerk.own("Fanny Filtered")
    clerk.backstage.guest(name=guest, door="Room 2", starts_in=None)
    clerk.waits_for(guest, "set")

    clerk.open("codes/?q=fanny")
    clerk.click("link", re.compile("^On the lock"))
    expect(clerk.page).to_have_url(re.compile("state=on_lock"))
    clerk.sees(guest)
    clerk.fill("Find a code", "nobody at all")
    clerk.page.get_by_label("Find a code", exact=True).press("Enter")
    clerk.sees("Nothing found for “nobody at all”.")
