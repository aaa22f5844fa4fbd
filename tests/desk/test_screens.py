"""The pictures of the documents: which there are, and under which names."""

from tests.browser import screens
from tests.browser.screens import SCREENS, file_name
from tests.browser.screenshots import SCHEMES


def test_the_five_main_screens_are_taken_in_light_and_dark_wide_and_narrow():
    names = {
        file_name(screen, width, scheme)
        for screen in SCREENS
        for width in screens.SIZES
        for scheme in SCHEMES
    }

    assert [screen.name for screen in SCREENS] == ["arrivals", "locks", "lock", "issue", "code"]
    assert len(names) == 20
    assert "screens/lock-360-dark.webp" in names


def test_the_page_of_pictures_shows_each_of_them():
    page = screens.page_of_pictures()

    assert page == (screens.DOCS / "screens.md").read_text()
    for width in screens.SIZES:
        for scheme in SCHEMES:
            for screen in SCREENS:
                name = file_name(screen, width, scheme)
                assert name in page
                assert (screens.DOCS / name).stat().st_size > 5000
