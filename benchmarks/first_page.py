"""How soon the first page of the desk stands: its size, and when its largest part is painted.

`python -m benchmarks.first_page` serves the demo hotel on this machine, loads the start page 20
times with an empty cache in Chromium, and prints the 75th percentile of the Largest Contentful
Paint in milliseconds. Without Chromium it says so and measures the size alone.
"""

import os
import sys
import tempfile
from pathlib import Path
from statistics import quantiles

from playwright.sync_api import sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.browser.first_load import parts_of, signed_in
from tests.browser.screenshots import sign_in
from tests.processes import Site

LOADS = 20
LARGEST = """() => new Promise(done => {
  new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
    .observe({ type: 'largest-contentful-paint', buffered: true })
})"""
WHO = ("manager", "harbour-lights")


def _paints(site: Site, start: str) -> list[float]:
    """Return when the largest part of the page was painted, load by load."""
    found = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
        sign_in(page, site.url, *WHO)
        network = page.context.new_cdp_session(page)
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        for _ in range(LOADS):
            page.goto(start, wait_until="load")
            found.append(float(page.evaluate(LARGEST)))
        chromium.close()
    return found


def main() -> int:
    """Print what the first page costs."""
    # Playwright leaves a loop behind that seems to run; Django would refuse the database.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with tempfile.TemporaryDirectory(prefix="locksite-bench-") as folder:
        site = Site(Path(folder), engine=False, static=True)
        with site:
            site.manage("seed_demo")
            start = f"{site.url}/p/hafen-suites/"
            parts = parts_of(signed_in(site.url, *WHO), start)
            for part in parts:
                sys.stdout.write(f"{part.size:7,d} B  {part.path}\n")
            sys.stdout.write(f"{sum(part.size for part in parts):7,d} B  compressed, in all\n")
            if not executable():
                sys.stdout.write("There is no Chromium: paints were not measured.\n")
                return 0
            paints = _paints(site, start)
            sys.stdout.write(
                f"Largest Contentful Paint on this machine: p75 {quantiles(paints, n=4)[2]:.0f} ms"
                f" of {LOADS} loads, nothing cached\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
