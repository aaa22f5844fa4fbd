"""Somebody at the desk, in a browser: does what people do, counts clicks, looks at every page."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.browser import checks
from tests.browser.flows.backstage import Backstage
from tests.browser.flows.words import PASSWORD, house_of, username_of
from tests.browser.screenshots import sign_in
from tests.processes import wait_until

SOON = 30_000
"""How long the engine and a lock may take together, in milliseconds; a second is usual."""

EXPECTED = re.compile(
    r"status of (401|403|404|410|422)|^htmx:(afterRequest|sendAbort),|^Autofocus proc"
)
"""What the console says of answers that are meant, and of a request given up on leaving."""

KEPT_UNASKED = f"""() => document.querySelector('[data-pin-digits], .slip__pin')
  ? null : ({checks.KEPT})()"""
"""What the browser holds of a page, unless somebody asked for the PIN that is shown there."""

DIGITS = re.compile(r"(?<![\w.-])\d{6,}(?![\w.-])")


WIDE, PHONE = 1280, 360


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody looks at the desk: with JavaScript or without, first at this width."""

    name: str
    width: int
    has_js: bool
    is_long: bool = False


SCRIPTED = Way("wide-first", WIDE, has_js=True)
PLAIN = Way("phone-first-plain", PHONE, has_js=False)
WAYS = (
    SCRIPTED,
    PLAIN,
    Way("phone-first", PHONE, has_js=True, is_long=True),
    Way("wide-first-plain", WIDE, has_js=False, is_long=True),
)
"""Each step is taken at the other width than the one before. So two ways take every flow at both
widths, with and without JavaScript; the long ones take each step at the other width as well."""


class Seat:
    """A window of the browser in which somebody is signed in. It is kept over many flows."""

    def __init__(self, browser: Browser, url: str, way: Way, who: str):
        self.way, self.url, self.username = way, url, username_of(who, way.name)
        self.complaints: list[str] = []
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
        sign_in(self.page, self.url, self.username, PASSWORD)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type != "debug" and not EXPECTED.search(message.text):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")


class Clerk:
    """Works at a seat. `sees` ends each step: it looks at the page at both widths before the next.

    A control is found as people find it: by its role and its name.
    """

    def __init__(self, seat: Seat, backstage: Backstage):
        self.seat, self.page, self.way, self.backstage = seat, seat.page, seat.way, backstage
        self.has_js, self.house = seat.way.has_js, house_of(seat.way.name)
        self.clicks = 0
        self._wrong: list[str] = []
        self._kept: list[str] = []
        self._turn_to(seat.way.width)

    # ---- What people do ----

    def own(self, name: str) -> str:
        """Return a name that only this way of looking at the desk uses."""
        return f"{name} {self.way.name.title().replace('-', ' ')}"

    def open(self, path: str = "", house: str = "") -> None:
        """Go to an address of the house, or of another one."""
        self.page.goto(f"/p/{house or self.house}/{path}")

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
            refresh = self.page.get_by_role("link", name="Refresh", exact=True)

            def says_so() -> bool:
                if re.search(words, badge.inner_text()):
                    return True
                refresh.click()
                return False

            self.waits_until(says_so, f"the badge says {words}", pause=0.5)
        expect(badge).to_have_text(words, timeout=SOON)
        self.look()

    def look(self, *, keeps: bool = True) -> None:
        """Note what reaches beyond the screen, and keep what the browser holds of the page.

        The window has the other width then.
        """
        self._wrong += self.page.evaluate(checks.SIDEWAYS)
        self._turn_to(PHONE if self.width == WIDE else WIDE)
        self._wrong += self.page.evaluate(checks.SIDEWAYS)
        if keeps:
            self._kept.append(self.page.evaluate(KEPT_UNASKED) or "")

    def _turn_to(self, width: int) -> None:
        self.width = width
        self.page.set_viewport_size({"width": width, "height": 800})

    def waits_until(self, holds: Any, what: str, pause: float = 0.05) -> None:
        """Wait until something holds, asked every `pause` seconds."""
        wait_until(holds, what, seconds=SOON / 1000, pause=pause)

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
        pins = set(self.backstage.pins())
        for kept in self._kept:
            for found in DIGITS.finditer(kept):
                if found[0] in pins:
                    start = max(0, found.start() - 120)
                    self._wrong.append(f"a PIN: …{kept[start : found.end() + 20]}")
        self._wrong += self.seat.complaints
        self.seat.complaints.clear()
        self.page.goto("/health")  # no page that looks for news
        return self._wrong
