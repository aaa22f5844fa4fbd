"""What every page must keep, asked of the page that a browser shows. Each returns complaints."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.browser.screenshots import SCHEMES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIND = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules })
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`))
}"""
SIDEWAYS = """() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll('body *')]
      .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
      .map(each => `sideways: ${each.outerHTML.slice(0, 120)}`)
      .slice(0, 5)
  : []"""
SMALL = """() => [...document.querySelectorAll('a, button, summary, input, select')]
  .filter(each => each.checkVisibility() && !['hidden', 'radio', 'checkbox'].includes(each.type))
  .filter(each => !each.closest('p, li, .crumbs') || each.matches('button'))
  .map(each => [each.outerHTML.slice(0, 100), each.getBoundingClientRect().height])
  .filter(([, height]) => height < 24 && height > 1)
  .map(([html, height]) => `${height} px: ${html}`)"""
LOW_BUTTONS = """() => [...document.querySelectorAll('.btn, .chip, .input, .segments__item')]
  .filter(each => each.checkVisibility())
  .map(each => [each.outerHTML.slice(0, 100), each.getBoundingClientRect().height])
  .filter(([, height]) => height < 44 && height > 1)
  .map(([html, height]) => `${height} px: ${html}`)"""
UNFRAMED = """() => [...document.querySelectorAll('.badge, .note, .btn')]
  .filter(each => each.checkVisibility())
  .filter(each => {
    const style = getComputedStyle(each)
    return style.borderTopWidth === '0px' || /, 0\\)|transparent/.test(style.borderTopColor)
  })
  .map(each => `no border: ${each.outerHTML.slice(0, 100)}`)"""
MOVING = """() => document.getAnimations()
  .map(each => `moves: ${each.effect?.target?.outerHTML.slice(0, 100)}`)"""
KEPT = """() => JSON.stringify([
  document.documentElement.outerHTML, document.title, location.href, history.state,
  { ...localStorage }, { ...sessionStorage }, document.cookie,
])"""


def axe_in_both_schemes(page: Page, axe: str) -> list[str]:
    """Return what axe finds in light and in dark; the page is not loaded anew between them."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {each}" for each in page.evaluate(FIND, RULES)]
    return found


@contextmanager
def as_wide_as(page: Page, width: int) -> Iterator[None]:
    """Look at the page at another width for a while."""
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": width, "height": before["height"]})
    yield
    page.set_viewport_size(before)


def fits(page: Page, *widths: int) -> list[str]:
    """Return what reaches beyond the screen and what is too small to be hit, at these widths."""
    found = []
    for width in widths:
        with as_wide_as(page, width):
            found += [f"{width}: {each}" for each in page.evaluate(SIDEWAYS)]
            found += [f"{width}: {each}" for each in page.evaluate(SMALL)]
    return found


def low_buttons(page: Page) -> list[str]:
    """Return controls that are lower than a finger is wide."""
    complaints: list[str] = page.evaluate(LOW_BUTTONS)
    return complaints


def in_forced_colours(page: Page) -> list[str]:
    """Return badges, notes and buttons without an edge where the system picks all colours."""
    page.emulate_media(forced_colors="active")
    complaints: list[str] = page.evaluate(UNFRAMED)
    page.emulate_media(forced_colors="none")
    return complaints


def movement(page: Page) -> list[str]:
    """Return what moves although somebody asked for less of it."""
    page.emulate_media(reduced_motion="reduce")
    complaints: list[str] = page.evaluate(MOVING)
    return complaints


def pins_in_sight(page: Page, pins: set[str]) -> list[str]:
    """Return which of these PINs the page, its address or what the browser keeps gives away.

    A page on which somebody asked for a PIN shows it: it is passed over, and none after it.
    """
    if page.locator("[data-pin-digits], .slip__pin").count():
        return []
    kept = page.evaluate(KEPT)
    # Four digits are in every second address by chance.
    return [
        "a PIN" for pin in pins if len(pin) > 5 and re.search(rf"(?<![\w.-]){pin}(?![\w.-])", kept)
    ]
