"""Make the pictures of docs/screens.md: the main screens in light and dark, wide and on a phone.

    make screenshots

serves the demo hotel anew, takes every screen, and writes the pictures and the page that shows
them. Times on them are those of the day on which they are made.
"""

import os
import sys
import tempfile
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.browser.screenshots import SCHEMES, sign_in
from tests.processes import ROOT, Site, wait_until

DOCS = ROOT / "docs"
SIZES = {1280: 860, 360: 740}
QUALITY = 85
AT_MOST = 1_500_000
"""Bytes that all pictures may have together."""

ARRIVED = """
SELECT count(*) FROM accesscodes_accesscode
WHERE status = 'set' AND name IN ('Mei Tanaka', 'Priya Nair')
"""
"""Counts those who arrive today and whose codes can be on their locks."""

_HOME = "/p/hafen-suites/"


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture: its name, its caption, and how to get there."""

    name: str
    caption: str
    go: Callable[[Page], None]


def _arrivals(page: Page) -> None:
    page.goto(_HOME)
    page.get_by_role("heading", level=1).wait_for()


def _locks(page: Page) -> None:
    page.goto(f"{_HOME}locks/")
    page.locator(".row--lock").first.wait_for()


def _lock(page: Page) -> None:
    _locks(page)
    blocked = page.get_by_text("Can't take codes", exact=True)
    page.locator(".row--lock").filter(has=blocked).first.locator(".row__name a").click()
    page.get_by_role("heading", name="What we checked").wait_for()


def _issue(page: Page) -> None:
    _locks(page)
    well = page.get_by_text("Takes codes", exact=True)
    row = page.locator(".row--lock").filter(has=well).first
    row.get_by_role("link", name="Issue code").click()
    page.get_by_label("Who is it for?").fill("Ana Prado")
    page.get_by_role("button", name="Weekend").click()
    page.get_by_text("What will happen").wait_for()


def _code(page: Page) -> None:
    page.goto(f"{_HOME}codes/")
    page.locator(".row--code .row__name a").first.click()
    page.get_by_role("heading", name="Progress").wait_for()


SCREENS = (
    Screen("arrivals", "Who arrives, and who would stand before a shut door.", _arrivals),
    Screen("locks", "Every door, worst first, with the reason.", _locks),
    Screen("lock", "Why a lock takes no codes, on what evidence, and what to do.", _lock),
    Screen("issue", "A code is issued; what will happen stands beside it.", _issue),
    Screen("code", "One code: may the PIN be handed over, and what is wrong.", _code),
)


def file_name(screen: Screen, width: int, scheme: str) -> str:
    """Return where a picture lies inside docs/."""
    return f"screens/{screen.name}-{width}-{scheme}.webp"


def page_of_pictures() -> str:
    """Return docs/screens.md: the pictures under their captions."""
    parts = ["# The desk in pictures", "Made by `make screenshots` from the demo hotel."]
    for screen in SCREENS:
        pictures = [
            f"![{screen.name}, {width} pixels wide, {scheme}]({file_name(screen, width, scheme)})"
            for width in SIZES
            for scheme in SCHEMES
        ]
        parts += [f"## {screen.name.capitalize()}", screen.caption, "\n".join(pictures)]
    return "\n\n".join(parts) + "\n"


def _picture(page: Page) -> bytes:
    """Return what the window shows as WebP: a third of a PNG, and the words stay sharp."""
    chromium = page.context.new_cdp_session(page)
    answer = chromium.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    chromium.detach()
    return b64decode(answer["data"])


def take(folder: Path, site: Site) -> int:
    """Write all pictures below `folder`; return how many bytes they have."""
    (folder / "screens").mkdir(parents=True, exist_ok=True)
    total = 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        for width, height in SIZES.items():
            context = chromium.new_context(
                viewport={"width": width, "height": height},
                base_url=site.url,
                reduced_motion="reduce",
            )
            page = context.new_page()
            sign_in(page, site.url, "manager", "harbour-lights")
            for screen in SCREENS:
                screen.go(page)
                page.wait_for_load_state("networkidle")
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme)
                    picture = _picture(page)
                    (folder / file_name(screen, width, scheme)).write_bytes(picture)
                    total += len(picture)
            context.close()
        chromium.close()
    return total


def main() -> int:
    """Make the pictures; return 1 where that is not possible, or they are too large."""
    if not executable():
        sys.stderr.write("There is no Chromium; LOCKSITE_TEST_CHROMIUM names one.\n")
        return 1
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with tempfile.TemporaryDirectory(prefix="locksite-screens-") as folder:
        site = Site(Path(folder), engine=False, static=True)
        with site:
            site.manage("seed_demo")
            site.start_engine()
            wait_until(lambda: site.rows(ARRIVED)[0][0] == 2, "codes are on locks", seconds=180)
            total = take(DOCS, site)
    (DOCS / "screens.md").write_text(page_of_pictures())
    pictures = len(SCREENS) * len(SIZES) * len(SCHEMES)
    sys.stdout.write(f"{pictures} pictures in docs/screens, {total:,d} bytes\n")
    return int(total > AT_MOST)


if __name__ == "__main__":
    sys.exit(main())
