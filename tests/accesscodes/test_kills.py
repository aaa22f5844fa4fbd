"""Real engines under load: killed, stopped in the middle of a command, doubled, cut off.

Partners ask for something all the time (`tests/traffic.py`). In the end the truth is read from the
locks' own memory and from the rows, past the engine (`tests/evidence.py`). `make bench-kills` runs
the long form, and tells its figures.
"""

import os
import random
import signal
import time

import psycopg
import pytest
import requests

from tests.evidence import (
    COMMANDS,
    STATUSES,
    TOKENS,
    TRANSITIONS,
    Command,
    Step,
    broken_chains,
    broken_promises,
    double_commands,
    needless_commands,
    stale_commits,
)
from tests.hotel import Hotel
from tests.own_postgres import OwnPostgres, binaries
from tests.processes import Site, wait_until
from tests.traffic import Traffic

pytestmark = [pytest.mark.processes, pytest.mark.touches_database]

IS_LONG = os.environ.get("LOCKSITE_TEST_LONG") == "1"
KILLS = int(os.environ.get("LOCKSITE_TEST_KILLS", "200" if IS_LONG else "6"))
STOPS = 5 if IS_LONG else 1
OUTAGES = 20
CODES = 500 if IS_LONG else 40
PER_SECOND = 2.0 if IS_LONG else 5.0
LOCKS = 20
CONVERGED_WITHIN = 600.0
RECOVERED_WITHIN = 30.0
# A dead engine's locks are taken over soon, so that a kill hits new work and not a long wait.
SOON_DEAD = {"LOCKSITE_ENGINE_DEAD_SECONDS": "3"}


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path, settings=SOON_DEAD) as site:
        yield site


@pytest.fixture
def tell(capsys):
    """Print figures past pytest, where there are many."""

    def say(line):
        if IS_LONG:
            with capsys.disabled():
                print(f"\n  {line}", flush=True)  # noqa: T201

    return say


def commands(site):
    return [Command.of(row) for row in site.rows(COMMANDS)]


def unsettled(site):
    query = "SELECT count(*) FROM accesscodes_accesscode WHERE status NOT IN ('set', 'gone')"
    return site.rows(query)[0][0]


def open_commands(site):
    return site.rows("SELECT count(*) FROM accesscodes_lockcommand WHERE outcome = ''")[0][0]


def begun(site):
    return site.rows("SELECT count(*) FROM accesscodes_lockcommand")[0][0]


def wait_for_work(site, commands):
    """Wait until so many more commands were begun."""
    enough = begun(site) + commands
    wait_until(lambda: begun(site) >= enough, f"{commands} more commands")


def settle(site):
    """Wait until every code is where it is wanted; return how many seconds it took."""
    began = time.monotonic()
    wait_until(lambda: unsettled(site) == 0, "everything converged", CONVERGED_WITHIN)
    return time.monotonic() - began


def assert_right(hotel, traffic):
    """Compare locks and rows with what was promised: nothing lost, nothing doubled, no orphan."""
    memory = hotel.memory()
    wrong = {door: broken_promises(traffic.promises(door), memory[door]) for door in memory}
    assert {door: said for door, said in wrong.items() if said} == {}
    steps = [Step(*row) for row in hotel.site.rows(TRANSITIONS)]
    assert broken_chains(steps, dict(hotel.site.rows(STATUSES))) == []
    assert stale_commits(commands(hotel.site), steps, dict(hotel.site.rows(TOKENS))) == []
    assert traffic.refusals == []


def test_an_engine_killed_again_and_again_loses_nothing_and_doubles_nothing(site, tell):
    rand = random.Random(KILLS)
    hotel = Hotel(site, locks=LOCKS, answers=(0.05, 0.4))

    with Traffic(hotel, live=CODES, per_second=PER_SECOND) as traffic:
        for number in range(KILLS):
            wait_for_work(site, rand.randint(1, 8))
            site.kill_engine()
            site.start_engine()
            if number % 20 == 19:
                tell(f"{number + 1} kills, {traffic.acknowledged} requests acknowledged")
    seconds = settle(site)

    assert_right(hotel, traffic)
    cut_off = sum(command.outcome == "lost" for command in commands(site))
    tell(
        f"{KILLS} kills: {cut_off} commands cut off, {begun(site)} in all, "
        f"{traffic.acknowledged} requests acknowledged ({dict(traffic.answers)}), "
        f"converged {seconds:.0f} s after the last start, 0 stale commits"
    )
    assert cut_off > 0, "no engine was killed in the middle of a command"
    assert traffic.answers["acknowledged"] > KILLS


def wait_until_it_notices(engine):
    wait_until(lambda: "was taken over" in engine.output(), "the sleeper notices")


