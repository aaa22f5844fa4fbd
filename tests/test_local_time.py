"""A wall clock and instants: what does not exist, what happens twice, in every zone there is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accesscodes.choices import Kind
from accesscodes.web.forms import WhenForm
from accesscodes.web.stays import Stay, quick_stays
from locksite.local_time import (
    Exact,
    Skipped,
    Twice,
    Written,
    as_written,
    at_wall,
    clock,
    offset_name,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def written_as(*parts: int) -> datetime:
    """Return a time as it stands on a form: without a zone."""
    return datetime(*parts)  # noqa: DTZ001


# ---- Single times


@pytest.mark.parametrize(
    ("written", "zone", "meant"),
    [
        ((2026, 11, 26, 15, 0), BERLIN, Exact(datetime(2026, 11, 26, 14, 0, tzinfo=UTC))),
        ((2026, 7, 1, 15, 0), BERLIN, Exact(datetime(2026, 7, 1, 13, 0, tzinfo=UTC))),
        ((2026, 3, 29, 1, 59), BERLIN, Exact(datetime(2026, 3, 29, 0, 59, tzinfo=UTC))),
        ((2026, 3, 29, 3, 0), BERLIN, Exact(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))),
        ((2026, 3, 8, 3, 0), NEW_YORK, Exact(datetime(2026, 3, 8, 7, 0, tzinfo=UTC))),
    ],
)
def test_an_ordinary_time_names_one_instant(written, zone, meant):
    assert at_wall(written_as(*written), zone) == meant


@pytest.mark.parametrize(
    ("written", "zone", "resumes"),
    [
        ((2026, 3, 29, 2, 0), "Europe/Berlin", "2026-03-29T03:00:00+02:00"),
        ((2026, 3, 29, 2, 30), "Europe/Berlin", "2026-03-29T03:00:00+02:00"),
        ((2026, 3, 29, 2, 59, 59, 999000), "Europe/Berlin", "2026-03-29T03:00:00+02:00"),
        ((2026, 3, 8, 2, 30), "America/New_York", "2026-03-08T03:00:00-04:00"),
        # winter is the odd season by law; the clocks do as everywhere
        ((2026, 3, 29, 1, 30), "Europe/Dublin", "2026-03-29T02:00:00+01:00"),
        # half an hour only
        ((2026, 10, 4, 2, 15), "Australia/Lord_Howe", "2026-10-04T02:30:00+11:00"),
        # after Ramadan
        ((2026, 3, 22, 2, 30), "Africa/Casablanca", "2026-03-22T03:00:00+01:00"),
        # a whole day, over the date line
        ((2011, 12, 30, 12, 0), "Pacific/Apia", "2011-12-31T00:00:00+14:00"),
        # in the middle of a minute
        ((1972, 1, 7, 0, 20), "Africa/Monrovia", "1972-01-07T00:44:30+00:00"),
    ],
)
def test_a_time_that_clocks_skip_says_when_they_go_on(written, zone, resumes):
    meant = at_wall(written_as(*written), ZoneInfo(zone))

    assert meant == Skipped(datetime.fromisoformat(resumes).astimezone(ZoneInfo(zone)))
    assert meant.resumes_at.isoformat() == resumes


@pytest.mark.parametrize(
    ("written", "zone", "first", "second"),
    [
        ((2026, 10, 25, 2, 30), "Europe/Berlin", "UTC+2", "UTC+1"),
        ((2026, 10, 25, 1, 30), "Europe/Dublin", "UTC+1", "UTC+0"),
        ((2026, 4, 5, 1, 45), "Australia/Lord_Howe", "UTC+11", "UTC+10:30"),
        ((2026, 2, 15, 2, 30), "Africa/Casablanca", "UTC+1", "UTC+0"),
        # a whole day, over the date line
        ((1969, 9, 30, 12, 0), "Pacific/Kwajalein", "UTC+11", "UTC-12"),
    ],
)
def test_a_time_that_happens_twice_asks_which_one(written, zone, first, second):
    asked = at_wall(written_as(*written), ZoneInfo(zone))
    answers = [at_wall(written_as(*written), ZoneInfo(zone), fold) for fold in (0, 1)]

    assert isinstance(asked, Twice)
    assert [offset_name(asked.first), offset_name(asked.second)] == [first, second]
    assert answers == [Exact(asked.first.astimezone(UTC)), Exact(asked.second.astimezone(UTC))]
    assert answers[0].at < answers[1].at


@given(
    st.datetimes(written_as(2020, 1, 1), written_as(2031, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.sampled_from([None, 0, 1]),
)
def test_what_is_accepted_reads_back_as_it_was_written(written, name, fold):
    zone = ZoneInfo(name)

    meant = at_wall(written, zone, fold)

    match meant:
        case Exact(at):
            assert at.astimezone(zone).replace(tzinfo=None) == written
        case Skipped(resumes_at):
            assert resumes_at.replace(tzinfo=None) > written
        case Twice(first, second):
            assert fold is None
            assert second - first.astimezone(UTC) > timedelta(0)


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(2026, 11, 26, 14, tzinfo=UTC), Written(date(2026, 11, 26), "15:00", None)),
        (
            datetime(2026, 11, 26, 14, 0, 30, tzinfo=UTC),
            Written(date(2026, 11, 26), "15:00:30", None),
        ),
        (
            datetime(2026, 11, 26, 14, 0, 0, 500000, tzinfo=UTC),
            Written(date(2026, 11, 26), "15:00:00.500", None),
        ),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), Written(date(2026, 10, 25), "02:30", 0)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), Written(date(2026, 10, 25), "02:30", 1)),
    ],
)
def test_an_instant_is_written_with_all_that_is_needed_to_read_it_back(at, written):
    assert as_written(at, BERLIN) == written


def test_a_clock_names_its_offset_only_where_it_shows_a_time_twice():
    times = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (23 - 24 + 1, 1, 2)]

    assert [clock(at, BERLIN) for at in times] == ["02:30 UTC+2", "02:30 UTC+1", "03:30"]
    assert clock(times[0], BERLIN, seconds=True) == "02:30:00 UTC+2"


def test_an_offset_has_a_name():
    assert offset_name(datetime(2026, 7, 1, tzinfo=BERLIN)) == "UTC+2"
    assert offset_name(datetime(2026, 7, 1, tzinfo=NEW_YORK)) == "UTC-4"
    assert offset_name(datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Kolkata"))) == "UTC+5:30"


# ---- Every change of every zone


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` (aware UTC) the offset goes from `before` to `after`."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def is_gap(self) -> bool:
        return self.after > self.before

    def wall(self, offset: timedelta) -> datetime:
        """Return what a clock with this offset shows at the change."""
        return (self.at + offset).replace(tzinfo=None)


def offset_at(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def changes_of(zone: ZoneInfo) -> Iterator[Change]:
    """Yield the changes of offset from 2025 to 2030: day by day, then by halves."""
    at, offset = FIRST, offset_at(zone, FIRST)
    while at < LAST:
        later = at + timedelta(days=1)
        if (new := offset_at(zone, later)) != offset:
            low, high = at, later
            while high - low > SECOND:
                middle = low + (high - low) / 2
                middle = middle.replace(microsecond=0)
                low, high = (middle, high) if offset_at(zone, middle) == offset else (low, middle)
            yield Change(high, offset, new)
            offset = new
        at = later


@cache
def zones_that_change() -> dict[tuple[Change, ...], list[str]]:
    """Return the names of all zones with a change, by their changes: aliases stand together."""
    found: dict[tuple[Change, ...], list[str]] = {}
    for name in sorted(available_timezones()):
        if changes := tuple(changes_of(ZoneInfo(name))):
            found.setdefault(changes, []).append(name)
    return found


def every_change() -> Iterator[tuple[str, ZoneInfo, Change]]:
    """Yield one zone of each set of aliases with each of its changes."""
    for changes, names in zones_that_change().items():
        for change in changes:
            yield names[0], ZoneInfo(names[0]), change


def test_all_zones_with_a_change_from_2025_to_2030_are_found(capsys):
    zones = zones_that_change()
    names = {name for aliases in zones.values() for name in aliases}
    changes = sum(len(changes) for changes in zones)
    pairs = sum(len(changes) * len(aliases) for changes, aliases in zones.items())
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(names)} zones change their clocks in 2025–2030 ({len(zones)} sets of rules): "
            f"{pairs} changes, {changes} of them different"
        )

    # Of each kind that there is, one.
    usual = {"Europe/Berlin", "America/New_York", "America/Santiago", "Pacific/Auckland"}
    odd = {"Australia/Lord_Howe", "Europe/Dublin", "Africa/Casablanca", "Africa/Cairo"}
    assert (usual | odd) - names == set()
    assert len(names) > 150
    [casablanca] = (key for key, aliases in zones.items() if "Africa/Casablanca" in aliases)
    # back before Ramadan and forward after it; the second Ramadan of 2030 ends in 2031
    assert [change.is_gap for change in casablanca] == [False, True] * 6 + [False]
    [lord_howe] = (key for key, aliases in zones.items() if "Australia/Lord_Howe" in aliases)
    assert {abs(change.after - change.before) for change in lord_howe} == {timedelta(minutes=30)}


def test_at_both_edges_of_every_gap_a_time_is_exact_or_refused_with_the_next_one():
    checked = 0
    for name, zone, change in every_change():
        if not change.is_gap:
            continue
        start, end = change.wall(change.before), change.wall(change.after)
        inside = (start, start + MINUTE, start + (end - start) / 2, end - MINUTE, end - SECOND)

        assert at_wall(start - SECOND, zone) == Exact(change.at - SECOND), name
        assert at_wall(end, zone) == Exact(change.at), name
        for written in inside:
            for fold in (None, 0, 1):
                meant = at_wall(written, zone, fold)
                assert isinstance(meant, Skipped), (name, written)
                assert meant.resumes_at.astimezone(UTC) == change.at, (name, written)
                offered = meant.resumes_at.replace(tzinfo=None)
                assert at_wall(offered, zone) == Exact(change.at), (name, written)
        checked += 1
    assert checked > 100


def test_at_both_edges_of_every_overlap_a_time_is_exact_or_asked_back():
    checked = 0
    for name, zone, change in every_change():
        if change.is_gap:
            continue
        start, end = change.wall(change.after), change.wall(change.before)
        lasts = end - start

        assert at_wall(start - SECOND, zone) == Exact(change.at - lasts - SECOND), name
        assert at_wall(end, zone) == Exact(change.at + lasts), name
        for written in (start, start + MINUTE, start + lasts / 2, end - SECOND):
            second = change.at + (written - start)
            first = second - lasts
            asked = at_wall(written, zone)
            assert isinstance(asked, Twice), (name, written)
            both = [asked.first.astimezone(UTC), asked.second.astimezone(UTC)]
            assert both == [first, second], (name, written)
            assert offset_name(asked.first) != offset_name(asked.second)
            assert at_wall(written, zone, 0) == Exact(first), (name, written)
            assert at_wall(written, zone, 1) == Exact(second), (name, written)
        checked += 1
    assert checked > 100


def test_around_every_change_each_instant_is_written_read_back_and_shown_as_itself():
    checked = 0
    for name, zone, change in every_change():
        shown = set()
        instants = [change.at + step * timedelta(minutes=5) for step in range(-36, 37)]
        instants += [change.at - SECOND, change.at + SECOND]
        for at in instants:
            written = as_written(at, zone)
            on_form = datetime.combine(written.day, time.fromisoformat(written.time))
            assert at_wall(on_form, zone, written.fold) == Exact(at), (name, at)
            shown.add((written.day, clock(at, zone, seconds=True)))
        assert len(shown) == len(instants), name
        checked += len(instants)
    assert checked > 10_000


# ---- Stays


def instant(day: str, clock: str, zone: ZoneInfo) -> datetime | None:
    meant = at_wall(datetime.combine(date.fromisoformat(day), time.fromisoformat(clock)), zone)
    return meant.at if isinstance(meant, Exact) else None


def length(stay: Stay, zone: ZoneInfo) -> timedelta | None:
    starts_at = instant(stay.start_date, stay.start_time, zone)
    ends_at = instant(stay.end_date, stay.end_time, zone)
    return None if starts_at is None or ends_at is None else ends_at - starts_at


def test_where_only_the_future_is_taken_a_stay_from_now_begins_within_five_minutes():
    now = datetime.fromisoformat("2026-11-24T20:03:20+00:00")

    stays = quick_stays(now, BERLIN, time(15), time(11), is_ahead=True)

    for stay in stays:
        if stay.key in {"tonight", "walk-in"}:
            starts_at = instant(stay.start_date, stay.start_time, BERLIN)
            assert starts_at is not None
            assert now < starts_at <= now + timedelta(minutes=5)


def test_a_night_over_any_change_lasts_from_wall_to_wall():
    three, checked = time(15), 0
    for name, zone, change in every_change():
        eve = (change.wall(change.before) - timedelta(hours=15)).date()
        now = instant(eve.isoformat(), "09:00", zone)
        assert now is not None

        tonight, two, *_ = quick_stays(now, zone, three, three)

        day = timedelta(days=1) - (change.after - change.before)
        assert (tonight.start_time, tonight.end_time) == ("15:00", "15:00")
        assert length(tonight, zone) == day, (name, change)
        assert length(two, zone) == day + timedelta(days=1), (name, change)
        checked += 1
    assert checked > 200


@pytest.mark.parametrize(
    ("eve", "hours"), [("2026-03-28", 23), ("2026-10-24", 25), ("2026-11-23", 24)]
)
def test_three_in_the_afternoon_until_three_the_next_day_is_23_24_or_25_hours(eve, hours):
    now = datetime.fromisoformat(f"{eve}T09:00+00:00")

    tonight = quick_stays(now, BERLIN, time(15), time(15))[0]

    assert length(tonight, BERLIN) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "stays"),
    [
        (  # a Monday before check-in
            datetime(2026, 11, 23, 10, 2, tzinfo=UTC),
            {
                "tonight": "2026-11-23 15:00 2026-11-24 11:00",
                "two": "2026-11-23 15:00 2026-11-25 11:00",
                "weekend": "2026-11-27 15:00 2026-11-29 11:00",
                "week": "2026-11-23 15:00 2026-11-30 11:00",
                "walk-in": "2026-11-23 11:00 2026-11-24 11:00",
            },
        ),
        (  # a Saturday evening, by the house's own day; in London it is still Saturday
            datetime(2026, 11, 28, 23, 32, 59, 7, tzinfo=UTC),
            {
                "tonight": "2026-11-29 15:00 2026-11-30 11:00",
                "two": "2026-11-29 15:00 2026-12-01 11:00",
                "weekend": "2026-11-29 15:00 2026-11-30 11:00",
                "week": "2026-11-29 15:00 2026-12-06 11:00",
                "walk-in": "2026-11-29 00:30 2026-11-30 11:00",
            },
        ),
        (  # after check-in: from now, on a round minute
            datetime(2026, 11, 27, 16, 34, 59, tzinfo=UTC),
            {
                "tonight": "2026-11-27 17:30 2026-11-28 11:00",
                "two": "2026-11-27 17:30 2026-11-29 11:00",
                "weekend": "2026-11-27 17:30 2026-11-29 11:00",
                "week": "2026-11-27 17:30 2026-12-04 11:00",
                "walk-in": "2026-11-27 17:30 2026-11-28 11:00",
            },
        ),
    ],
)
def test_the_usual_stays(now, stays):
    found = quick_stays(now, BERLIN, time(15), time(11))

    assert {
        stay.key: f"{stay.start_date} {stay.start_time} {stay.end_date} {stay.end_time}"
        for stay in found
    } == stays


# ---- What the form does with it


def form(zone: ZoneInfo, start: datetime, fold: str = "") -> WhenForm:
    end = start + timedelta(days=7)
    data = {
        "kind": str(Kind.TIME_BOUND),
        "start_date": start.date().isoformat(),
        "start_time": start.time().isoformat(),
        "start_fold": fold,
        "end_date": end.date().isoformat(),
        "end_time": "12:00",
    }
    form = WhenForm(data, zone=zone, now=FIRST)
    form.is_valid()
    return form


def test_the_form_refuses_the_gap_of_every_change_and_takes_the_time_it_offers():
    for name, zone, change in every_change():
        if not change.is_gap:
            continue
        start, end = change.wall(change.before), change.wall(change.after)

        refused, taken = form(zone, start + MINUTE), form(zone, end)

        [message] = refused.errors["start_time"]
        day = "" if end.date() == start.date() else f" on {end.day} {end:%B}"
        assert message == (
            f"{start + MINUTE:%H:%M} does not exist on {start.day} {start:%B} "
            f"(clocks go forward). Use {end:%H:%M}{day}."
        ), name
        assert (refused.starts_at, taken.starts_at) == (None, change.at), name


def test_the_form_asks_about_the_overlap_of_every_change_and_takes_either_answer():
    for name, zone, change in every_change():
        if change.is_gap:
            continue
        lasts = change.before - change.after
        written = change.wall(change.after) + MINUTE

        asked, first, second = (
            form(zone, written),
            form(zone, written, "0"),
            form(zone, written, "1"),
        )

        [question] = asked.questions
        [message] = asked.errors["start_time"]
        assert message == (
            f"{written:%H:%M} happens twice on {written.day} {written:%B}. "
            "Choose which one is meant."
        ), name
        assert (question.first, question.second) == (
            f"First, {offset_name(datetime.combine(written, written.time(), zone))}",
            f"Second, {offset_name(change.at.astimezone(zone))}",
        ), name
        assert asked.starts_at is None
        assert first.starts_at == change.at - lasts + MINUTE, name
        assert second.starts_at == change.at + MINUTE, name
