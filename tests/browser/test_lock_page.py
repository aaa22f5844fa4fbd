"""Locks and issuing as people use them: few clicks, few keys, with and without JavaScript."""

import re

from playwright.sync_api import expect

from tests.browser.test_desk import SOON, WIDE, at_the_desk, to_door


def test_a_stay_code_takes_two_clicks_and_by_keyboard_seven_keys(visitor):
    page = at_the_desk(visitor, WIDE)
    row = page.locator(".row--lock").filter(has_text="Apartment 102")
    row.get_by_role("link", name="Issue code").click()
    expect(page.get_by_label("Who is it for?")).to_be_focused()
    page.keyboard.type("Two Clicks")
    page.locator("#issue-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two Clicks")

    page.goto("/p/hafen-suites/locks/")
    keys = 0

    def press(key):
        nonlocal keys
        keys += 1
        page.keyboard.press(key)

    for key in ("Tab", "Enter", "Tab", "Tab", "Enter"):  # skip link, main, check all, issue
        press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text("Which door?")
    press("Enter")  # the first door that takes codes has the focus
    expect(page.get_by_label("Who is it for?")).to_be_focused()
    page.keyboard.type("Seven Keys")
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Seven Keys")
    assert keys == 7


def test_a_blocked_lock_is_handed_to_maintenance_and_a_walk_in_gets_two_doors(visitor):
    page = at_the_desk(visitor, WIDE)
    to_door(page, "Apartment 104")
    expect(page.locator("#plan-b")).to_be_visible()
    page.get_by_role("link", name="Send to maintenance").click()
    expect(page.get_by_label("Note")).to_have_value(re.compile("Apartment 104"))
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#note-copy")).to_have_text(re.compile("Copied|Press Ctrl"))

    to_door(page, "Apartment 102")
    page.locator("#to-issue").click()
    page.get_by_role("button", name="Walk-in now").click()
    expect(page.get_by_label("Who is it for?")).to_be_focused()
    page.keyboard.type("Wanda Walker")
    page.locator("#more-doors summary").click()
    page.get_by_label("Main entrance").check()
    expect(page.locator("#plan")).to_contain_text("Apartment 102 and Main entrance", timeout=SOON)
    page.locator("#issue-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wanda Walker")
    expect(page.locator("#toast")).to_contain_text("for 2 doors")


def test_lock_pages_work_without_javascript(visitor):
    page = at_the_desk(visitor, WIDE, java_script_enabled=False)
    page.get_by_role("button", name="Check all now").click()
    expect(page.locator("#toast")).to_contain_text("Checking")
    to_door(page, "Apartment 104")
    page.get_by_role("link", name="Send to maintenance").click()
    expect(page.locator("#note")).to_contain_text("What to do:")
    to_door(page, "Apartment 102")
    page.locator("#to-issue").click()
    page.get_by_role("button", name="Walk-in now").click()
    page.get_by_label("Who is it for?").fill("Plain Walk-in")
    page.locator("#issue-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plain Walk-in")
