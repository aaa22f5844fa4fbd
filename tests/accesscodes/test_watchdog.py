"""The alarm rings from what the database says, whether or not an engine runs."""

from datetime import timedelta

import pytest

from accesscodes import services
from accesscodes.choices import Severity
from accesscodes.engine.watchdog import thin_readings, watch
from accesscodes.models import EngineBeat, Installation, LockReading, Problem
from accesscodes.services import CodeChanges, CodeSpec
from locksite.actors import Actor
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import Device, Property
from properties.providers.base import Capabilities
from properties.providers.virtual.people import (
    add_foreign_code,
    edit_at_keypad,
    erase_at_keypad,
    switch_fault,
)
from properties.stamps import stamp
from tests.accesscodes.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World("schlage")


def issue(world, **spec):
    return services.issue_code(
        world.device(),
        CodeSpec(name="Lena Okafor", pin=Pin("482915"), **spec),
        actor=world.actor,
        now=world.now,
    )


def open_problems():
    return list(Problem.objects.open().values_list("cause", "severity"))


def test_a_code_without_an_engine_is_a_problem_within_five_minutes(world):
    issue(world)

    watch(world.clock.move(minutes=3, seconds=59))
    assert open_problems() == []
    assert watch(world.clock.move(seconds=61)) == (1, 0)

    assert open_problems() == [("not_on_lock", Severity.BAD)]


def test_a_preloaded_code_that_nobody_saw_start_is_a_problem(world):
    issue(
        world,
        starts_at=world.now + timedelta(hours=1),
        ends_at=world.now + timedelta(hours=9),
    )
    world.run(minutes=1)

    watch(world.clock.move(hours=1, minutes=5))

    assert ("start_unconfirmed", Severity.WARN) in open_problems()


@pytest.mark.parametrize(("make", "severity"), [("schlage", "warn"), ("lockly", "bad")])
def test_a_code_past_its_end_that_nobody_took_off_is_a_problem(make, severity):
    """It is urgent where the lock keeps no timetable and lets the guest in still."""
    world = World(make)
    issue(world, starts_at=world.now, ends_at=world.now + timedelta(hours=1))
    world.work()

    watch(world.clock.move(hours=1, minutes=5))

    assert ("still_on_lock", severity) in open_problems()


def test_a_code_for_next_month_is_no_problem(world):
    issue(
        world,
        starts_at=world.now + timedelta(days=30),
        ends_at=world.now + timedelta(days=31),
    )

    watch(world.clock.move(days=1))

    assert open_problems() == []


def test_a_lock_with_codes_that_was_not_read_for_400_seconds_is_a_problem(world):
    services.withdraw_code(issue(world), actor=world.actor, now=world.now)
    issue(world)
    world.work()

    watch(world.clock.move(seconds=399))
    assert open_problems() == []
    watch(world.clock.move(seconds=1))

    assert open_problems() == [("lock_blind", Severity.WARN)]


def test_a_problem_is_opened_once_and_closes_by_itself(world):
    issue(world)
    watch(world.clock.move(minutes=5))

    assert watch(world.clock.move(minutes=1)) == (0, 0)
    world.work()
    assert watch(world.now) == (0, 1)

    assert open_problems() == []
    assert Problem.objects.get().closed_at == world.now


def test_two_engines_that_watch_at_once_open_a_problem_once(world, monkeypatch):
    issue(world)
    watch(world.clock.move(minutes=5))
    seen_before = Problem.objects.none()
    monkeypatch.setattr(type(Problem.objects), "open", lambda _: seen_before, raising=False)

    assert watch(world.now) == (0, 0)

    assert Problem.objects.count() == 1


def test_an_edit_does_not_keep_the_alarm_from_ringing(world):
    """Nobody works on the lock, and somebody renames the code every three minutes."""
    code = issue(world)
    begun = world.now
    for number in range(4):
        world.clock.move(minutes=3)
        changes = CodeChanges(name=f"Lena {number}")
        services.change_code(code, changes, actor=world.actor, now=world.now)
        watch(world.now)

    assert Problem.objects.get(cause="not_on_lock").since == begun


@pytest.mark.one_database
def test_a_changed_pin_of_an_old_code_is_given_its_time(world):
    code = issue(world)
    world.run(days=3)
    changes = CodeChanges(pin=Pin("735106"))
    services.change_code(code, changes, actor=world.actor, now=world.now)
    changed_at = world.now

    watch(world.clock.move(minutes=3))
    assert open_problems() == []
    watch(world.clock.move(minutes=1))

    assert Problem.objects.get(cause="not_on_lock").since == changed_at


