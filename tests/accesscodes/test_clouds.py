"""The engine and a cloud that keeps codes on locks by itself."""

from datetime import timedelta

import pytest

from accesscodes import services, takeover
from accesscodes.choices import Status
from accesscodes.engine.cloud import Awaited, Listed, number
from accesscodes.engine.watchdog import watch
from accesscodes.models import AccessCode, LockCommand, LockReading, Problem, UnmanagedCode
from accesscodes.services import CodeChanges, CodeSpec
from accesscodes.values import Content
from locksite.errors import RuleBroken
from locksite.journal.models import Event
from locksite.masked import Pin
from properties.choices import Proof
from properties.models import Device
from properties.providers.base import CloudWord
from tests.accesscodes.cloud_world import CloudWorld
from tests.factories import DeviceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return CloudWorld()


def issue(world, digits="482915", name="Lena Okafor", **spec):
    return services.issue_code(
        world.device(),
        CodeSpec(name=name, pin=Pin(digits), **spec),
        actor=world.actor,
        now=world.now,
    )


def stay(world, starts_in, lasts=timedelta(days=2)):
    return {"starts_at": world.now + starts_in, "ends_at": world.now + starts_in + lasts}


def change(world, code, **changes):
    services.change_code(code, CodeChanges(**changes), actor=world.actor, now=world.now)


def fresh(code):
    return AccessCode.objects.get(pk=code.pk)


def events(code):
    rows = Event.objects.filter(access_code_uid=code.uid).order_by("id")
    return [row.event_type.removeprefix("access_code.") for row in rows]


def test_a_code_is_set_when_the_cloud_says_that_it_is_on_the_lock(world):
    code = issue(world)
    assert fresh(code).status == Status.SETTING

    world.work()
    assert fresh(code).status == Status.SETTING
    assert world.cloud.calls.count("create") == 1
    world.run(minutes=2)

    assert fresh(code).status == Status.SET
    assert world.cloud.opens("482915")
    assert world.cloud.calls.count("create") == 1
    assert "update" not in world.cloud.calls
    assert events(code) == ["created", "mutations_requested", "set_on_device"]


def test_a_stay_is_told_at_once_and_starts_and_ends_by_the_clouds_word(world):
    code = issue(world, **stay(world, timedelta(days=10)))

    world.run(minutes=6)
    assert fresh(code).status == Status.UNSET
    assert fresh(code).is_scheduled_on_device
    assert world.cloud.pins() == ["482915"]
    world.clock.now = code.starts_at - timedelta(minutes=1)
    world.run(minutes=3)
    assert fresh(code).status == Status.SET
    assert world.cloud.opens("482915")
    world.clock.now = code.ends_at - timedelta(minutes=1)
    world.run(minutes=4)

    assert fresh(code).status == Status.GONE
    assert not world.cloud.opens("482915")


def test_a_creation_whose_answer_is_lost_is_recognised_and_not_repeated(world):
    world.cloud.answers_lost = 1

    code = issue(world)
    world.run(minutes=2)

    assert fresh(code).status == Status.SET
    assert world.cloud.calls.count("create") == 1
    assert AccessCode.objects.count() == 1
    assert world.remote_id(code) in world.cloud.codes


def test_a_creation_that_was_lost_on_its_way_is_repeated(world):
    world.cloud.calls_lost = 1

    code = issue(world)
    world.run(minutes=2)

    assert fresh(code).status == Status.SET
    assert world.cloud.pins() == ["482915"]


def test_a_creation_whose_answer_is_lost_is_taken_off_when_nobody_wants_it_any_more(world):
    world.cloud.answers_lost = 1
    code = issue(world)
    world.work()

    services.withdraw_code(code, actor=world.actor, now=world.now)
    world.run(minutes=2)

    assert fresh(code).status == Status.GONE
    assert world.cloud.pins() == []
    assert AccessCode.objects.count() == 1


LATE = timedelta(minutes=4)


def test_a_creation_that_is_done_minutes_later_is_taken_off_where_nobody_wants_it(world):
    world.cloud.creates_after = LATE
    code = issue(world)
    world.work()
    services.withdraw_code(fresh(code), actor=world.actor, now=world.now)
    world.run(minutes=2)
    assert fresh(code).status == Status.GONE

    world.run(minutes=10)

    assert world.cloud.pins() == []
    assert AccessCode.objects.count() == 1