def test_an_engine_stopped_beyond_its_lease_writes_nothing_when_it_goes_on(site, tell):
    hotel = Hotel(site, locks=1, answers=(1.0, 1.5))
    device_id = hotel.devices["Door 0"]
    code = hotel.call("/access_codes/create", device_id=device_id, code="100001").json()
    uid, pins = code["access_code"]["access_code_id"], ["100001"]

    for number in range(STOPS):
        sleeper = site.engine
        wait_until(lambda: open_commands(site) == 1, "a command is under way")
        sleeper.signal(signal.SIGSTOP)
        # The command under way is about this PIN; the wish that the other engine serves is not.
        pins.append(f"20000{number}")
        hotel.call("/access_codes/update", access_code_id=uid, code=pins[-1])
        other = site.start_another_engine()
        settle(site)
        assert hotel.memory() == {"Door 0": [pins[-1]]}
        before = commands(site)
        sleeper.signal(signal.SIGCONT)
        wait_until_it_notices(sleeper)

        assert [command for command in commands(site) if command.token < before[-1].token] == [
            command for command in before if command.token < before[-1].token
        ]
        # What it had sent may have reached the lock by now. The next look finds and mends that.
        sleeper.stop()
        site.engine, site.more_engines = other, []
        pins.append(f"30000{number}")
        hotel.call("/access_codes/update", access_code_id=uid, code=pins[-1])

    settle(site)
    wait_until(lambda: hotel.memory() == {"Door 0": [pins[-1]]}, "the lock is as wanted")
    steps = [Step(*row) for row in site.rows(TRANSITIONS)]
    assert stale_commits(commands(site), steps, dict(site.rows(TOKENS))) == []
    assert broken_chains(steps, dict(site.rows(STATUSES))) == []
    assert sum(command.outcome == "lost" for command in commands(site)) == STOPS
    tell(f"{STOPS} engines stopped beyond their lease: 0 stale commits")


def test_two_engines_at_once_send_nothing_twice(site, tell):
    hotel = Hotel(site, locks=LOCKS)
    other = site.start_another_engine()

    with Traffic(hotel, live=CODES, per_second=10) as traffic:
        wait_until(lambda: traffic.acknowledged >= (1000 if IS_LONG else 60), "traffic", 300)
    seconds = settle(site)

    assert_right(hotel, traffic)
    sent = commands(site)
    assert double_commands(sent) == []
    assert needless_commands(sent) == []
    assert [command for command in sent if command.outcome == "lost"] == []
    engines = site.rows("SELECT count(*) FROM accesscodes_enginebeat WHERE stopped_at IS NULL")
    assert engines == [(2,)]
    assert other.is_running
    tell(f"two engines: {len(sent)} commands, none twice, converged after {seconds:.0f} s")


# ---- A database that restarts


@pytest.fixture
def server():
    if binaries() is None:
        reason = "there is no initdb on this machine"
        if os.environ.get("LOCKSITE_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with OwnPostgres() as server:
        yield server


def newest_beat(site):
    return site.rows("SELECT max(beat_at) FROM accesscodes_enginebeat")[0][0]


def is_back(hotel, beat, sent):
    """Return whether web and engine have worked since: an answer, a sign of life, a command."""
    try:
        return (
            hotel.call("/devices/list").status_code == 200
            and newest_beat(hotel.site) > beat
            and begun(hotel.site) > sent
        )
    except (requests.RequestException, psycopg.OperationalError):
        return False


def recover(hotel, beat, sent):
    """Wait until web and engine work again; return how many seconds it took."""
    began = time.monotonic()
    wait_until(lambda: is_back(hotel, beat, sent), "recovery", RECOVERED_WITHIN)
    return time.monotonic() - began


@pytest.mark.long
def test_a_database_that_restarts_again_and_again_loses_nothing_acknowledged(
    server, tmp_path, tell
):
    with Site(tmp_path, server.url, settings=SOON_DEAD) as site:
        hotel = Hotel(site, locks=LOCKS, answers=(0.05, 0.4))
        engine, web, slowest = site.engine_pid, site.web.pid, 0.0

        with Traffic(hotel, live=200, per_second=4) as traffic:
            for number in range(OUTAGES):
                wait_for_work(site, 8)
                beat, sent = newest_beat(site), begun(site)
                server.restart(crash=number % 2 == 0)
                slowest = max(slowest, recover(hotel, beat, sent))
        seconds = settle(site)

        assert_right(hotel, traffic)
        shown = {code["access_code_id"] for code in hotel.codes()}
        kept = {uid: uid in shown for uid in traffic.promised_codes()}
        assert kept == traffic.promised_codes()
        assert (site.engine_pid, site.web.pid) == (engine, web), "nothing was started anew"
        assert site.engine.is_running
        assert site.web.is_running
        assert "500" not in traffic.answers
        tell(
            f"{OUTAGES} restarts of PostgreSQL: {dict(traffic.answers)}, none acknowledged lost, "
            f"recovered in {slowest:.1f} s at most, converged {seconds:.0f} s after the last"
        )
