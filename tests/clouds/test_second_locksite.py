"""A desk whose cloud is another Locksite: real processes, real sockets, signed webhooks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clouds.houses import Houses
from tests.desk.html import words
from tests.processes import wait_until

pytestmark = pytest.mark.processes

LOCKS = tuple(
    f"{make} {number}"
    for make, number in [
        *(("Schlage", number) for number in range(1, 8)),
        ("August", 1),
        ("Yale", 1),
    ]
)


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    houses = Houses(tmp_path_factory.mktemp("houses"), *LOCKS)
    yield houses
    houses.stop()


def test_connecting_mirrors_the_locks_and_asks_for_webhooks(houses):
    assert houses.said == "Connected to the workspace Locksite: 9 locks in Seaside.\n"
    [(url,)] = houses.upstream_site.rows("SELECT url FROM partners_webhookendpoint")
    assert url.startswith(f"{houses.desk_site.url}/hooks/")
    assert houses.desk.locks.keys() == set(LOCKS)


def test_a_code_reaches_the_lock_of_the_other_and_the_badge_follows_within_seconds(houses):
    code = houses.desk.issue("Schlage 1", "482915")
    assert houses.desk.status(code) == "setting"

    houses.desk.wait_for(code, "set")

    assert houses.opens("Schlage 1", "482915")
    [theirs] = houses.upstream.codes("Schlage 1")
    on_lock = houses.upstream.happened_at("access_code.set_on_device", theirs["access_code_id"])
    on_screen = houses.desk.happened_at("access_code.set_on_device", code)
    assert on_screen - on_lock < timedelta(seconds=5)


def test_extended_renamed_and_with_a_new_pin_it_is_the_same_code_there(houses):
    now = datetime.now(UTC).replace(microsecond=0)
    stay = {
        "starts_at": (now - timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(days=1)).isoformat(),
    }
    code = houses.desk.issue("Schlage 2", "482915", **stay)
    houses.desk.wait_for(code, "set")
    [before] = houses.upstream.codes("Schlage 2")

    later = now + timedelta(days=2)
    houses.desk(
        "access_codes/update",
        access_code_id=code,
        code="730264",
        name="Lena and Tom",
        ends_at=later.isoformat(),
    )
    wait_until(lambda: houses.opens("Schlage 2", "730264"), "the new PIN opens")
    houses.desk.wait_for(code, "set")

    [after] = houses.upstream.codes("Schlage 2")
    assert after["access_code_id"] == before["access_code_id"]
    assert (after["name"], after["code"]) == ("Lena and Tom", "730264")
    assert datetime.fromisoformat(after["ends_at"]) == later
    assert not houses.opens("Schlage 2", "482915")


def test_a_deleted_code_is_gone_on_both_sides(houses):
    code = houses.desk.issue("Schlage 3", "482915")
    houses.desk.wait_for(code, "set")

    houses.desk("access_codes/delete", access_code_id=code)
    houses.desk.wait_for(code, "gone")

    assert houses.upstream.codes("Schlage 3") == []
    assert not houses.opens("Schlage 3", "482915")


def test_linked_codes_have_one_pin_on_two_doors(houses):
    made = houses.desk(
        "access_codes/create_multiple",
        device_ids=[houses.desk.locks["Schlage 4"], houses.desk.locks["Schlage 5"]],
        name="Family Berg",
    )["access_codes"]

    for code in made:
        houses.desk.wait_for(code["access_code_id"], "set")

    [one], [other] = houses.upstream.codes("Schlage 4"), houses.upstream.codes("Schlage 5")
    assert one["code"] == other["code"] == made[0]["code"]


def test_a_spare_is_ready_and_opens_in_place_of_a_code(houses):
    now = datetime.now(UTC)
    code = houses.desk.issue(
        "Yale 1",
        "482915",
        starts_at=(now - timedelta(hours=1)).isoformat(),
        ends_at=(now + timedelta(days=1)).isoformat(),
        use_backup_access_code_pool=True,
    )

    def has_spare() -> bool:
        found = houses.desk.code(code)
        return found is not None and found["is_backup_access_code_available"]

    wait_until(has_spare, "a spare is ready", seconds=120)
    spare = houses.desk("access_codes/pull_backup_access_code", access_code_id=code)["access_code"]

    wait_until(lambda: houses.opens("Yale 1", spare["code"]), "the spare opens")


def test_a_keypad_that_comes_off_there_is_explained_here(houses):
    assert houses.desk.device("August 1")["can_program_online_access_codes"]

    houses.at_the_door(
        "August 1", "people.switch_fault(lock, Fault.KEYPAD_DISCONNECTED, True, now=now)"
    )
    wait_until(
        lambda: not houses.desk.device("August 1")["can_program_online_access_codes"],
        "the desk knows that the keypad is away",
        seconds=100,
    )

    device = houses.desk.device("August 1")
    assert device["properties"]["accessory_keypad"]["is_connected"] is False
    page = houses.desk.page(f"/p/seaside/locks/{device['device_id']}/")
    said = words(page, "verdict")
    assert said.startswith("This lock can't take codes")
    assert "keypad" in said


def test_a_code_made_in_the_makers_app_is_shown_and_can_be_taken_over(houses):
    houses.at_the_door(
        "Schlage 6",
        "people.add_foreign_code(lock, Pin('918273'), 'Cleaner', now=now); "
        "Device.objects.poke(now)",  # else it is seen within five minutes
    )

    def theirs() -> list[Any]:
        lock = houses.desk.locks["Schlage 6"]
        return list(houses.desk("access_codes/unmanaged/list", device_id=lock)["access_codes"])

    wait_until(lambda: len(theirs()) == 1, "the desk shows it")
    [shown] = theirs()
    houses.desk(
        "access_codes/unmanaged/convert_to_managed", access_code_id=shown["access_code_id"]
    )
    wait_until(lambda: houses.desk.code(shown["access_code_id"]) is not None, "it is ours")

    assert [code["code"] for code in houses.upstream.codes("Schlage 6")] == ["918273"]
    assert theirs() == []


def test_while_the_key_is_revoked_codes_are_unknown_and_after_a_new_one_as_before(houses):
    code = houses.desk.issue("Schlage 7", "482915")
    houses.desk.wait_for(code, "set")
    ids = houses.upstream_site.rows(
        "SELECT key_id FROM partners_apikey WHERE name = 'desk' AND revoked_at IS NULL"
    )
    houses.upstream_site.manage("revoke_api_key", ids[0][0])

    houses.desk_site.run(
        "from django.utils import timezone; from properties.models import ProviderAccount; "
        "ProviderAccount.objects.update(due_at=timezone.now())"
    )
    houses.desk.wait_for(code, "unknown")
    houses.connect(houses.upstream_site.api_key("desk"))
    houses.desk.wait_for(code, "set")

    assert [each["code"] for each in houses.upstream.codes("Schlage 7")] == ["482915"]


def test_what_was_asked_while_the_other_was_down_is_done_when_it_is_back(houses):
    go_through_an_outage(houses, "Schlage 1", timedelta(0))


@pytest.mark.long
def test_ten_minutes_of_silence_are_one_problem_and_cost_nothing(houses):
    def problems() -> list[tuple[bool]]:
        query = "SELECT closed_at IS NULL FROM accesscodes_problem WHERE cause = 'account_silent'"
        return list(houses.desk_site.rows(query))

    before = len(problems())
    go_through_an_outage(houses, "Schlage 3", timedelta(minutes=10))

    wait_until(lambda: not any(is_open for (is_open,) in problems()), "it is over", seconds=150)
    assert len(problems()) == before + 1


def go_through_an_outage(houses: Houses, lock: str, lasting: timedelta) -> None:
    """Change, delete and issue a code while nobody answers, and see all of it done after."""
    kept = houses.desk.issue(lock, "555111", "Anna")
    leaving = houses.desk.issue(lock, "555222", "Ben")
    houses.desk.wait_for(kept, "set")
    houses.desk.wait_for(leaving, "set")
    others = {code["code"] for code in houses.upstream.codes(lock)} - {"555111", "555222"}
    before = tries(houses)
    houses.upstream_site.kill_web()
    over_at = datetime.now(UTC) + lasting

    houses.desk("access_codes/update", access_code_id=kept, code="555333")
    houses.desk("access_codes/delete", access_code_id=leaving)
    late = houses.desk.issue(lock, "555444", "Cleo")
    wait_until(lambda: tries(houses) >= before + 2, "the desk has tried")
    wait_until(
        lambda: datetime.now(UTC) >= over_at,
        "the silence is over",
        seconds=lasting.total_seconds() + 60,
    )
    assert houses.desk.status(late) == "setting"
    houses.upstream_site.start_web()

    for code, status in ((kept, "set"), (leaving, "gone"), (late, "set")):
        houses.desk.wait_for(code, status, seconds=150)
    there = sorted(code["code"] for code in houses.upstream.codes(lock))
    assert there == sorted({*others, "555333", "555444"})


def tries(houses: Houses) -> int:
    """Return how often the desk has failed to look at a lock."""
    query = "SELECT COUNT(*) FROM accesscodes_lockreading WHERE NOT is_good"
    return int(houses.desk_site.rows(query)[0][0])
