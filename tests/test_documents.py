"""The documents say what is so: settings, targets, links and the table of locks."""

import ast
import re
from pathlib import Path

import pytest

from properties.choices import Fault, Proof
from properties.providers.virtual.makes import MAKES

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
README = (ROOT / "README.md").read_text()


def proof_of(make):
    """Return what a lock can prove, in the words of the table."""
    match make.proof:
        case Proof.READBACK if make.hides_foreign_pins:
            return "reads back our PINs, hides others"
        case Proof.READBACK:
            return "reads back the PIN"
        case Proof.SLOT_ONLY:
            hidden = "the PIN" if make.shows_names else "the PIN and the name"
            return f"shows the slot, hides {hidden}"
        case Proof.ACK:
            return "takes commands, shows nothing"
        case Proof.NONE:
            return "nothing"


def table_under(heading):
    """Return the cells of the table that follows a heading, its head left out."""
    section = README.partition(f"{heading}\n")[2]
    rows = re.findall(r"^\|(.+)\|$", section.partition("\n## ")[0], re.MULTILINE)
    return [[cell.strip() for cell in row.split(" | ")] for row in rows[2:]]


def settings_read():
    """Return the names of everything that the settings read from outside."""
    tree = ast.parse((ROOT / "locksite" / "settings.py").read_text())
    texts = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {text for text in texts if re.fullmatch(r"LOCKSITE_[A-Z_]+|DATABASE_URL", text)}


def test_every_setting_stands_in_the_readme_and_no_other():
    documented = {row[0].strip("`") for row in table_under("### Settings")}

    assert documented == settings_read()
    assert "LOCKSITE_PIN_KEYS" in documented


def test_the_table_of_locks_is_that_of_the_makes():
    documented = {row[0]: row[1:] for row in table_under("## Locks")}

    assert set(documented) == {f"{make.brand} {make.model}" for make in MAKES.values()}
    for make in MAKES.values():
        pins, codes, keypad, hub, window, proof = documented[f"{make.brand} {make.model}"]
        shortest, longest = make.code_lengths[0], make.code_lengths[-1]
        digits = f"{shortest}" if shortest == longest else f"{shortest}–{longest}"
        assert pins.startswith(f"{digits} digits")
        assert ("offline codes" in pins) is make.computes_offline
        assert ("chosen by the maker" in pins) is make.assigns_pins
        assert ("offline codes only" in pins) is not make.takes_online_codes
        assert codes == str(make.usable_codes)
        assert keypad == ("built in" if make.has_built_in_keypad else "separate")
        assert hub.startswith(("yes", "for online")) is make.needs_hub
        assert window.startswith("yes") is make.keeps_window
        assert ("time zone" in window) is make.needs_zone
        assert ("before the start" in window) is make.needs_future_start
        assert proof == proof_of(make)


def test_there_are_as_many_faults_as_promised():
    assert "more than thirty ways" in README
    assert len(Fault) > 30


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_targets_and_paths_are_there(name):
    text = (ROOT / name).read_text()
    makefile = (ROOT / "Makefile").read_text()

    targets = set(re.findall(r"(?:^|[`\s])make ([a-z]+)(?=[\s`;]|$)", text, re.MULTILINE))
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    paths = re.findall(r"`((?:tests|locksite|properties|accesscodes)/[\w/]+\.py)`", text)

    assert [each for each in targets if f"\n{each}:" not in makefile] == []
    assert [each for each in [*links, *paths] if not (ROOT / each).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_named_after_manage_py_exist(name):
    text = (ROOT / name).read_text()
    ours = {path.stem for path in ROOT.glob("*/**/management/commands/[a-z]*.py")}
    django = {"migrate", "collectstatic", "check", "createsuperuser", "makemigrations"}

    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= ours | django
