"""Every page in light and dark, wide and narrow: nothing for axe to find, nothing sideways, no
PIN in sight.

A page that an address alone leads to is a line of `ADDRESSES`; one that takes clicks is a step of
`screenshots.pages`.
"""

import json

import pytest

from tests.browser import checks
from tests.browser.screenshots import WIDTHS, pages, sign_in

SIGNED_OUT = {
    "sign-in": "/account/login/",
    "admin, sign-in": "/admin/login/",
    "not found": "/nowhere/",
    "style guide": "/styleguide/",
    "reference": "/api/docs",
    "reference, guide": "/api/docs/guide/python",
    "reference, codes": "/api/docs/reference/access_codes",
    "reference, conformance": "/api/docs/conformance",
    "reference, search": "/api/docs/search?q=code",
}
ADDRESSES: dict[str, str] = {}
"""Pages of the desk for a manager, by name."""

NOT_OURS = {"admin, sign-in"}
"""Django's own pages: axe looks at them, their targets are Django's."""

PINS = """
import json
from accesscodes.models import AccessCode, UnmanagedCode
rows = [*AccessCode.objects.all(), *UnmanagedCode.objects.all()]
print(json.dumps([row.pin.open(bound_to=row.uid).digits for row in rows if row.pin is not None]))
"""


@pytest.fixture(scope="module")
def pins(site) -> set[str]:
    """Return every PIN of the demo hotel."""
    found = set(json.loads(site.run(PINS)))
    assert len([pin for pin in found if len(pin) > 5]) > 5
    return found


def complaints_about(page, axe: str, width: str, name: str, pins: set[str]) -> list[str]:
    """Look at the page that is open in every way; return what is wrong with it."""
    page.wait_for_load_state()
    # What the bar on top covers halfway at one place of the page is no small target.
    page.evaluate("scrollTo(0, 0)")
    found = checks.axe_in_both_schemes(page, axe)
    found += checks.pins_in_sight(page, pins)
    if name not in NOT_OURS:
        found += checks.fits(page, *((320, 360) if width == "phone" else (768, 1280)))
        found += checks.in_forced_colours(page)
        found += checks.movement(page)
        if width == "phone":
            found += checks.low_buttons(page)
    return found


def only_bad(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: complaints for name, complaints in found.items() if complaints}


def try_a_wrong_password(page, username: str) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill("not the one")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_for_anybody(visitor, axe, pins, width):
    page = visitor.open(*WIDTHS[width])
    found = {}

    for name, address in SIGNED_OUT.items():
        page.goto(address)
        found[name] = complaints_about(page, axe, width, name, pins)
    page.goto("/account/login/")
    try_a_wrong_password(page, f"nobody-{width}")
    found["wrong password"] = complaints_about(page, axe, width, "wrong password", pins)
    while page.get_by_role("button", name="Sign in").count():
        try_a_wrong_password(page, f"nobody-{width}")
    found["too many tries"] = complaints_about(page, axe, width, "too many tries", pins)
    page.goto("/account/login/")
    page.context.clear_cookies()
    try_a_wrong_password(page, "nobody")
    page.get_by_role("heading", name="This page was open for too long").wait_for()
    found["an old page"] = complaints_about(page, axe, width, "an old page", pins)

    assert len(found) == len(SIGNED_OUT) + 3
    assert only_bad(found) == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_of_the_desk(visitor, axe, pins, width):
    page = visitor.open(*WIDTHS[width])
    found = {}

    sign_in(page, visitor.url, "manager", "harbour-lights")
    for name in pages(page, visitor.url):
        found[name] = complaints_about(page, axe, width, name, pins)
    for name, address in ADDRESSES.items():
        page.goto(address)
        found[name] = complaints_about(page, axe, width, name, pins)

    assert len(found) == 27 + len(ADDRESSES)
    assert only_bad(found) == {}


def test_what_somebody_may_not_do_is_said_as_well_as_the_rest(visitor, axe, pins):
    page = visitor.open(*WIDTHS["phone"])

    sign_in(page, visitor.url, "frontdesk", "harbour-lights")
    page.goto("/p/hafen-suites/webhooks/")
    page.get_by_role("heading", name="You can't do this").wait_for()

    assert complaints_about(page, axe, "phone", "not allowed", pins) == []


def test_the_reference_fits_a_small_phone_with_its_list_of_pages_open(visitor):
    page = visitor.open(320, 700)
    found = {}

    for name, address in SIGNED_OUT.items():
        if name.startswith("reference"):
            page.goto(address)
            page.get_by_text("All pages").click()
            found[name] = checks.fits(page, 320)

    assert len(found) == 5
    assert only_bad(found) == {}


def test_the_checks_find_what_they_look_for(visitor, axe):
    page = visitor.open(360)
    page.goto("/account/login/")

    page.evaluate(
        """() => {
          document.body.insertAdjacentHTML('beforeend',
            '<button class="btn" id="low"></button><p id="wide">246813</p>')
          for (const [id, rules] of Object.entries({
            low: { minHeight: '10px', height: '20px', padding: '0', border: '0' },
            wide: { width: '900px' },
          })) Object.assign(document.getElementById(id).style, rules)
          document.getElementById('wide').animate([{ opacity: 0 }, { opacity: 1 }], 60000)
        }"""
    )

    assert any("button-name" in each for each in checks.axe_in_both_schemes(page, axe))
    assert any("sideways" in each for each in checks.fits(page, 360))
    assert any("20 px" in each for each in checks.fits(page, 360))
    assert any("20 px" in each for each in checks.low_buttons(page))
    assert any("no border" in each for each in checks.in_forced_colours(page))
    assert any("moves" in each for each in checks.movement(page))
    assert checks.pins_in_sight(page, {"246813"}) == ["a PIN"]
    assert checks.pins_in_sight(page, {"135799"}) == []