def test_after_a_new_pin_a_late_creation_with_the_old_one_is_taken_off(world):
    world.cloud.creates_after = LATE
    code = issue(world)
    world.work()
    change(world, fresh(code), pin=Pin("730264"))
    world.run(minutes=2)
    assert fresh(code).status == Status.SET

    world.run(minutes=10)

    assert world.cloud.pins() == ["730264"]
    assert AccessCode.objects.count() == 1
    assert not world.cloud.opens("482915")


@pytest.mark.parametrize("deed", ["none", "pin", "name", "delete"])
def test_a_list_that_is_a_minute_old_doubles_no_creation_whose_answer_was_lost(world, deed):
    world.cloud.answers_lost, world.cloud.lists_after = 1, timedelta(minutes=1)
    code = issue(world)
    world.work()
    if deed == "pin":
        change(world, fresh(code), pin=Pin("730264"))
    elif deed == "name":
        change(world, fresh(code), name="Lena and Tom")
    elif deed == "delete":
        services.withdraw_code(fresh(code), actor=world.actor, now=world.now)

    world.run(minutes=15)

    left = {"none": ["482915"], "pin": ["730264"], "name": ["482915"], "delete": []}[deed]
    assert world.cloud.pins() == left
    assert fresh(code).status == (Status.GONE if deed == "delete" else Status.SET)
    assert AccessCode.objects.count() == 1


@pytest.mark.parametrize("lost", ["answer", "time"])
@pytest.mark.parametrize("facts", [{"proof": Proof.SLOT_ONLY}, {"assigns_pins": True}])
def test_where_no_pin_tells_what_was_made_its_name_and_dates_do(lost, facts):
    world = CloudWorld(**facts)
    if lost == "answer":
        world.cloud.answers_lost = 1
    else:
        world.cloud.creates_after = timedelta(seconds=20)
    pin = None if facts.get("assigns_pins") else Pin("482915")
    dates = stay(world, timedelta(hours=-1))
    code = services.issue_code(
        world.device(),
        CodeSpec(name="Lena Okafor", pin=pin, **dates),
        actor=world.actor,
        now=world.now,
    )

    world.run(minutes=20)

    assert len(world.cloud.codes) == 1
    assert (fresh(code).status, AccessCode.objects.count()) == (Status.SET, 1)

    services.withdraw_code(fresh(code), actor=world.actor, now=world.now)
    world.run(minutes=5)
    assert (world.cloud.pins(), fresh(code).status) == ([], Status.GONE)


@pytest.mark.parametrize(("mute", "is_one_problem"), [(4, True), (3, True), (2, False)])
def test_a_cloud_that_lists_its_locks_and_answers_for_few_of_them_is_one_problem(
    world, mute, is_one_problem
):
    """Of four locks with codes, so many fail."""
    facts = world.lock.capability_facts
    others = [
        DeviceFactory(account=world.account, property=world.property, capability_facts=facts)
        for _ in range(3)
    ]
    locks = [world.lock, *others]
    for place, lock in enumerate(locks):
        spec = CodeSpec(name=f"Guest {place}", pin=Pin(f"48291{place}"))
        services.issue_code(lock, spec, actor=world.actor, now=world.now)
    failing = [lock.pk for lock in locks[:mute]]
    world.clock.move(minutes=3)
    Device.objects.filter(pk__in=failing).update(
        failing_since=world.now - timedelta(minutes=2), failures=3, last_read_at=None
    )
    Device.objects.exclude(pk__in=failing).update(last_read_at=world.now)
    for pk in failing:
        LockReading.objects.create(
            device_id=pk, at=world.now, is_good=False, error_code="provider_issue"
        )

    watch(world.now)

    causes = [problem.cause for problem in Problem.objects.open().exclude(account=None)]
    assert causes == (["account_silent"] if is_one_problem else [])
    if is_one_problem:
        assert not Problem.objects.open().filter(device_id__in=failing).exists()


