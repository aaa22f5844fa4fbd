"""Take pictures of the desk, from a running site with the demo hotel.

    python -m tests.browser.screenshots FOLDER URL [USER PASSWORD]

Every page at 1280 and at 360 pixels, in light and in dark.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import FLAGS, executable

WIDTHS = {"wide": (1280, 900), "phone": (360, 760)}
SCHEMES = ("light", "dark")
USAGE = "usage: python -m tests.browser.screenshots FOLDER URL [USER PASSWORD]\n"


def sign_in(page: Page, url: str, username: str, password: str) -> None:
    """Sign in; a person with several properties is left at the picker."""
    page.goto(f"{url}/account/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/account/" not in address)


def pages(page: Page, url: str) -> Iterator[str]:
    """Walk through the desk; yield a name at every page worth a picture."""
    page.goto(f"{url}/?choose=1")
    yield "0-properties"
    page.locator(".house").first.click()
    page.get_by_role("heading", name="Arrivals").wait_for()
    yield "1-arrivals"
    page.get_by_role("link", name="Activity").click()
    page.get_by_role("heading", name="Activity").wait_for()
    yield "1-activity"
    page.get_by_role("link", name="Handover").click()
    page.get_by_role("heading", name="Shift handover").wait_for()
    yield "1-handover"
    page.get_by_role("link", name="Locks", exact=True).first.click()
    page.get_by_role("heading", name="Locks").wait_for()
    yield "1-locks"
    for name, verdict in (
        ("bad", "Can't take codes"),
        ("soon", "Takes codes, check soon"),
        ("good", "Takes codes"),
    ):
        page.get_by_role("link", name="Locks", exact=True).first.click()
        row = page.locator(".row--lock").filter(has=page.get_by_text(verdict, exact=True)).first
        row.locator(".row__name a").click()
        page.get_by_role("heading", name="What we checked").wait_for()
        yield f"2-lock-{name}"
    page.get_by_role("link", name="Try a PIN").click()
    page.get_by_label("PIN").fill("135790")
    page.get_by_role("button", name="Try the door").click()
    page.locator(".answer").wait_for()
    yield "3-keypad"
    page.go_back()
    page.get_by_role("link", name="Issue code").first.click()
    page.get_by_label("Who is it for?").fill("Nora Haas")
    page.get_by_role("button", name="Weekend").click()
    page.get_by_label("Choose").check()
    page.get_by_label("The digits").fill("123456")
    page.get_by_label("Who is it for?").focus()
    page.locator("#pin-feedback .field__error").wait_for()
    yield "4-issue"
    page.get_by_label("Who is it for?").fill("")
    page.locator("#issue-submit").click()
    page.locator("#error-summary").wait_for()
    yield "5-issue-errors"
    page.get_by_role("link", name="Codes").first.click()
    page.locator(".row--code").first.wait_for()
    yield "6-codes"
    page.locator(".row--code .row__name a").first.click()
    page.get_by_role("heading", name="Progress").wait_for()
    yield "7-code-bad"
    page.get_by_role("link", name="Codes").first.click()
    ready = page.locator(".row--code").filter(has=page.get_by_text("On the lock", exact=True))
    ready.first.locator(".row__name a").click()
    page.get_by_role("button", name="Show").click()
    page.locator("[data-pin-digits]").wait_for()
    yield "8-code-shown"
    page.get_by_role("link", name="Delete code").click()
    yield "9-delete"
    page.get_by_role("button", name="Cancel").click()
    code = page.url
    for name in ("dates", "rename", "change-pin", "delete", "now", "open", "record", "slip"):
        page.goto(f"{code}{name}/")
        yield f"10-{name}"
    page.locator("#slip-show").click()
    page.locator(".slip").wait_for()
    yield "10-slip-shown"
    page.goto(code)
    page.locator("#code-proof-open").click()
    yield "10-proof"
    page.goto(re.sub(r"/codes/.*", "/issue/", code))
    yield "11-which-door"
    page.goto(re.sub(r"/codes/.*", "/webhooks/", code))
    yield "12-webhooks"


def take(folder: Path, url: str, username: str, password: str) -> int:
    """Write all pictures into `folder`; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        for width, (across, down) in WIDTHS.items():
            for scheme in SCHEMES:
                context = browser.new_context(
                    viewport={"width": across, "height": down}, color_scheme=scheme
                )
                page = context.new_page()
                page.goto(f"{url}/account/login/")
                page.screenshot(path=folder / f"login-{width}-{scheme}.png")
                sign_in(page, url, username, password)
                for name in pages(page, url):
                    page.wait_for_load_state("networkidle")
                    path = folder / f"{name}-{width}-{scheme}.png"
                    page.screenshot(path=path, full_page=name != "9-delete")
                    count += 1
                context.close()
        browser.close()
    return count


if __name__ == "__main__":
    if len(sys.argv) not in {3, 5}:
        sys.stderr.write(USAGE)
        sys.exit(2)
    who = sys.argv[3:] or ["manager", "harbour-lights"]
    sys.stdout.write(f"{take(Path(sys.argv[1]), sys.argv[2], *who)} pictures\n")
