"""Who may import whom, read off the syntax trees. A module that is not in the map fails."""

import ast
import sys
from enum import IntEnum
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("locksite", "properties", "accesscodes")


class Layer(IntEnum):
    WORDS = 0  # leaves: words in columns, errors, values
    DECISIONS = 1  # pure functions
    RECORDS = 2  # rows
    WORK = 3  # everything that changes something
    SHELL = 4  # what edges share: the wire, fragments, template tags
    EDGE = 5  # where requests, people and processes come in


# The first pattern that fits counts.
LAYERS = (
    ("locksite.ages", Layer.WORDS),
    ("locksite.errors", Layer.WORDS),
    ("locksite.doors", Layer.WORDS),
    ("locksite.http", Layer.WORDS),
    ("locksite.local_time", Layer.WORDS),
    ("locksite.masked", Layer.WORDS),
    ("locksite.actors", Layer.WORDS),
    ("properties.stamps", Layer.WORDS),
    ("*.choices", Layer.WORDS),
    ("locksite.partners.webhook_schedule", Layer.DECISIONS),
    ("locksite.partners.webhook_types", Layer.DECISIONS),
    ("locksite.partners.webhook_urls", Layer.DECISIONS),
    ("accesscodes.values", Layer.DECISIONS),
    ("accesscodes.confidence", Layer.DECISIONS),
    ("accesscodes.due", Layer.DECISIONS),
    ("accesscodes.groups", Layer.DECISIONS),
    ("accesscodes.lateness", Layer.DECISIONS),
    ("accesscodes.slot_forecast", Layer.DECISIONS),
    ("accesscodes.near_names", Layer.DECISIONS),
    ("accesscodes.pool_rules", Layer.DECISIONS),
    ("accesscodes.lifecycle", Layer.DECISIONS),
    ("accesscodes.entries", Layer.DECISIONS),
    ("accesscodes.planning", Layer.DECISIONS),
    ("accesscodes.pin_rules", Layer.DECISIONS),
    ("accesscodes.drift", Layer.DECISIONS),
    ("accesscodes.digits", Layer.DECISIONS),
    ("accesscodes.alarm_causes", Layer.DECISIONS),
    ("accesscodes.alarm_facts", Layer.DECISIONS),
    ("accesscodes.alarms", Layer.DECISIONS),
    ("accesscodes.events", Layer.DECISIONS),
    ("accesscodes.foreign", Layer.DECISIONS),
    ("properties.capabilities", Layer.DECISIONS),
    ("properties.changes", Layer.DECISIONS),
    ("properties.explanation", Layer.DECISIONS),
    ("properties.lock_causes", Layer.DECISIONS),
    ("properties.lock_checks", Layer.DECISIONS),
    ("properties.lock_facts", Layer.DECISIONS),
    ("properties.offline_windows", Layer.DECISIONS),
    ("properties.providers.base", Layer.DECISIONS),
    ("properties.providers.seam.devices", Layer.DECISIONS),
    ("properties.providers.seam.fields", Layer.DECISIONS),
    ("properties.providers.seam.mapping", Layer.DECISIONS),
    ("properties.providers.seam.values", Layer.DECISIONS),
    ("properties.providers.seam.webhooks", Layer.DECISIONS),
    ("properties.providers.virtual.acceptance", Layer.DECISIONS),
    ("properties.providers.virtual.assigning", Layer.DECISIONS),
    ("properties.providers.virtual.body", Layer.DECISIONS),
    ("properties.providers.virtual.brands", Layer.DECISIONS),
    ("properties.providers.virtual.catalogue", Layer.DECISIONS),
    ("properties.providers.virtual.keypad", Layer.DECISIONS),
    ("properties.providers.virtual.makes", Layer.DECISIONS),
    ("properties.providers.virtual.memory", Layer.DECISIONS),
    ("properties.providers.virtual.mishaps", Layer.DECISIONS),
    ("properties.providers.virtual.offline", Layer.DECISIONS),
    ("properties.providers.virtual.report", Layer.DECISIONS),
    ("properties.providers.virtual.traits", Layer.DECISIONS),
    ("locksite.pins", Layer.RECORDS),
    ("locksite.database", Layer.RECORDS),
    ("locksite.journal.triggers", Layer.RECORDS),
    ("*.models", Layer.RECORDS),
    ("*.services", Layer.WORK),
    ("accesscodes.attempts", Layer.WORK),
    ("accesscodes.bolts", Layer.WORK),
    ("accesscodes.devices", Layer.WORK),
    ("accesscodes.engine_health", Layer.WORK),
    ("accesscodes.known_pins", Layer.WORK),
    ("accesscodes.ledger", Layer.WORK),
    ("accesscodes.linked", Layer.WORK),
    ("accesscodes.offline", Layer.WORK),
    ("accesscodes.openings", Layer.WORK),
    ("accesscodes.pool", Layer.WORK),
    ("accesscodes.shift_notes", Layer.WORK),
    ("accesscodes.simulation", Layer.WORK),
    ("accesscodes.takeover", Layer.WORK),
    ("accesscodes.timeline", Layer.WORK),
    ("accesscodes.unmanaged", Layer.WORK),
    ("accesscodes.engine.*", Layer.WORK),
    ("locksite.partners.auth", Layer.WORK),
    ("locksite.partners.rates", Layer.WORK),
    ("locksite.partners.repeats", Layer.WORK),
    ("locksite.partners.deliveries", Layer.WORK),
    ("locksite.partners.sending", Layer.WORK),
    ("locksite.partners.webhook_network", Layer.WORK),
    ("locksite.partners.webhooks", Layer.WORK),
    ("properties.event_reach", Layer.WORK),
    ("properties.providers.*", Layer.WORK),
    ("properties.connecting", Layer.WORK),
    ("properties.notices", Layer.WORK),
    ("properties.past", Layer.WORK),
    ("properties.simulation", Layer.WORK),
    ("properties.preferences", Layer.WORK),
    ("properties.staff", Layer.WORK),
    ("properties.sync", Layer.WORK),
    ("locksite.admin_kit", Layer.SHELL),
    ("locksite.htmx", Layer.SHELL),
    ("locksite.visitors", Layer.SHELL),
    ("locksite.templatetags.*", Layer.SHELL),
    ("locksite.wire.*", Layer.SHELL),
    ("*.admin", Layer.EDGE),
    ("*.apps", Layer.EDGE),
    ("*.checks", Layer.EDGE),
    ("*.api.*", Layer.EDGE),
    ("*.web.*", Layer.EDGE),
    ("*.management.commands.*", Layer.EDGE),
    ("locksite.first_keys", Layer.EDGE),
    ("locksite.health", Layer.EDGE),
    ("locksite.launch", Layer.EDGE),
    ("locksite.reference.*", Layer.EDGE),
    ("locksite.settings", Layer.EDGE),
    ("locksite.urls", Layer.EDGE),
    ("locksite.wsgi", Layer.EDGE),
)

