"""What is required is used, what is used is required, and every version is pinned with a hash."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"locksite", "properties", "accesscodes", "tests", "benchmarks"}

# Used without an import: a program, data, and what settings name as text.
UNIMPORTED = {"granian", "tzdata", "whitenoise", "django-axes"}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def named_in(path):
    """Return the distributions that a .in file names itself."""
    text = (ROOT / "requirements" / path).read_text()
    return {normal(name) for name in re.findall(r"^\w[\w.-]*", text, re.MULTILINE)}


def used_by(*folders):
    """Return the distributions whose packages are imported below these folders."""
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    names = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    found = packages_distributions()
    foreign = names - OURS - set(sys.stdlib_module_names)
    return {normal(found[name][0]) if name in found else name for name in foreign}


def test_what_the_application_imports_is_required_and_the_other_way_round():
    used = used_by("locksite", "properties", "accesscodes")

    assert used | UNIMPORTED == named_in("run.in")


def test_what_the_tests_import_is_required():
    allowed = named_in("run.in") | named_in("postgres.in") | named_in("test.in")

    assert used_by("tests", "benchmarks") <= allowed


@pytest.mark.parametrize("name", ["run", "postgres", "test", "develop"])
def test_every_version_is_pinned_with_a_hash_and_names_no_index(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.split(r"\n(?=\w)", text)[1:]

    assert entries
    assert [each for each in entries if not re.match(r"[\w.\[\],-]+==", each)] == []
    assert [each for each in entries if "--hash=sha256:" not in each] == []
    assert "://" not in text
    assert named_in(f"{name}.in") <= {normal(re.split(r"[=\[]", e)[0]) for e in entries}
