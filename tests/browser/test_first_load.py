"""The first page after sign-in is light, and its files are fetched once."""

from tests.browser.first_load import FAR_FUTURE, parts_of, signed_in

BUDGET = 40_000
"""Bytes of the page with its styles, scripts and icons, compressed."""


def test_the_start_page_fits_its_budget_and_its_files_are_kept_for_good(site):
    session = signed_in(site.url, "manager", "harbour-lights")

    page, *files = parts_of(session, f"{site.url}/p/hafen-suites/")

    names = {part.path.rpartition("/")[2].partition(".")[0] for part in files}
    assert {"tokens", "base", "components", "locksite", "icons", "htmx-2"} <= names
    assert page.caching == "no-store"
    assert {part.caching for part in files} == {FAR_FUTURE}
    assert [part.path for part in files if part.encoding != "gzip"] == []
    assert sum(part.size for part in [page, *files]) <= BUDGET