# Which apps an app stands on, besides itself.
STANDS_ON = {
    "site": set(),
    "journal": {"site"},
    "properties": {"site", "journal"},
    "partners": {"site", "journal", "properties"},
    "accesscodes": {"site", "journal", "properties"},
}

# What shell and edges may reach beyond that: a request comes with a key, an engine sends webhooks.
EDGES_REACH = {
    "site": {"journal", "properties", "partners", "accesscodes"},
    "journal": set(),
    "properties": {"partners"},
    "partners": set(),
    "accesscodes": {"partners"},
}

# What words and decisions may use beyond the standard library.
LIBRARIES = {
    "accesscodes.choices": {"django.db.models"},
    "locksite.partners.choices": {"django.db.models"},
    "locksite.partners.webhook_urls": {"urllib3.exceptions", "urllib3.util"},
    "properties.choices": {"django.db.models"},
    "locksite.doors": {"requests"},
    "locksite.http": {"requests", "requests.adapters", "requests.exceptions", "urllib3"},
}

# Below the engine and the providers, the world is reached through `Doors` alone.
BEHIND_DOORS = ("accesscodes.engine.", "properties.providers.")
SHUT = {"time", "random", "requests", "urllib.request", "http.client", "django.utils.timezone"}
CLOCKS = {"datetime", "date", "timezone"}
READINGS = {"now", "utcnow", "today", "localtime", "localdate"}


def layer_of(module):
    return next((layer for pattern, layer in LAYERS if fnmatchcase(module, pattern)), None)


def app_of(module):
    for app in ("journal", "partners"):
        if f"{module}.".startswith(f"locksite.{app}."):
            return app
    top = module.partition(".")[0]
    return "site" if top == "locksite" else top


def is_ours(module):
    return module.partition(".")[0] in PACKAGES


def sources():
    """Return every module of ours with its source; empty modules and migrations say nothing."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            text = path.read_text()
            if "migrations" in parts or (parts[-1] == "__init__" and not text.strip()):
                continue
            found[".".join(parts).removesuffix(".__init__")] = text
    return found


SOURCES = sources()


def imports_of(module, tree, known):
    """Yield (name, line) of all imports; `from a import b` gives a.b where that is a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")[: -node.level]
                base = ".".join([*above, base]).strip(".")
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                is_module = whole in known or (not is_ours(base) and whole in SHUT)
                yield (whole if is_module else base), node.lineno


