"""Every page tells the age of the account's report and of the codes in the same words.

"Read just now" beside "last read 5 h ago" was true of both and helped nobody.
"""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.engine.watchdog import watch
from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from properties.models import Device
from tests.desk.html import words
from tests.desk.test_locks import stay

pytestmark = pytest.mark.django_db

STRAY = re.compile(
    r"(?<!not )\bchecked (again|just now|at|today|\d)"
    r"|\bnot checked yet"
    r"|\block (was |last |never )*read\b"
    r"|\blast (checked|read|reading)\b"
    r"|\bread this lock\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "text",
    [
        "checked just now",
        "last checked today 14:00",
        "not checked yet",
        "Lock read 5 min ago.",
        "The lock was never read.",
        "Lock last read: today 15:42",
        "Last read on 1 Nov.",
        "Checked again at 11:00:02",
        "Locksite has not read this lock yet.",
    ],
)
def test_the_old_words_would_be_noticed(text):
    assert STRAY.search(text)


def pages(desk, world, code):
    """Yield each page that tells the age of anything, with its text."""
    slug = world.property.slug
    for name in ("arrivals", "lock-list", "code-list", "choose-door", "activity", "shift"):
        yield name, words(desk.get(reverse(name, args=[slug])), "main")
    for name in ("lock-detail", "lock-maintenance", "code-issue"):
        yield name, words(desk.get(reverse(name, args=[slug, world.device().uid])), "main")
    for name in ("code-detail", "code-now", "code-record", "slip"):
        yield name, words(desk.get(reverse(name, args=[slug, code.uid])), "main")


@pytest.mark.parametrize(
    ("reported", "read"), [(0, 0), (5, 90), (90, 5), (90, 90), (None, None)], ids=str
)
def test_no_page_tells_an_age_in_other_words(desk, world, reported, read):
    stay(world, timedelta(hours=2))
    code = issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    world.run(minutes=1)

    def ago(minutes):
        return None if minutes is None else world.now - timedelta(minutes=minutes)

    Device.objects.update(reported_at=ago(reported), last_read_at=ago(read))
    watch(world.now)
    seen = dict(pages(desk, world, AccessCode.objects.get(pk=code.pk)))

    assert {name: STRAY.findall(text) for name, text in seen.items() if STRAY.search(text)} == {}
    said = {None: "has not reported yet", 0: "reported just now", 5: "reported 5 min ago"}
    report = f"Account {said.get(reported, 'reported 1 h 30 min ago')}"
    assert report in seen["lock-detail"]
    assert report.lower() in seen["lock-detail"]  # at the head of what was checked as well
    codes = {None: "Codes never read", 0: "Codes read just now", 5: "Codes read 5 min ago"}
    assert codes.get(read, "Codes read 1 h 30 min ago") in seen["lock-detail"]
