"""The pictures of the documents: which there are, and under which names."""

from tests.browser import screens
from tests.browser.screens import SCREENS, file_name, page_of, there
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


def test_a_screen_without_a_route_is_left_out():
    found = there({"lock-list", "code-detail", "live"})

    assert [screen.name for screen in found] == ["locks", "code"]
    assert "screens/locks-1280-light.webp" in page_of(found)
    assert "arrivals" not in page_of(found)