def violations(module, source, known=SOURCES):
    """Return a sentence for everything in `source` that a module of this name must not do."""
    tree = ast.parse(source)
    layer, app = layer_of(module), app_of(module)
    if layer is None:
        return [f"{module} is not in the map: give it a layer in tests/test_layers.py"]
    said = []

    def say(line, sentence):
        said.append(f"{module}:{line} {sentence}")

    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    say(node.lineno, "imports inside a function")

    for name, line in imports_of(module, tree, known):
        if module.startswith(BEHIND_DOORS) and name in SHUT:
            say(line, f"goes past the doors: {name}")
        if not is_ours(name):
            is_standard = name.partition(".")[0] in sys.stdlib_module_names
            allowed = is_standard or name in LIBRARIES.get(module, ())
            if layer <= Layer.DECISIONS and not allowed:
                say(line, f"is pure and imports {name}")
            continue
        target, target_app = layer_of(name), app_of(name)
        if target is None:
            continue  # said about that module itself
        if target > layer:
            say(line, f"is {layer.name.lower()} and imports {name}, {target.name.lower()}")
        reach = {app, *STANDS_ON[app], *(EDGES_REACH[app] if layer >= Layer.SHELL else ())}
        if target_app not in reach:
            say(line, f"belongs to {app} and imports {name}")
        if target is Layer.EDGE and target_app != app and target_app in reach:
            say(line, f"imports an edge of another app: {name}")

    if layer <= Layer.WORK and module != "locksite.doors":
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in READINGS:
                owner = node.value
                word = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                if word in CLOCKS:
                    say(node.lineno, f"reads a clock: {word}.{node.attr}")
    return said


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_imports_only_what_its_layer_may(module):
    assert violations(module, SOURCES[module]) == []


def test_the_map_holds_no_pattern_for_modules_that_are_long_gone():
    exact = {pattern for pattern, _ in LAYERS if "*" not in pattern}

    assert exact - set(SOURCES) == set()


# ---- The test itself can fail

KNOWN = {
    "accesscodes.lifecycle",
    "accesscodes.models",
    "accesscodes.services",
    "accesscodes.web.views",
    "locksite.htmx",
    "locksite.partners.models",
    "locksite.wire.views",
    "properties.models",
    "properties.providers.base",
    "properties.web.views",
}


@pytest.mark.parametrize(
    ("module", "source", "sentence"),
    [
        (
            "accesscodes.lifecycle",
            "from accesscodes.models import AccessCode",
            "is decisions and imports accesscodes.models, records",
        ),
        (
            "accesscodes.lifecycle",
            "from accesscodes import models",
            "is decisions and imports accesscodes.models, records",
        ),
        (
            "accesscodes.lifecycle",
            "from . import models",
            "is decisions and imports accesscodes.models, records",
        ),
        ("accesscodes.pin_rules", "import django", "is pure and imports django"),
        (
            "accesscodes.models",
            "if TYPE_CHECKING:\n    import accesscodes.services",
            "is records and imports accesscodes.services, work",
        ),
        (
            "properties.models",
            "from accesscodes.models import AccessCode",
            "belongs to properties and imports accesscodes.models",
        ),
        (
            "properties.providers.virtual.driver",
            "import accesscodes.models",
            "belongs to properties and imports accesscodes.models",
        ),
        (
            "accesscodes.services",
            "from locksite.partners.models import ApiKey",
            "belongs to accesscodes and imports locksite.partners.models",
        ),
        (
            "properties.web.views",
            "from accesscodes.models import AccessCode",
            "belongs to properties and imports accesscodes.models",
        ),
        (
            "accesscodes.services",
            "from locksite.wire.views import RpcView",
            "is work and imports locksite.wire.views, shell",
        ),
        (
            "properties.sync",
            "from locksite import htmx",
            "is work and imports locksite.htmx, shell",
        ),
        (
            "accesscodes.web.views",
            "from properties.web import views",
            "imports an edge of another app: properties.web.views",
        ),
        (
            "accesscodes.admin",
            "def f():\n    from accesscodes import models",
            "imports inside a function",
        ),
        ("accesscodes.engine.worker", "import time", "goes past the doors: time"),
        ("accesscodes.engine.worker", "from random import random", "goes past the doors: random"),
        (
            "properties.providers.seam.client",
            "import urllib.request",
            "goes past the doors: urllib.request",
        ),
        (
            "properties.providers.seam.client",
            "from django.utils import timezone",
            "goes past the doors: django.utils.timezone",
        ),
        ("accesscodes.ledger", "x = datetime.now(UTC)", "reads a clock: datetime.now"),
        ("accesscodes.models", "f(default=timezone.now)", "reads a clock: timezone.now"),
        ("accesscodes.services", "x = datetime.date.today()", "reads a clock: date.today"),
        ("properties.mystery", "", "is not in the map"),
    ],
)
def test_a_forbidden_import_is_caught(module, source, sentence):
    [said] = violations(module, source, KNOWN)

    assert sentence in said


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("accesscodes.lifecycle", "from properties.providers.base import Capabilities"),
        (
            "accesscodes.models",
            "from accesscodes import lifecycle\nfrom properties.models import Device",
        ),
        ("accesscodes.web.views", "from accesscodes import services\nfrom locksite import htmx"),
        ("accesscodes.web.views", "from django.utils import timezone\nnow = timezone.now()"),
        ("accesscodes.management.commands.run_engine", "import locksite.partners.models"),
        ("accesscodes.engine.worker", "import threading\nfrom datetime import datetime"),
    ],
)
def test_what_is_allowed_is_left_alone(module, source):
    assert violations(module, source, KNOWN) == []
