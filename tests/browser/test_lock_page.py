"""Locks and issuing as people use them: what the flows do not look at."""

import re

from playwright.sync_api import expect

from tests.browser.test_desk import SOON, WIDE, at_the_desk, to_door


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
