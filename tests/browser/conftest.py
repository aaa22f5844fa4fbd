"""A live Locksite with the demo hotel and its engine, and a real Chromium to look at it."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.node_modules import NoNpm, installed
from tests.processes import Site


def _missing(message: str) -> None:
    """Skip, visibly; fail instead where services are required."""
    if os.environ.get("LOCKSITE_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{message}, and services are required here")
    pytest.skip(message)


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.fixturenames:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not executable():
        _missing("there is no Chromium; LOCKSITE_TEST_CHROMIUM names one")
    # Between its calls Playwright leaves a loop behind that seems to run, in every test that this
    # process still has before it; Django would refuse them all the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(browser, tmp_path_factory) -> Iterator[Site]:
    """The demo hotel, served as in production."""
    shown = {"LOCKSITE_STYLEGUIDE": "1"}
    site = Site(tmp_path_factory.mktemp("desk"), engine=False, static=True, settings=shown)
    with site:
        site.manage("seed_demo")  # tells of a day gone by: no engine may look meanwhile
        site.start_engine()
        yield site


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the source of axe-core."""
    try:
        return (installed() / "axe-core" / "axe.min.js").read_text()
    except NoNpm as missing:
        _missing(str(missing))
        raise


# A form that is sent back is a 422, a page that says no is a 403, 404 or 429, and htmx mentions a
# request that the page gave up on leaving.
EXPECTED = re.compile(
    r"status of (403|404|422|429)|^htmx:(afterRequest|sendAbort),|^Autofocus proc"
)


class Visitor:
    """Opens pages and keeps what the browser complained about."""

    def __init__(self, browser: Browser, url: str):
        self.browser = browser
        self.url = url
        self.complaints: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(self, width: int, height: int = 800, **options) -> Page:
        context = self.browser.new_context(
            # While one page turns into the next, clicks go nowhere; a slow machine shows it.
            reduced_motion="reduce",
            viewport={"width": width, "height": height},
            base_url=self.url,
            **options,
        )
        self.contexts.append(context)
        page: Page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type != "debug" and not EXPECTED.search(message.text):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")


@pytest.fixture
def visitor(browser, site) -> Iterator[Visitor]:
    visitor = Visitor(browser, site.url)
    yield visitor
    for context in visitor.contexts:
        context.close()
    assert visitor.complaints == []