def test_an_open_problem_follows_the_facts_in_all_it_says(world):
    issue(world)
    switch_fault(world.locks[0], Fault.CANNOT_LIST, on=True, now=world.now)
    world.run(minutes=5)
    watch(world.now)
    before = Problem.objects.open().get(cause="lock_silent")
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    world.refresh()

    world.run(minutes=1)
    assert watch(world.now) == (0, 0)
    after = Problem.objects.open().get(cause="lock_silent")

    assert (after.pk, after.since, after.opened_at) == (before.pk, before.since, before.opened_at)
    assert (before.sentence, before.next_step) == (
        "The maker's service answered with an error. The code waits.",
        "Check the lock's power and connection; the code is sent when it is back.",
    )
    assert (after.sentence, after.next_step) == (
        "The lock is offline. Codes already on it keep working; new ones are sent when it is "
        "back.",
        "Check the lock's batteries.",
    )
    assert [(item["what"], item["said"]) for item in before.evidence] == [
        ("Codes read", "never"),
        ("Reading them failed", "The maker's service answered with an error."),
    ]
    assert [(item["what"], item["said"]) for item in after.evidence] == [
        ("Codes read", "never"),
        ("Reading them failed", "The lock does not answer."),
        ("Connection", "Offline"),
    ]
    assert after.evidence[2]["at"] == stamp(world.now - timedelta(minutes=1))


def test_the_last_command_and_its_answer_are_evidence(world):
    issue(world)
    switch_fault(world.locks[0], Fault.FAILS_BEFORE, on=True, now=world.now)
    world.run(minutes=5)

    watch(world.now)

    [command] = [
        item for item in Problem.objects.open().get().evidence if item["what"] == "Last command"
    ]
    assert command["said"] == (
        "asked to take the code: no clear answer (“The maker's service answered with an error.”)"
    )


def test_a_due_code_on_a_lock_that_is_offline_warns_before_it_hurts():
    """The lead is ten minutes, so nothing is due yet; and a quarter of an hour ahead, at once."""
    world = World("lockly")
    Property.objects.update(just_in_time_lead=timedelta(minutes=10))
    starts_at = world.now + timedelta(hours=2)
    code = issue(world, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    world.run(hours=1, minutes=44)
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    world.refresh()
    world.work()

    watch(world.now)
    assert open_problems() == []
    watch(world.clock.move(minutes=1))
    assert open_problems() == [("lock_silent", Severity.WARN)]
    world.run(minutes=5)
    watch(world.now)

    assert Problem.objects.open().get(code=code).severity == Severity.BAD


def test_an_account_that_is_gone_is_one_problem_for_all_its_locks():
    world = World("schlage", "lockly", "yale")
    for lock in world.locks:
        spec = CodeSpec(name="Lena Okafor")
        services.issue_code(world.device(lock), spec, actor=world.actor, now=world.now)
    world.work()
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, on=True, now=world.now)
    world.refresh()

    for _ in range(3):
        world.run(minutes=10)
        watch(world.now)

    [problem] = Problem.objects.all()
    assert (problem.account, problem.device, problem.code) == (world.account, None, None)
    assert (problem.cause, problem.severity) == ("account_disconnected", Severity.BAD)
    assert (problem.opened_at, problem.since) == (
        world.now - timedelta(minutes=20),
        world.now - timedelta(minutes=30),
    )
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, on=False, now=world.now)
    world.refresh()
    world.run(minutes=1)
    watch(world.now)
    assert open_problems() == []


def test_people_and_keys_see_what_concerns_their_accounts(world):
    """Also where the account spans houses; the installation's own concerns everybody."""
    here = world.device()
    elsewhere = World("schlage")
    Device.objects.filter(pk=here.pk).update(property=world.property)
    mine = Actor("staff", "mara", property_ids=frozenset({world.property.pk}))
    columns = {
        "cause": "x",
        "severity": "bad",
        "sentence": "x",
        "next_step": "x",
        "since": world.now,
        "opened_at": world.now,
    }
    seen = [
        Problem.objects.create(account=world.account, **columns),
        Problem.objects.create(device=here, **columns),
        Problem.objects.create(**columns),
    ]
    Problem.objects.create(account=elsewhere.account, **columns)
    Problem.objects.create(device=elsewhere.device(), **columns)
    assert Problem.objects.count() == 5

    assert list(Problem.objects.for_actor(mine).order_by("pk")) == seen