@pytest.mark.parametrize("is_answer_lost", [False, True])
def test_a_changed_code_stays_the_same_code_in_the_cloud(world, is_answer_lost):
    code = issue(world, **stay(world, timedelta(hours=-1)))
    world.run(minutes=2)
    before = world.remote_id(code)
    world.cloud.answers_lost = int(is_answer_lost)

    change(world, fresh(code), pin=Pin("730264"), ends_at=code.ends_at + timedelta(days=1))
    world.work()
    assert fresh(code).status == Status.SETTING
    world.run(minutes=2)

    assert fresh(code).status == Status.SET
    assert world.remote_id(code) == before
    assert list(world.cloud.codes) == [before]
    assert world.cloud.pins() == ["730264"]
    assert world.cloud.calls.count("update") == 1


def test_a_deleted_code_is_gone_when_the_cloud_no_longer_lists_it(world):
    code = issue(world)
    world.run(minutes=2)

    services.withdraw_code(fresh(code), actor=world.actor, now=world.now)
    world.work()
    assert fresh(code).status == Status.REMOVING
    world.run(minutes=2)

    assert fresh(code).status == Status.GONE
    assert world.cloud.codes == {}
    assert world.cloud.calls.count("withdraw") == 1


def test_a_code_that_others_deleted_in_the_cloud_is_made_again(world):
    code = issue(world)
    world.run(minutes=2)
    first = world.remote_id(code)

    del world.cloud.codes[first]
    world.run(minutes=12)

    assert fresh(code).status == Status.SET
    assert world.cloud.pins() == ["482915"]
    assert world.remote_id(code) != first
    assert "deleted_external_to_seam" in events(code)


@pytest.mark.parametrize("is_allowed", [False, True])
def test_a_change_by_others_is_undone_unless_it_is_allowed(world, is_allowed):
    code = issue(world, is_external_modification_allowed=is_allowed)
    world.run(minutes=2)

    world.cloud.change(world.remote_id(code), pin=Pin("111222"))
    world.run(minutes=12)

    assert world.cloud.pins() == (["111222"] if is_allowed else ["482915"])
    assert fresh(code).status == Status.SET
    assert "modified_external_to_seam" in events(code)


def test_a_cloud_that_keeps_other_dates_whatever_it_is_asked_leaves_it_to_a_person(world):
    world.clock.move(minutes=17)
    world.cloud.rounds_ends = True
    code = issue(world, **stay(world, timedelta(hours=-1)))

    world.run(minutes=20)
    asked = len(world.cloud.calls) - world.cloud.calls.count("list")
    world.run(minutes=60)

    assert len(world.cloud.calls) - world.cloud.calls.count("list") == asked < 10
    [error] = fresh(code).errors
    assert "The cloud keeps other values, whatever we ask for" in error["message"]
    services.accept_outside_change(fresh(code), actor=world.actor, now=world.now)
    world.run(minutes=5)
    assert (fresh(code).status, fresh(code).errors) == (Status.SET, [])


def test_a_code_of_others_is_shown_and_left_alone(world):
    world.cloud.add("730264", is_managed=False)

    world.run(minutes=6)

    row = UnmanagedCode.objects.get()
    assert row.name == "Made there"
    assert world.cloud.pins() == ["730264"]
    assert AccessCode.objects.count() == 0
    assert set(world.cloud.calls) == {"list"}


def test_a_code_of_others_becomes_ours_when_the_cloud_was_told(world):
    remote_id = world.cloud.add("730264", is_managed=False)
    world.run(minutes=1)
    row = UnmanagedCode.objects.get()

    takeover.convert_to_managed(row, actor=world.actor, now=world.now)
    world.run(minutes=2)

    code = AccessCode.objects.get()
    assert code.uid == row.uid
    assert code.status == Status.SET
    assert world.remote_id(code) == remote_id
    assert world.cloud.codes[remote_id].is_managed
    assert world.cloud.calls.count("convert") == 1
    assert {"create", "update"}.isdisjoint(world.cloud.calls)
    assert "unmanaged.converted_to_managed" in events(code)


