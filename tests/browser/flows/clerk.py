"""Somebody at the desk, in a browser: does what people do, counts clicks, looks at every page."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.browser import checks
from tests.browser.flows.backstage import Backstage
from tests.browser.flows.words import HOUSE
from tests.browser.screenshots import sign_in
from tests.processes import wait_until

SOON = 30_000
"""How long the engine and a lock may take together, in milliseconds; a second is usual."""

EXPECTED = re.compile(
    r"status of (401|403|404|410|422)|^htmx:(afterRequest|sendAbort),|^Autofocus proc"
)
"""What the console says of answers that are meant, and of a request given up on leaving."""

SHOWN = "[data-pin-digits], .slip__pin"


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody looks at the desk."""

    name: str
    width: int
    has_js: bool


WAYS = (
    Way("wide", 1280, has_js=True),
    Way("phone", 360, has_js=True),
    Way("wide-plain", 1280, has_js=False),
    Way("phone-plain", 360, has_js=False),
)


class Seat:
    """A window of the browser in which somebody is signed in. It is kept over many flows."""

    def __init__(self, browser: Browser, url: str, way: Way, username: str, password: str):
        self.way, self.url = way, url
        self.complaints: list[str] = []
        self._who = (username, password)
        self.context = browser.new_context(
            reduced_motion="reduce",
            viewport={"width": way.width, "height": 800},
            base_url=url,
            java_script_enabled=way.has_js,
            accept_downloads=True,
        )
        if way.has_js:
            self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page: Page = self.context.new_page()
        self.chromium = self.context.new_cdp_session(self.page)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.sign_in()

    def sign_in(self) -> None:
        sign_in(self.page, self.url, *self._who)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type != "debug" and not EXPECTED.search(message.text):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")


class Clerk:
    """Works at a seat. `sees` ends each step: it looks at the page in every way before the next.

    A control is found as people find it: by its role and its name.
    """

    def __init__(self, seat: Seat, backstage: Backstage):
        self.seat, self.page, self.way, self.backstage = seat, seat.page, seat.way, backstage
        self.has_js, self.is_phone = seat.way.has_js, seat.way.width < 700
        self.clicks = 0
        self.steps = 0
        self._wrong: list[str] = []
        self._kept: list[str] = []

    # ---- What people do ----

    def own(self, name: str) -> str:
        """Return a name that only this way of looking at the desk uses."""
        return f"{name} {self.way.name.title().replace('-', ' ')}"

    def open(self, path: str = "", house: str = HOUSE) -> None:
        """Go to an address of the house."""
        self.page.goto(f"/p/{house}/{path}")

    def click(self, role: Any, name: str | re.Pattern, inside: Locator | None = None) -> None:
        """Click on the one control of this role whose name holds these words."""
        where = self.page if inside is None else inside
        where.get_by_role(role, name=name).click()
        self.clicks += 1

    def choose(self, name: str) -> None:
        """Click on a radio button or a check box."""
        self.page.get_by_label(name, exact=True).check()
        self.clicks += 1

    def unfold(self, words: str) -> None:
        """Click on the summary of something that is folded."""
        self.page.locator("summary").filter(has_text=words).click()
        self.clicks += 1

    def fill(self, label: str, text: str) -> None:
        """Type into a field."""
        self.page.get_by_label(label, exact=True).fill(text)

    def row(self, *words: str) -> Locator:
        """Return the item of a list that has all these words."""
        found = self.page.get_by_role("main").get_by_role("listitem")
        for word in words:
            found = found.filter(has_text=word)
        return found.first

    # ---- What people see ----

    def sees(
        self, *words: str | re.Pattern, inside: Locator | None = None, keeps: bool = True
    ) -> None:
        """Wait until all these words are in sight, and look at the page.

        `keeps` false: the page offers a PIN that is nobody's yet.
        """
        where = self.page.locator("body") if inside is None else inside
        for each in words:
            expect(where.get_by_text(each).filter(visible=True).first).to_be_visible()
        self.look(keeps=keeps)

    def sees_page(self, heading: str | re.Pattern) -> None:
        """Wait until the page with this heading is there, and look at it."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.look()

    def sees_badge(self, words: str | re.Pattern) -> None:
        """Wait until the badge of the code says so: by itself, or by the link that refreshes."""
        badge = self.page.locator("#code-badge")
        if not self.has_js:
            for _ in range(SOON // 500):
                if re.search(words, badge.inner_text()):
                    break
                self.page.wait_for_timeout(500)
                self.page.get_by_role("link", name="Refresh", exact=True).click()
        expect(badge).to_have_text(words, timeout=SOON)
        self.look()

    def look(self, *, keeps: bool = True) -> None:
        """Note what reaches beyond the screen, and keep what the browser holds of the page."""
        self.steps += 1
        self._wrong += self.page.evaluate(checks.SIDEWAYS)
        if keeps and not self.page.locator(SHOWN).count():
            self._kept.append(self.page.evaluate(checks.KEPT))

    def waits_until(self, holds: Any, what: str) -> None:
        """Wait until something holds behind the desk."""
        wait_until(holds, what, seconds=SOON / 1000)

    def waits_for(self, name: str, status: str) -> None:
        """Wait until the code of this name has this status."""
        self.waits_until(
            lambda: self.backstage.code(name=name)["status"] == status, f"{name} is {status}"
        )

    # ---- What nobody may find ----

    def forgive(self) -> None:
        """Forget what was wrong so far."""
        self._wrong.clear()
        self._kept.clear()
        self.seat.complaints.clear()

    def leave(self) -> list[str]:
        """Leave the desk; return everything that was wrong on the way."""
        history = self.seat.chromium.send("Page.getNavigationHistory")
        self._kept.append(str(history))
        known = "|".join(pin for pin in self.backstage.pins() if len(pin) > 5)
        for kept in self._kept:
            found = re.search(rf"(?<![\w.-])({known})(?![\w.-])", kept)
            if found:
                start = max(0, found.start() - 120)
                self._wrong.append(f"a PIN: …{kept[start : found.end() + 20]}")
        self._wrong += self.seat.complaints
        self.seat.complaints.clear()
        self.page.goto("about:blank")
        return self._wrong
