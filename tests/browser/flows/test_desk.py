"""Moving about the desk, in four ways: signing in, finding things, what happened, what may not."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.flows.clerk import WAYS
from tests.browser.flows.words import HOUSE, PASSWORD

# Minutes together: asked for by LOCKSITE_TEST_LONG=1.
pytestmark = pytest.mark.long


def test_somebody_signs_in_and_picks_a_property(clerk):
    page = clerk.page
    clerk.open()
    clerk.unfold("harriet")
    clerk.click("button", "Sign out")
    clerk.sees_page("Sign in")
    clerk.fill("User name", "harriet")
    clerk.fill("Password", "not the one")
    clerk.click("button", "Sign in")
    clerk.sees("User name and password do not match.")
    assert page.get_by_label("User name").input_value() == "harriet"
    clerk.fill("Password", PASSWORD)
    clerk.click("button", "Sign in")

    clerk.sees_page("Choose a property")
    clerk.click("link", "Quay House")
    clerk.sees_page("Arrivals")
    clerk.unfold("Quay House")
    clerk.click("link", "Pier House")
    clerk.sees("No codes start in the next 48 hours.")
    clerk.open()
    page.goto("/")
    expect(page).to_have_url(re.compile(f"/p/{HOUSE}/$"))


def test_whoever_is_signed_out_in_the_middle_comes_back_to_the_same_page(clerk):
    guest = clerk.own("Mira Middle")
    clerk.open("locks/")
    clerk.click("link", "Issue code for Room 1")
    clerk.fill("Who is it for?", guest)
    clerk.seat.context.clear_cookies(name="sessionid")
    clerk.click("button", "Issue code")

    if clerk.page.get_by_role("heading", name="This page was open for too long").count():
        clerk.look()
        clerk.click("link", "Back to the page before")
    clerk.sees_page("Sign in")
    clerk.fill("User name", "harriet")
    clerk.fill("Password", PASSWORD)
    clerk.click("button", "Sign in")
    clerk.sees_page("Issue a code for Room 1")
    assert clerk.backstage.count(name=guest) == 0


def test_a_guest_and_a_door_are_found(clerk):
    guest = clerk.own("Sven Search")
    clerk.backstage.guest(name=guest, door="Room 1")
    clerk.open()
    clerk.fill("Find a door or a guest", guest.lower())
    clerk.page.get_by_label("Find a door or a guest").press("Enter")
    clerk.sees_page("Search")
    clerk.click("link", guest)
    clerk.sees_page(guest)
    clerk.open("search/")
    clerk.fill("Door, guest or code name", "room 3")
    clerk.page.get_by_label("Door, guest or code name").press("Enter")
    clerk.sees("Room 3", "Can't take codes")
    clerk.fill("Door, guest or code name", "nobody at all")
    clerk.page.get_by_label("Door, guest or code name").press("Enter")
    clerk.sees("Nothing found for “nobody at all”.")


def test_what_happened_is_filtered_and_taken_along(clerk):
    clerk.open()
    clerk.click("link", re.compile("^Activity"), clerk.page.get_by_role("navigation", name="Main"))
    clerk.sees_page("Activity")
    clerk.click("link", "Staff")
    expect(clerk.page).to_have_url(re.compile("kind=staff"))
    clerk.page.get_by_label("Door", exact=True).select_option(label="Room 1")
    clerk.click("button", re.compile("^Show$"))
    expect(clerk.page).to_have_url(re.compile("lock="))
    clerk.sees(re.compile("Issued by"))
    with clerk.page.expect_download() as download:
        clerk.click("link", "Take along as CSV")
    text = download.value.path().read_text("utf-8-sig")
    assert text.startswith("time,time in UTC,what")
    assert not [pin for pin in clerk.backstage.pins() if pin in text]


def test_a_shift_is_handed_over(clerk):
    clerk.open()
    clerk.click("link", "Handover")
    clerk.sees_page("Shift handover")
    clerk.sees(re.compile("^To watch until"), re.compile("^Broken since"), "Room 3")
    expect(clerk.page.get_by_role("button", name="Print")).to_be_visible(visible=clerk.has_js)


def test_preferences_are_kept(clerk):
    clerk.open()
    clerk.unfold("harriet")
    clerk.click("link", "Preferences")
    clerk.sees_page("Preferences")
    for colours, clock in (("Dark", "12 hours, 3:00 pm"), ("Light", "24 hours, 15:00")):
        clerk.choose(colours)
        clerk.choose(clock)
        clerk.click("button", "Save")
        clerk.sees("Preferences saved.")
        expect(clerk.page.locator("html")).to_have_attribute("data-theme", colours.lower())
    kept = clerk.backstage.preferences(username="harriet")
    assert (kept["theme"], kept["twelve_hours"]) == ("light", False)


def test_pages_that_are_not_there_or_not_allowed_lead_back(sit_down):
    for way in WAYS:
        porter = sit_down(way, "frida")
        porter.open()
        porter.open("webhooks/")
        porter.sees_page("You can't do this")
        porter.page.goto("/p/nowhere/")
        porter.sees_page("Nothing here")
        porter.click("link", "Go to the start")
        porter.sees_page("Arrivals")


def test_a_manager_sees_what_partners_are_told(clerk):
    clerk.open()
    clerk.unfold("harriet")
    clerk.click("link", "Webhooks")
    clerk.sees_page("Webhooks")
    clerk.sees("No webhooks.")


def test_the_desk_is_worked_by_keys(sit_down):
    for way in WAYS:
        clerk = sit_down(way)
        clerk.open()
        if not way.has_js:
            clerk.page.keyboard.press("Tab")
            expect(clerk.page.get_by_role("link", name="Skip to content")).to_be_focused()
            clerk.page.keyboard.press("Enter")
            expect(clerk.page.get_by_role("main")).to_be_focused()
            continue
        for keys, heading in (("gl", "Locks"), ("gc", "Codes"), ("ga", "Arrivals")):
            for key in keys:
                clerk.page.keyboard.press(key)
            clerk.sees_page(heading)
        clerk.page.keyboard.press("?")
        clerk.sees("They can be switched off under")
        clerk.page.keyboard.press("Escape")
        clerk.page.keyboard.press("/")
        expect(clerk.page.get_by_label("Find a door or a guest")).to_be_focused()


def test_whatever_is_wrong_is_found(sit_down):
    clerk = sit_down(WAYS[0])
    pin = clerk.backstage.code(name=a_code(clerk))["pin"]
    clerk.open()
    clerk.page.evaluate(
        """pin => {
          sessionStorage.setItem('seen', pin)
          document.body.insertAdjacentHTML('beforeend', '<p style="color: red">x</p>')
          document.body.lastChild.className = 'wide'
          Object.assign(document.body.lastChild.style, { width: '3000px', position: 'absolute' })
        }""",
        pin,
    )
    clerk.look()
    clerk.page.evaluate("sessionStorage.clear()")

    found = " ".join(clerk.leave())

    assert "a PIN: " in found
    assert "sideways: " in found
    assert "Content Security Policy" in found
    clerk.forgive()


def a_code(clerk) -> str:
    guest: str = clerk.own("Someone")
    clerk.backstage.guest(name=guest, door="Room 1")
    return guest
