"""Every page in light and dark, wide and narrow: nothing for axe to find, nothing sideways."""

import pytest

from tests.browser.screenshots import SCHEMES, WIDTHS, pages, sign_in

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIND = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules })
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`))
}"""
SIDEWAYS = """() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll('body *')]
      .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
      .map(each => each.outerHTML.slice(0, 120))
      .slice(0, 5)
  : []"""
SMALL = """() => [...document.querySelectorAll('a, button, summary, input, select')]
  .filter(each => each.checkVisibility() && !['hidden', 'radio', 'checkbox'].includes(each.type))
  .filter(each => !each.closest('p, li, .crumbs') || each.matches('button'))
  .map(each => [each.outerHTML.slice(0, 100), each.getBoundingClientRect().height])
  .filter(([, height]) => height < 24 && height > 1)
  .map(([html, height]) => `${height}: ${html}`)"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(visitor, axe, width, scheme):
    across, down = WIDTHS[width]
    page = visitor.open(across, down, color_scheme=scheme)
    found = {}

    page.goto("/account/login/")
    page.evaluate(axe)
    found["login"] = page.evaluate(FIND, RULES)
    sign_in(page, visitor.url, "manager", "harbour-lights")
    for name in pages(page, visitor.url):
        page.wait_for_load_state()
        page.evaluate(axe)
        found[name] = page.evaluate(FIND, RULES)

    assert len(found) == 25
    assert {name: complaints for name, complaints in found.items() if complaints} == {}


REFERENCE = ("", "/guide/python", "/reference/access_codes", "/conformance", "/search?q=code")


@pytest.mark.parametrize(("width", "scheme"), [("wide", "light"), ("phone", "dark")])
def test_axe_finds_nothing_in_the_reference(visitor, axe, width, scheme):
    across, down = WIDTHS[width]
    page = visitor.open(across, down, color_scheme=scheme)
    found = {}

    for address in REFERENCE:
        page.goto(f"/api/docs{address}")
        page.evaluate(axe)
        found[address] = page.evaluate(FIND, RULES)

    assert {address: told for address, told in found.items() if told} == {}


def test_the_reference_fits_a_small_phone(visitor):
    page = visitor.open(320, 700)
    found = {}

    for address in REFERENCE:
        page.goto(f"/api/docs{address}")
        page.get_by_text("All pages").click()
        found[address] = page.evaluate(SIDEWAYS) + page.evaluate(SMALL)

    assert {address: told for address, told in found.items() if told} == {}


@pytest.mark.parametrize("across", [320, 768])
def test_nothing_scrolls_sideways_and_every_target_can_be_hit(visitor, across):
    page = visitor.open(across, 700)
    sideways, small = {}, {}

    sign_in(page, visitor.url, "manager", "harbour-lights")
    for name in pages(page, visitor.url):
        page.wait_for_load_state()
        sideways[name] = page.evaluate(SIDEWAYS)
        small[name] = page.evaluate(SMALL)

    assert {name: these for name, these in sideways.items() if these} == {}
    assert {name: these for name, these in small.items() if these} == {}
