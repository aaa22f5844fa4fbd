"""Pages that keep themselves up to date: on a dead line, in a hidden tab, signed out, at the end.

Time in the browser is moved by hand; only locks take their own.
"""

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screenshots import sign_in
from tests.browser.test_desk import SOON, WIDE, at_the_desk, issue, to_door

LOCKS, CODES = "/p/hafen-suites/locks/", "/p/hafen-suites/codes/"
LIVE = re.compile(r"/live/\?")
HOUR = 3_600_000
SECOND = 1_000

HEAR = """() => {
  window.heard = []
  new MutationObserver(() => {
    const said = [...document.querySelectorAll('#announce p')].map(each => each.textContent)
    if (said.length) window.heard.push(said)
  }).observe(document.querySelector('#announce'), { childList: true })
}"""
HIDE = """isHidden => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden })
  document.dispatchEvent(new Event('visibilitychange'))
}"""


def stand_still(page: Page, path: str) -> None:
    """Open a page whose clock goes on only when it is told to."""
    page.clock.install(time=0)
    page.goto(path)
    with page.expect_response(LIVE):
        page.clock.pause_at(HOUR)


@contextmanager
def looks_of(page: Page):
    """Yield the list of looks for news that the page takes meanwhile."""
    looks: list[str] = []

    def keep(request):
        if LIVE.search(request.url):
            looks.append(request.url)

    page.on("request", keep)
    yield looks
    page.evaluate("0")  # what was asked for by now has been told
    page.remove_listener("request", keep)


@pytest.fixture
def dead_line(visitor):
    """Complaints of the browser about a line that was cut on purpose, and about a 401."""
    yield
    expected = re.compile(
        r"ERR_FAILED|status of 401|^htmx:(sendError|responseError)|Response Status"
    )
    visitor.complaints[:] = [each for each in visitor.complaints if not expected.search(each)]


def test_a_dead_line_is_said_after_three_looks_and_tried_every_15_seconds(visitor, dead_line):
    page = at_the_desk(visitor, WIDE)
    stand_still(page, LOCKS)
    mark = page.locator("[data-live-mark]")
    page.route(LIVE, lambda route: route.abort())

    with looks_of(page) as looks:
        for _ in range(60):
            page.clock.run_for(SECOND)
            if mark.inner_text() != "Live":
                break
    assert len(looks) == 3
    expect(mark).to_have_text(re.compile(r"^Connection lost\. Showing \d\d:\d\d\.$"))
    with looks_of(page) as looks:
        page.clock.run_for(13 * SECOND)
    assert looks == []
    with page.expect_event("requestfailed"):
        page.clock.run_for(2 * SECOND)
    page.unroute(LIVE)
    page.clock.run_for(16 * SECOND)
    expect(mark).to_have_text("Live")


def test_a_hidden_tab_does_not_look_and_catches_up_when_it_is_shown(visitor):
    page = at_the_desk(visitor, WIDE)
    stand_still(page, CODES)
    page.evaluate(HIDE, True)

    with looks_of(page) as looks:
        page.clock.run_for(90 * SECOND)
    assert looks == []
    other = page.context.new_page()
    other.goto(LOCKS)
    issue(other, "Main entrance", "Behind The Tab")
    with page.expect_response(LIVE):
        page.evaluate(HIDE, False)
    expect(page.locator("#code-list")).to_contain_text("Behind The Tab")


def test_who_is_signed_out_is_sent_to_sign_in_and_back(visitor, dead_line):
    page = at_the_desk(visitor, WIDE)
    stand_still(page, LOCKS)
    page.context.clear_cookies()

    page.clock.run_for(30 * SECOND)

    expect(page).to_have_url(re.compile(r"/account/login/\?next=%2Fp%2Fhafen-suites%2Flocks%2F$"))


def test_what_was_typed_stays_while_somebody_signs_in_again(visitor, dead_line):
    page = at_the_desk(visitor, WIDE)
    to_door(page, "Main entrance")
    stand_still(page, page.locator("#to-issue").get_attribute("href"))
    name, note = page.get_by_label("Who is it for?"), page.locator("#signed-out")
    name.fill("Still Here")
    page.get_by_label("Until removed").check()
    page.context.clear_cookies()

    for _ in range(30):  # no look for news while the form is being checked
        page.clock.run_for(SECOND)
        if note.is_visible():
            break
    expect(note).to_be_visible()
    page.locator("#issue-submit").click()
    expect(note.get_by_role("link")).to_be_focused()
    expect(name).to_have_value("Still Here")

    with page.expect_popup() as popup:
        note.get_by_role("link").click()
    sign_in(popup.value, visitor.url, "manager", "harbour-lights")
    page.evaluate(HIDE, False)
    expect(note).to_be_hidden()
    page.locator("#issue-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Still Here")


def test_each_change_is_told_in_one_sentence_and_the_last_one_ends_the_looking(visitor):
    page = at_the_desk(visitor, WIDE)
    page.clock.install()
    issue(page, "Main entrance", "Told Once")
    page.evaluate(HEAR)
    badge = page.locator("#code-badge")
    expect(badge).to_have_text("On the lock", timeout=SOON)

    page.get_by_role("link", name="Delete code").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete code").click()
    page.evaluate(HEAR)
    page.get_by_role("button", name="Remove now").click()
    with page.expect_response(lambda answer: answer.status == 286, timeout=SOON):
        expect(badge).to_have_text("Removed", timeout=SOON)

    heard = page.evaluate("window.heard")
    assert heard[-1] == ["Main entrance: code for Told Once is removed from the lock."]
    assert [len(said) for said in heard] == [1] * len(heard)
    expect(page.locator("#live")).to_have_count(1)
    expect(page.locator("#live[hx-get]")).to_have_count(0)
    with looks_of(page) as looks:
        page.clock.run_for(90 * SECOND)
    assert looks == []