def test_an_engine_that_doubts_its_clock_is_a_problem_until_it_is_right(world):
    EngineBeat.objects.update(clock_off_by=timedelta(hours=-1), beat_at=world.now)

    watch(world.now)
    problem = Problem.objects.open().get()
    EngineBeat.objects.update(clock_off_by=None)
    watch(world.now)

    assert (problem.cause, problem.device, problem.account) == ("engine_clock", None, None)
    assert problem.evidence == [
        {"what": "Engine on test", "said": "its clock is 3600 s behind", "at": stamp(world.now)}
    ]
    assert open_problems() == []


def test_a_change_that_is_let_be_is_told_and_stays_a_warning(world):
    code = issue(world, is_external_modification_allowed=True)
    world.work()
    slot = code.installations.get().slot
    edit_at_keypad(world.locks[0], slot, now=world.now, pin=Pin("735106"))
    Device.objects.all().poke(world.now)
    world.run(minutes=1)

    watch(world.now)

    assert open_problems() == [("external_modification_in_effect", Severity.WARN)]


def test_others_who_have_the_pin_of_a_code_are_told_of_as_soon_as_a_list_shows_them():
    world = World("ttlock")
    issue(world)
    world.run(minutes=1)
    add_foreign_code(world.locks[0], Pin("482915"), "Cleaner", now=world.now)
    made_at = world.now
    world.run(minutes=6)

    watch(world.now)

    [problem] = Problem.objects.open()
    assert (problem.cause, problem.severity, problem.code.name) == (
        "pin_shared",
        Severity.WARN,
        "Lena Okafor",
    )
    assert problem.evidence[0]["what"] == "The other code"
    assert problem.evidence[0]["said"] == "slot 2, “Cleaner”"
    assert problem.since > made_at

    erase_at_keypad(world.locks[0], 2, now=world.now)
    world.run(minutes=6)
    watch(world.now)

    assert open_problems() == []


def test_an_error_code_that_nobody_knows_is_told_in_its_own_words(world):
    code = issue(world)
    installation = Installation.objects.create(
        code=code,
        device=world.device(),
        placement="absent",
        error_code="moon_in_seventh_house",
        error_message="The moon is in the seventh house.",
        error_since=world.now,
        refused_revision=1,
    )
    assert installation.pk

    watch(world.now)

    problem = Problem.objects.open().get()
    assert (problem.cause, problem.sentence, problem.next_step) == (
        "moon_in_seventh_house",
        "The lock did not accept the code: “The moon is in the seventh house.”",
        "Open the lock to see what it reports.",
    )


def test_a_lock_that_sleeps_may_go_unread_for_longer():
    world = World("schlage")
    issue(world)
    world.work()
    facts = Capabilities(wake_every=timedelta(hours=1)).as_json()
    Device.objects.update(capability_facts=facts)

    watch(world.clock.move(minutes=89))
    assert open_problems() == []
    watch(world.clock.move(minutes=1))

    assert open_problems() == [("lock_blind", Severity.WARN)]


def test_a_lock_that_never_answered_is_blind(world):
    issue(world)
    Device.objects.update(created_at=world.now - timedelta(seconds=400))

    watch(world.now)

    [problem] = Problem.objects.open()
    assert (problem.cause, problem.sentence) == (
        "lock_blind",
        "The codes on the lock were never read.",
    )


def test_readings_are_thinned_after_a_day_unless_something_rests_on_them(world):
    code = issue(world)
    world.run(minutes=30)
    proof = code.transitions.get(to_status="set").reading
    newest = LockReading.objects.newest_good(world.device())

    thin_readings(world.clock.move(days=2))

    assert set(LockReading.objects.all()) == {proof, newest}


def test_a_cloud_that_does_not_answer_is_one_problem_and_not_one_for_each_lock(world):
    issue(world)
    world.run(minutes=2)
    Device.objects.update(last_read_at=world.now)
    world.account.silent_since = world.now
    world.account.save(update_fields=["silent_since"])

    watch(world.clock.move(minutes=1, seconds=59))
    assert open_problems() == []
    watch(world.clock.move(minutes=20))

    [problem] = Problem.objects.open()
    assert (problem.account, problem.device, problem.cause) == (
        world.account,
        None,
        "account_silent",
    )
    assert problem.since == world.account.silent_since
    world.account.silent_since = None
    world.account.save(update_fields=["silent_since"])
    Device.objects.update(last_read_at=world.now)
    watch(world.now)
    assert open_problems() == []
