"""The start of the front desk in a browser: from a guest in trouble to a guest who gets in."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screenshots import sign_in

HOME = "/p/hafen-suites/"
SOON = 30_000
WIDE, PHONE, NARROW = 1280, 360, 320


def at_the_desk(visitor, width: int, **options) -> Page:
    page: Page = visitor.open(width, **options)
    sign_in(page, visitor.url, "manager", "harbour-lights")
    page.goto(HOME)
    return page


def fits(page: Page) -> bool:
    """Return whether nothing scrolls sideways."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


def test_a_guest_in_trouble_is_helped_from_the_start_page_in_one_click(visitor):
    page = at_the_desk(visitor, WIDE)
    watching = at_the_desk(visitor, PHONE)
    row = page.locator(".row--arrival").filter(has_text="Lena Okafor")
    expect(page.locator("#arrivals .group").first).to_contain_text("Act now")
    expect(row).to_contain_text("Another code on the lock already uses this PIN.")
    before = int(re.findall(r"\d+", page.locator("#nav-count").inner_text())[0])
    watching.evaluate("window.isTheSamePage = true")
    clicks = 0

    row.get_by_role("button", name="Change PIN").click()
    clicks += 1

    on_it = re.compile("On the lock|Loaded, starts later")  # before or after the start
    expect(page.locator("#code-badge")).to_have_text(on_it, timeout=SOON)
    assert clicks <= 3
    # The page that somebody else has open hears of it: the row is ready, the count went down.
    ready = watching.get_by_role("region", name="Ready")
    expect(ready).to_contain_text("Lena Okafor", timeout=SOON)
    assert int(re.findall(r"\d+", watching.locator("#nav-count").inner_text())[0]) < before
    assert watching.evaluate("window.isTheSamePage") is True
    assert fits(watching)


def test_the_desk_is_moved_through_by_keys_and_fits_a_narrow_screen(visitor):
    page = at_the_desk(visitor, WIDE)
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", level=1)).to_have_text("Locks")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Issue a code")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#find-any")).to_be_focused()
    page.keyboard.type("n g l apartment 101")  # in a field, letters are letters
    page.locator("#find-any").fill("apartment 101")
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_contain_text("Apartment 101")
    page.locator("#find-page").fill("no such thing")
    expect(page.locator("#results")).to_contain_text("Nothing found for “no such thing”.")

    narrow = at_the_desk(visitor, NARROW)
    for path in ("", "locks/", "codes/", "activity/", "shift/", "search/?q=apartment"):
        narrow.goto(HOME + path)
        assert fits(narrow), path
    tabs = narrow.locator(".nav").bounding_box()
    assert tabs is not None
    assert tabs["y"] + tabs["height"] == pytest.approx(800, abs=1)


def test_a_page_that_gets_no_answers_says_so_and_recovers(visitor):
    page = at_the_desk(visitor, WIDE)
    mark = page.locator("[data-live-mark]").first
    expect(mark).to_have_text("Live")
    page.context.route("**/live/**", lambda route: route.fulfill(status=502, body=""))

    for _ in range(3):
        with page.expect_response(re.compile("/live/")):
            page.evaluate("htmx.trigger('#live', 'refresh')")

    expect(mark).to_have_text(re.compile(r"Connection lost\. Showing \d\d:\d\d\."))
    visitor.complaints.clear()  # the refused requests, in the console
