"""What every fault of a lock looks like from the door, the desk and the wire, and how it heals."""

from datetime import timedelta

import pytest
from django.utils import timezone

from properties.choices import Fault
from tests.accesscodes.fault_stories import STORIES, off, on
from tests.accesscodes.telling import Tale

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture(autouse=True)
def _everybody_reads_the_hand_moved_clock(clock, monkeypatch):
    monkeypatch.setattr(timezone, "now", clock)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_it_is_told_from_every_side_and_heals(story, clock):
    tale = Tale(story.make, clock=clock, traits=dict(story.traits))
    story.given(tale)
    done = story.done or (lambda tale: on(tale, story.fault))
    undone = story.undone or (lambda tale: off(tale, story.fault))

    def issue():
        dates = {}
        if story.dates is not None:
            starts_in, ends_in = story.dates
            dates["starts_at"] = tale.now + timedelta(minutes=starts_in)
            dates["ends_at"] = tale.now + timedelta(minutes=ends_in)
        tale.code = tale.issue(**dates)

    if story.is_new:
        done(tale)
        issue()
        begun = tale.now
    else:
        issue()
        tale.live(minutes=2)
        begun = tale.now
        done(tale)

    tale.live(seconds=60 * story.lasts - (tale.now - begun).total_seconds())
    assert tale.told() == story.told
    assert tale.problems(begun) == story.problems
    assert tale.says() == story.says

    undone(tale)
    tale.live(minutes=story.heals)
    assert (tale.told(), tale.problems(begun)) == (story.after, {})


def test_every_fault_has_a_story():
    assert set(Fault) - {story.fault for story in STORIES} == set()