def test_a_cloud_that_refuses_to_give_a_code_has_the_last_word(world):
    world.cloud.add("730264", is_managed=False)
    world.cloud.refuses_conversions = True
    world.run(minutes=1)
    row = UnmanagedCode.objects.get()

    takeover.convert_to_managed(row, actor=world.actor, now=world.now)
    world.run(minutes=10)

    row.refresh_from_db()
    assert (row.code, row.wish, row.error_code) == (None, "", "failed_to_convert")
    assert row.error_message == "The maker does not allow it."
    assert world.cloud.calls.count("convert") == 1


def test_a_code_of_others_is_removed_when_somebody_wants_that(world):
    world.cloud.add("730264", is_managed=False)
    world.run(minutes=1)

    takeover.remove_unmanaged(UnmanagedCode.objects.get(), actor=world.actor, now=world.now)
    world.run(minutes=2)

    assert world.cloud.codes == {}
    assert UnmanagedCode.objects.get().gone_at is not None


def test_a_code_that_the_cloud_keeps_for_us_already_is_adopted_as_it_is(world):
    remote_id = world.cloud.add(
        "730264", name="Anna", is_managed=True, **stay(world, timedelta(hours=-1))
    )

    world.run(minutes=6)

    code = AccessCode.objects.get()
    assert (code.name, code.status, code.created_by) == ("Anna", Status.SET, "Seam")
    assert world.digits(code) == "730264"
    assert code.is_external_modification_allowed
    assert world.remote_id(code) == remote_id
    assert set(world.cloud.calls) == {"list"}
    assert events(code) == ["created"]
    assert UnmanagedCode.objects.count() == 0


def test_a_code_that_comes_back_does_not_take_the_slot_of_the_one_that_has_it_now(world):
    leaving = issue(world)
    world.run(minutes=2)
    old_id = world.remote_id(leaving)
    old = world.cloud.codes[old_id]
    services.withdraw_code(fresh(leaving), actor=world.actor, now=world.now)
    world.run(minutes=30)
    staying = issue(world, "730264")
    world.run(minutes=2)
    slots = {code.installations.get().slot for code in (leaving, staying)}
    assert len(slots) == 1

    world.cloud.codes[old_id] = old
    world.run(minutes=6)

    assert fresh(staying).status == Status.SET
    assert world.cloud.pins().count("730264") == 1
    assert world.cloud.calls.count("update") == 0


def test_one_pin_serves_one_stay_after_another(world):
    first = issue(world, **stay(world, timedelta(hours=-1)))
    second = issue(
        world, name="Tom Berg", starts_at=first.ends_at, ends_at=first.ends_at + timedelta(days=1)
    )

    world.run(minutes=3)

    assert fresh(first).status == Status.SET
    assert fresh(second).status == Status.UNSET
    assert world.cloud.pins() == ["482915", "482915"]


def test_what_the_cloud_says_of_a_code_is_said_on(world):
    code = issue(world)
    world.run(minutes=2)
    remote_id = world.remote_id(code)
    error = {
        "error_code": "smartthings_no_free_slots_available",
        "message": "No free slots.",
        "created_at": "2026-03-02T10:00:00.000Z",
        "is_access_code_error": True,
    }
    warning = {
        "warning_code": "delay_in_setting_on_device",
        "message": "The hub is slow.",
        "created_at": "2026-03-02T10:00:00.000Z",
    }

    world.cloud.problems[remote_id] = CloudWord("setting", (error,), (warning,))
    world.run(minutes=6)

    told = fresh(code)
    assert told.status == Status.SETTING
    assert told.errors[0] == error
    assert told.warnings == [warning]
    assert world.cloud.calls.count("update") == 0
    world.cloud.problems.clear()
    world.run(minutes=6)
    assert (fresh(code).status, fresh(code).errors, fresh(code).warnings) == (Status.SET, [], [])


def test_a_state_that_the_cloud_does_not_know_is_unknown_here(world):
    code = issue(world)
    world.run(minutes=2)

    world.cloud.problems[world.remote_id(code)] = CloudWord("unknown")
    world.run(minutes=6)

    assert fresh(code).status == Status.UNKNOWN


