"""The page of one code in a browser: discretion, undo, the slip."""

import re

from playwright.sync_api import Dialog, Page, expect

from tests.browser.test_desk import PHONE, SOON, WIDE, at_the_desk, issue

LOOK_AWAY = """
Object.defineProperty(document, 'hidden', { value: true, configurable: true })
document.dispatchEvent(new Event('visibilitychange'))
delete document.hidden
"""


def wait_for_the_lock(page: Page) -> None:
    expect(page.locator("#code-badge")).to_have_text("On the lock", timeout=SOON)


def test_a_pin_hides_when_nobody_looks_and_is_not_copied_unasked_before_it_opens(visitor):
    page = at_the_desk(
        visitor, PHONE, permissions=["clipboard-read", "clipboard-write"], has_touch=True
    )
    asked: list[str] = []

    def say_no(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", say_no)
    page.goto("/p/hafen-suites/codes/?state=attention")
    page.locator(".row--code .row__name a").first.click()
    expect(page.locator("#handover")).to_have_attribute("data-safe", "no")
    page.locator("#pin-copy").click()
    why = page.locator("#handover").get_attribute("data-why") or ""
    assert "Don't hand this PIN over" in why
    assert asked == [f"{why}\n\nCopy it all the same?"]
    expect(page.locator("[data-copy-label]")).to_have_text("Copy")

    page.locator("#pin-show").click()
    digits = page.locator("[data-pin-digits]")
    pin = digits.inner_text()
    expect(digits).to_be_focused()
    expect(digits).to_have_attribute("aria-label", f"PIN {' '.join(pin)}")
    page.locator("#message-pin").click()
    assert asked[1:] == [f"{why}\n\nSend it all the same?"]
    page.evaluate(LOOK_AWAY)
    expect(digits).to_have_count(0)
    expect(page.locator("[data-pin-dots]")).to_be_visible()
    assert pin not in page.content()
    assert pin not in page.url


def test_a_delete_is_undone_and_then_not_waited_for(visitor):
    page = at_the_desk(visitor, WIDE)
    issue(page, "Main entrance", "Second Thoughts")
    wait_for_the_lock(page)

    page.locator("#to-delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete code").click()
    expect(page.locator("#code-badge")).to_contain_text("Removing in")
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("Nothing was deleted.")
    wait_for_the_lock(page)

    page.locator("#to-delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete code").click()
    page.evaluate("window.isTheSamePage = true")
    page.locator("#panel-remove_now").click()
    expect(page.locator("#panel-remove_now")).to_have_count(0)
    expect(page.locator("#code-badge")).to_have_text("Removed", timeout=SOON)
    assert page.evaluate("window.isTheSamePage") is True


LOOK_TWICE = """() => new Promise((resolve) => {
  let looks = 0
  document.addEventListener('htmx:beforeRequest', ({ target }) => {
    if (target.id === 'live' && (looks += 1) === 2) resolve()
  })
})"""
"""Waits until the page would have heard news and looks for more."""


def test_news_that_come_before_the_answer_to_a_click_do_not_swallow_the_answer(visitor):
    page = at_the_desk(visitor, WIDE)
    issue(page, "Main entrance", "Slow Line")
    wait_for_the_lock(page)
    page.locator("#to-delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete code").click()
    expect(page.locator("#code-badge")).to_contain_text("Removing in")
    held = []
    page.route("**/undo/", lambda route: held.append((route, route.fetch())))

    page.locator("#panel-undo").click()
    page.evaluate(LOOK_TWICE)
    [(route, answer)] = held
    route.fulfill(response=answer)

    expect(page.locator("#toast")).to_contain_text("Nothing was deleted.")
    wait_for_the_lock(page)


def test_a_pin_that_is_shown_at_the_door_outlasts_a_fresh_reading(visitor):
    page = at_the_desk(visitor, WIDE)
    issue(page, "Main entrance", "At The Door")
    wait_for_the_lock(page)
    page.get_by_role("link", name="Guest at the door now").click()
    page.locator("#pin-show").click()
    digits = page.locator("[data-pin-digits]")
    expect(digits).to_be_focused()
    pin = digits.inner_text()
    page.locator("#ladder").evaluate("(ladder) => { ladder.dataset.isOld = '' }")

    news = """async () => {
      const live = document.querySelector('#live')
      const unseen = new URL(live.getAttribute('hx-get'), location.href)
      unseen.searchParams.set('v', '')
      await htmx.ajax('GET', unseen.href, { source: live, target: live, swap: 'outerHTML' })
    }"""
    page.evaluate(news)

    expect(page.locator("#ladder[data-is-old]")).to_have_count(0)
    expect(digits).to_have_text(pin)
    expect(digits).to_be_focused()
    page.evaluate(LOOK_AWAY)
    expect(digits).to_have_count(0)
    page.locator("#pin-show").click()
    expect(digits).to_have_text(pin)


def test_a_slip_is_printed_and_its_message_copied(visitor):
    page = at_the_desk(visitor, WIDE, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/p/hafen-suites/codes/?state=on_lock")
    page.locator(".row--code .row__name a").first.click()
    guest = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="Print guest slip").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Guest slip for {guest}")
    page.locator("#slip-show").click()

    grouped = page.locator(".slip__pin").inner_text()
    assert re.fullmatch(r"[\d ]{4,}", grouped)
    page.get_by_role("button", name="Copy message").click()
    expect(page.locator("[data-share-label]")).to_have_text("Copied")
    message = page.evaluate("navigator.clipboard.readText()")
    assert message.startswith(f"Hello {guest}, your door code for ")
    assert f" is {grouped.replace(' ', '')}." in message
    page.evaluate("window.print = () => { window.wasPrinted = true }")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.wasPrinted") is True

    page.emulate_media(media="print")
    expect(page.locator(".slip__pin")).to_be_visible()
    for hidden in (".top", "#slip-print", ".share"):
        expect(page.locator(hidden).first).to_be_hidden()
    paper = page.pdf(prefer_css_page_size=True)
    [(width, height)] = re.findall(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", paper)
    assert (int(width), int(height)) in {(297, 419), (298, 420)}, "one page of A6"
