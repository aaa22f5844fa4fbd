"""The desk as people use it: in a browser, on a live site, with an engine and locks."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screenshots import sign_in

WIDE, PHONE = 1280, 360
SOON = 30_000
"""How long a lock may take, in milliseconds; it answers in one to three seconds."""


def at_the_desk(visitor, width: int, **options) -> Page:
    """Sign the manager in and go to the doors in Hamburg."""
    page: Page = visitor.open(width, **options)
    sign_in(page, visitor.url, "manager", "harbour-lights")
    page.goto("/p/hafen-suites/locks/")
    return page


def to_door(page: Page, name: str) -> None:
    page.get_by_role("link", name="Locks", exact=True).first.click()
    page.locator(".row__name").get_by_text(name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def issue(page: Page, door: str, guest: str) -> None:
    """Issue a code until removed; the page of the new code is open then."""
    to_door(page, door)
    page.locator("#to-issue").click()
    page.get_by_label("Who is it for?").fill(guest)
    page.get_by_label("Until removed").check()
    page.locator("#issue-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(guest)


@pytest.mark.parametrize(("width", "good"), [(WIDE, "Main entrance"), (PHONE, "Apartment 102")])
def test_a_code_from_the_first_click_to_the_last(visitor, width, good):
    page = at_the_desk(visitor, width)

    # The lock with the dead keypad says so, with the reason and what to do.
    to_door(page, "Apartment 104")
    verdict = page.locator("#verdict")
    expect(verdict).to_contain_text("This lock can't take codes right now")
    expect(verdict).to_contain_text("An empty keypad battery is the likely cause.")
    expect(verdict.locator(".steps li")).to_have_count(3)
    expect(page.locator("#to-issue")).to_have_attribute("aria-disabled", "true")

    # A code is issued on a good one, and its badge changes by itself.
    issue(page, good, "Nora Haas")
    page.evaluate("window.isTheSamePage = true")
    expect(page.locator("#code-badge")).to_have_text("On the lock", timeout=SOON)
    expect(page.locator("#handover")).to_have_text("Ready to hand over.")
    assert page.evaluate("window.isTheSamePage") is True

    # Its PIN is shown on request, and opens the door.
    page.get_by_role("button", name="Show").click()
    digits = page.locator("[data-pin-digits]").inner_text()
    assert re.fullmatch(r"\d{6}", digits)
    code_page = page.url
    to_door(page, good)
    page.get_by_role("link", name="Try a PIN").click()
    for digit in digits:
        page.locator(f'[data-key="{digit}"]').click()
    page.get_by_role("button", name="Try the door").click()
    expect(page.locator("#keypad-answer")).to_contain_text("The door opens")
    expect(page.locator("#keypad-answer")).to_contain_text("Nora Haas")
    assert digits not in page.url

    # It is deleted, and opens the door no more.
    page.goto(code_page)
    page.get_by_role("link", name="Delete code").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Delete code").click()
    expect(page.locator("#code-badge")).to_have_text("Removed", timeout=SOON)
    to_door(page, good)
    page.get_by_role("link", name="Try a PIN").click()
    page.get_by_label("PIN").fill(digits)
    page.keyboard.press("Enter")
    expect(page.locator("#keypad-answer")).to_contain_text("The door stays shut")


def test_rules_are_checked_while_typing_and_a_suggestion_is_taken(visitor):
    page = at_the_desk(visitor, WIDE)
    to_door(page, "Apartment 102")
    page.locator("#to-issue").click()

    page.get_by_label("Who is it for?").fill("Nora")
    page.get_by_label("Choose").check()
    pin = page.get_by_label("The digits")
    pin.press_sequentially("12")
    rules = page.locator("#pin-feedback")
    expect(rules).to_contain_text("Doesn't start with 12: not met")
    expect(rules.locator(".field__error")).to_have_count(0)
    expect(pin).to_be_focused()
    pin.blur()
    expect(rules.locator(".field__error")).to_be_visible()
    expect(pin).to_have_attribute("aria-invalid", "true")
    rules.get_by_role("button", name="Try").click()
    expect(rules.locator(".field__error")).to_have_count(0)
    expect(pin).to_have_value(re.compile(r"\d{6}"))
    expect(pin).to_have_attribute("aria-invalid", "false")

    page.get_by_role("button", name="1 week").click()
    expect(page.locator("#end-hint")).to_have_text("7 nights")
    expect(page.locator("#plan")).to_contain_text("Nora")


def test_enter_issues_the_code(visitor):
    page = at_the_desk(visitor, WIDE)
    to_door(page, "Main entrance")
    page.locator("#to-issue").click()
    page.get_by_label("Until removed").check()

    expect(page.get_by_label("Who is it for?")).to_be_visible()
    page.get_by_label("Who is it for?").fill("By Keyboard")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("By Keyboard")


def test_a_double_click_makes_one_code(visitor):
    page = at_the_desk(visitor, WIDE)
    to_door(page, "Main entrance")
    page.locator("#to-issue").click()
    page.get_by_label("Who is it for?").fill("Twice")
    page.get_by_label("Until removed").check()

    page.locator("#issue-submit").dblclick()

    expect(page.get_by_role("heading", level=1)).to_have_text("Twice")
    page.goto("/p/hafen-suites/codes/?q=twice")
    expect(page.locator(".row--code")).to_have_count(1)


def test_a_pin_is_copied_without_being_shown_and_hidden_again_by_itself(visitor):
    page = at_the_desk(visitor, WIDE, permissions=["clipboard-read", "clipboard-write"])
    page.clock.install()
    page.goto("/p/hafen-suites/codes/?state=on_lock")
    page.locator(".row--code .row__name a").first.click()

    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copy-label]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"\d{4,9}", copied)
    assert copied not in page.content()

    page.get_by_role("button", name="Show").click()
    expect(page.locator("[data-pin-digits]")).to_have_text(copied)
    page.clock.run_for(1_000)  # htmx settles what it put in
    page.clock.fast_forward(30_000)
    expect(page.locator("[data-pin-digits]")).to_have_count(0)
    expect(page.locator("[data-pin-dots]")).to_be_visible()
    assert copied not in page.content()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert copied not in kept
    assert "history-cache" not in kept


def test_filters_and_search_change_the_address_and_survive_going_back(visitor):
    page = at_the_desk(visitor, WIDE)

    page.get_by_role("link", name="Can't take codes").click()
    expect(page).to_have_url(re.compile(r"\?state=blocked$"))
    everything = page.locator(".row--lock").count()
    page.get_by_label("Find a door", exact=True).fill("apartment 10")
    expect(page).to_have_url(re.compile(r"q=apartment(\+|%20)10"))
    expect(page.locator(".row--lock")).not_to_have_count(everything)
    expect(page.get_by_label("Find a door", exact=True)).to_be_focused()
    assert "state=blocked" in page.url
    page.go_back()
    expect(page.locator(".row--lock")).to_have_count(everything)


def test_check_again_is_answered_on_the_page(visitor):
    page = at_the_desk(visitor, WIDE)
    to_door(page, "Apartment 101")

    page.locator("#check-again").click()

    expect(page.locator("#verdict")).to_contain_text("Account reported again at", timeout=SOON)
    expect(page.locator("#announce")).to_contain_text("Account reported again at")


def test_menus_and_dialogs_close_with_escape_and_give_focus_back(visitor):
    page = at_the_desk(visitor, WIDE)
    switcher = page.locator("summary.menu__button")

    switcher.click()
    expect(page.get_by_role("link", name="Mercer Street Lofts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Mercer Street Lofts")).to_be_hidden()
    expect(switcher).to_be_focused()

    page.goto("/p/hafen-suites/codes/?state=on_lock")
    page.locator(".row--code .row__name a").first.click()
    opener = page.locator("#to-delete")
    opener.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_page_says_so_when_the_engine_stops_and_when_it_is_back(visitor, site):
    page = at_the_desk(visitor, WIDE)
    expect(page.locator("#engine-note")).to_be_empty()

    site.stop_engine()
    try:
        page.evaluate("htmx.trigger('#live', 'refresh')")
        expect(page.locator("#engine-note")).to_contain_text("The engine is not running.")
    finally:
        site.start_engine()
    page.evaluate("htmx.trigger('#live', 'refresh')")
    expect(page.locator("#engine-note")).to_be_empty()