def test_a_cloud_that_is_down_for_ten_minutes_doubles_and_loses_nothing(world):
    kept = issue(world)
    leaving = issue(world, "730264")
    world.run(minutes=2)
    world.cloud.is_down = True

    services.withdraw_code(fresh(leaving), actor=world.actor, now=world.now)
    change(world, fresh(kept), pin=Pin("555777"))
    late = issue(world, "918273")
    world.run(minutes=10)
    world.cloud.is_down = False
    world.run(minutes=10)

    assert world.cloud.pins() == ["555777", "918273"]
    assert [fresh(code).status for code in (kept, leaving, late)] == [
        Status.SET,
        Status.GONE,
        Status.SET,
    ]


def test_a_pin_that_others_hold_there_is_refused_and_taken_when_it_is_free(world):
    remote_id = world.cloud.add("482915", is_managed=False)

    code = issue(world)
    world.run(minutes=3)
    assert [error["error_code"] for error in fresh(code).errors] == ["duplicate_code_on_device"]
    del world.cloud.codes[remote_id]
    world.run(minutes=12)

    assert fresh(code).status == Status.SET


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_lost_on_the_way_each_code_ends_up_in_the_cloud_once(seed):
    world = CloudWorld(seed=seed)
    live: dict[int, str] = {}
    for step in range(12):
        world.cloud.answers_lost = world.rand.choice([0, 0, 1, 2])
        world.cloud.calls_lost = world.rand.choice([0, 0, 1])
        world.cloud.is_down = world.rand.random() < 0.2
        world.cloud.creates_after = world.rand.choice([None, None, LATE])
        world.cloud.lists_after = world.rand.choice([timedelta(0), timedelta(minutes=1)])
        deed = world.rand.choice(["issue", "issue", "change", "delete"])
        try:
            if deed == "issue" or not live:
                digits = f"{480000 + seed * 100 + step}"
                live[issue(world, digits).pk] = digits
            elif deed == "change":
                pk = world.rand.choice(sorted(live))
                live[pk] = f"{730000 + seed * 100 + step}"
                change(world, AccessCode.objects.get(pk=pk), pin=Pin(live[pk]))
            else:
                pk = world.rand.choice(sorted(live))
                services.withdraw_code(
                    AccessCode.objects.get(pk=pk), actor=world.actor, now=world.now
                )
                del live[pk]
        except RuleBroken as broken:
            pytest.fail(str(broken))
        world.run(seconds=world.rand.choice([1, 10, 60, 300]))
    world.cloud.is_down, world.cloud.answers_lost, world.cloud.calls_lost = False, 0, 0
    world.cloud.creates_after, world.cloud.lists_after = None, timedelta(0)

    world.run(minutes=40)

    assert world.cloud.pins() == sorted(live.values())
    assert {code.pk: code.status for code in AccessCode.objects.live()} == dict.fromkeys(
        live, Status.SET
    )
    assert not LockCommand.objects.filter(outcome="").exists()


class TestNumber:
    def test_what_is_on_record_keeps_its_slot_and_news_get_the_next(self):
        codes = [Listed(name, Content(name, name)) for name in ("b", "a", "c")]

        assert number(codes, {"a": 4}, [], 5) == {"a": 4, "b": 5, "c": 6}

    def test_an_answer_that_was_lost_is_recognised_by_all_that_it_holds(self):
        sent = Content("1", "B")
        codes = [Listed("x", Content("1", "Another")), Listed("y", sent), Listed("z", sent)]

        assert number(codes, {}, [Awaited(2, sent)], 3) == {"x": 3, "y": 2, "z": 4}

    def test_a_pin_that_is_hidden_or_was_the_makers_choice_stands_in_no_way(self):
        waiting = [Awaited(2, Content("1", "B")), Awaited(3, Content(None, "C"))]
        codes = [Listed("x", Content(None, "B")), Listed("y", Content("7", "C"))]

        assert number(codes, {}, waiting, 4) == {"x": 2, "y": 3}

    def test_what_the_cloud_does_not_keep_for_us_is_no_creation_of_ours(self):
        sent = Content("1", "B")

        assert number([Listed("x", sent, is_managed=False)], {}, [Awaited(2, sent)], 3) == {"x": 3}

    def test_no_slot_is_given_twice(self):
        codes = [Listed(name, Content(name, name)) for name in ("a", "b")]

        assert number(codes, {"a": 3, "b": 3}, [], 3) == {"a": 3, "b": 4}
