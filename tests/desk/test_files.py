"""What templates, styles, scripts and icons promise, read off the files themselves."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
SPRITE = (ROOT / "static/icons.svg").read_text()
PRESENTERS = "".join(path.read_text() for path in (ROOT / "accesscodes/web").glob("*.py"))


def named(paths):
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


@pytest.mark.parametrize("path", named(TEMPLATES))
def test_a_template_has_no_inline_style_or_script(path):
    text = path.read_text()

    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert "<style" not in text
    assert "hx-on" not in text
    assert "|safe" not in text


@pytest.mark.parametrize("path", named(path for path in TEMPLATES if path.name.startswith("_")))
def test_a_fragment_opens_with_what_it_needs(path):
    first = path.read_text().splitlines()[0]

    if path.name != "_plain.html":
        assert "{#" in first
        assert re.search(r"Needs|Needs nothing", first), first


@pytest.mark.parametrize("path", named(SCRIPTS))
def test_a_script_stays_small_and_evaluates_nothing(path):
    text = path.read_text()

    assert len(text.encode()) < 4096
    assert not re.search(r"\beval\(|new Function|innerHTML|import ", text)


def test_every_icon_in_use_is_in_the_sprite_and_no_other():
    there = set(re.findall(r'<symbol id="([a-z0-9-]+)"', SPRITE))
    named_in_templates = set()
    for path in TEMPLATES:
        named_in_templates |= set(re.findall(r'{% icon "([a-z0-9-]+)"', path.read_text()))

    assert named_in_templates <= there
    in_python = {name for name in there - named_in_templates if f'"{name}"' in PRESENTERS}
    assert there == named_in_templates | in_python


def test_the_licence_of_the_icons_stands_beside_them():
    assert (ROOT / "static/icons.LICENSE.txt").read_text().startswith("ISC License")


@pytest.mark.parametrize(
    "pair",
    re.findall(
        r"--(\w+)-fg: (#\w+);\s+--\1-bg: (#\w+);",
        (ROOT / "static/css/tokens.css").read_text(),
    ),
    ids="-".join,
)
def test_every_tone_can_be_read_on_its_ground(pair):
    _, text, ground = pair

    assert contrast(text, ground) >= 4.5


def contrast(one, other):
    """Return the contrast ratio of two colours (WCAG 2.2)."""

    def light(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_dark_is_the_same_whether_the_system_or_the_person_asks_for_it():
    tokens = (ROOT / "static/css/tokens.css").read_text()
    by_system, by_person = re.findall(r"color-scheme: dark;(.*?)\}", tokens, re.DOTALL)

    assert by_system.split() == by_person.split()
    assert len(by_person.split()) > 60


@pytest.mark.parametrize("name", ["tokens", "base", "components", "styleguide"])
def test_styles_of_the_desk_stand_in_layers_and_use_tokens(name):
    text = (ROOT / f"static/css/{name}.css").read_text()

    outside = re.sub(r"@layer \w+ \{.*?^\}", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "{" not in outside
    assert name == "tokens" or not re.search(r":\s*#(?!fff|000)[0-9a-f]{3,8}\b", text)
