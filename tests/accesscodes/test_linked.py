"""Codes that belong together: one PIN for several doors, all of them or none."""

from datetime import timedelta

import pytest

from accesscodes import linked, pin_rules, services
from accesscodes.choices import Status
from accesscodes.groups import Door, Group, of_doors
from accesscodes.models import AccessCode
from accesscodes.services import CodeChanges, CodeSpec
from accesscodes.values import Summary
from locksite.actors import SYSTEM
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from tests.clock import START
from tests.factories import AccessCodeFactory, DeviceFactory, PropertyFactory

LONG = {"online": True, "supported_code_lengths": [6, 7], "code_constraints": []}
NO_ZEROS = {
    "online": True,
    "supported_code_lengths": [4, 6],
    "code_constraints": [{"constraint_type": "no_zeros"}],
}


def digits(code):
    return code.pin.open(bound_to=code.uid).digits


def issue(devices, *, may_differ=False, **spec):
    return linked.issue_codes(
        devices, CodeSpec(name="Lena", **spec), actor=SYSTEM, now=START, may_differ=may_differ
    )


@pytest.mark.django_db
class TestManyDoors:
    def test_one_pin_that_all_doors_accept_is_drawn_and_the_codes_are_linked(self):
        doors = [DeviceFactory(properties=LONG), DeviceFactory(properties=NO_ZEROS)]

        codes = issue(list(reversed(doors)))

        assert [code.device for code in codes] == list(reversed(doors))
        [pin] = {digits(code) for code in codes}
        assert (len(pin), "0" in pin) == (6, False)
        [key] = {code.common_code_key for code in codes}
        assert key.startswith("auto_set_by_create_multiple_")

    def test_a_drawn_pin_is_free_on_every_door(self, monkeypatch):
        doors = [DeviceFactory(), DeviceFactory()]
        issue([doors[1]], pin=Pin("4829"))

        def generate(rules, *, is_taken, **options):
            return next(pin for pin in (Pin("4829"), Pin("7351")) if not is_taken(pin))

        monkeypatch.setattr(pin_rules, "generate", generate)

        assert {digits(code) for code in issue(doors)} == {"7351"}

    def test_a_given_pin_links_nothing(self):
        codes = issue([DeviceFactory(), DeviceFactory()], pin=Pin("482915"))

        assert {(digits(code), code.common_code_key) for code in codes} == {("482915", None)}

    def test_where_one_door_refuses_none_gets_a_code(self):
        doors = [DeviceFactory(), DeviceFactory()]
        issue([doors[1]], pin=Pin("482915"))

        with pytest.raises(RuleBroken) as refused:
            issue(doors, pin=Pin("482915"))

        assert refused.value.code == "duplicate_access_code"
        assert AccessCode.objects.count() == 1

    def test_where_they_may_differ_such_a_door_gets_a_pin_of_its_own(self):
        doors = [DeviceFactory(), DeviceFactory()]
        issue([doors[1]], pin=Pin("482915"))

        first, second = issue(doors, pin=Pin("482915"), may_differ=True)

        assert digits(first) == "482915"
        assert digits(second) != "482915"

    def test_doors_that_no_pin_suits_are_refused_or_get_pins_of_their_own(self):
        four = {"online": True, "supported_code_lengths": [4]}
        doors = [DeviceFactory(properties=LONG), DeviceFactory(properties=four)]

        with pytest.raises(RuleBroken, match="No PIN suits all"):
            issue(doors)
        codes = issue(doors, may_differ=True)

        assert [len(digits(code)) for code in codes] == [6, 4]
        assert {code.common_code_key for code in codes} == {None}

    def test_a_door_is_named_once(self):
        door = DeviceFactory()

        with pytest.raises(RuleBroken) as refused:
            issue([door, door])

        assert refused.value.field == "device_ids"

    def test_name_and_dates_of_all_are_changed_or_of_none(self):
        codes = issue([DeviceFactory(), DeviceFactory()])
        key = codes[0].common_code_key
        dates = {"starts_at": START, "ends_at": START + timedelta(days=2)}

        changed = linked.change_codes(
            key, CodeChanges(name="Bea", **dates), actor=SYSTEM, now=START
        )
        with pytest.raises(RuleBroken):
            linked.change_codes(
                key, CodeChanges(name="Cem", ends_at=START), actor=SYSTEM, now=START
            )

        assert len(changed) == 2
        rows = AccessCode.objects.values_list("name", "ends_at")
        assert set(rows) == {("Bea", dates["ends_at"])}

    def test_an_unknown_key_is_answered_so(self):
        with pytest.raises(RuleBroken) as refused:
            linked.change_codes("stay-7", CodeChanges(name="Bea"), actor=SYSTEM, now=START)

        assert refused.value.code == "access_code_not_found"

    def test_a_code_with_a_known_key_gets_the_pin_of_the_others(self):
        spec = CodeSpec(name="Lena", common_code_key="stay-7")
        first = services.issue_code(DeviceFactory(), spec, actor=SYSTEM, now=START)

        second = services.issue_code(DeviceFactory(), spec, actor=SYSTEM, now=START)

        assert digits(second) == digits(first)

    def test_a_key_never_has_two_pins(self):
        spec = CodeSpec(name="Lena", common_code_key="stay-7", pin=Pin("482915"))
        first = services.issue_code(DeviceFactory(), spec, actor=SYSTEM, now=START)
        second = services.issue_code(DeviceFactory(), spec, actor=SYSTEM, now=START)
        other = CodeSpec(name="Lena", common_code_key="stay-7", pin=Pin("735162"))

        with pytest.raises(RuleBroken) as refused:
            services.issue_code(DeviceFactory(), other, actor=SYSTEM, now=START)
        services.change_code(second, CodeChanges(pin=Pin("735162")), actor=SYSTEM, now=START)

        assert refused.value.field == "common_code_key"
        assert list(AccessCode.objects.order_by("id").values_list("pk", "common_code_key")) == [
            (first.pk, "stay-7"),
            (second.pk, None),
        ]


# ---- All doors of one code ----------------------------------------------------------------------


@pytest.fixture
def house(db):
    return PropertyFactory()


@pytest.fixture
def codes(house):
    return issue([DeviceFactory(property=house), DeviceFactory(property=house)])


def deeds(codes):
    rows = AuditEntry.objects.filter(object_uid__in=[code.uid for code in codes]).order_by("id")
    return sorted(rows.exclude(action="access_code.issue").values_list("action", flat=True))


def linking():
    return list(AccessCode.objects.order_by("id").values_list("common_code_key", flat=True))


class TestAllDoors:
    def test_another_pin_is_drawn_for_all_and_they_stay_linked(self, codes):
        before, key = digits(codes[0]), codes[0].common_code_key

        changed = linked.change_pin(codes[1], None, actor=SYSTEM, now=START, length=5)

        [pin] = {digits(code) for code in changed}
        assert (len(pin), pin == before) == (5, False)
        assert linking() == [key, key]
        assert deeds(codes) == ["access_code.change"] * 2

    def test_the_audit_trail_names_what_was_changed_and_not_how(self, codes):
        linked.change_pin(codes[0], Pin("482917"), actor=SYSTEM, now=START)

        rows = AuditEntry.objects.filter(action="access_code.change")
        assert [row.detail for row in rows] == [{"changed": ["pin"]}] * 2

    def test_where_one_door_refuses_the_pin_no_door_gets_it_and_it_is_named(self, house, codes):
        before = digits(codes[0])
        there = codes[1].device
        services.issue_code(
            there, CodeSpec(name="Bea", pin=Pin("735162")), actor=SYSTEM, now=START
        )

        with pytest.raises(RuleBroken) as refused:
            linked.change_pin(codes[0], Pin("735162"), actor=SYSTEM, now=START)

        assert (refused.value.code, refused.value.field) == ("duplicate_access_code", "code")
        assert refused.value.message == (f"{there.display_name}: This PIN is in use on this lock.")
        rows = AccessCode.objects.filter(name="Lena")
        assert {digits(code) for code in rows} == {before}
        assert deeds(codes) == []

    def test_each_door_judges_by_its_own_rules(self, house):
        doors = [
            DeviceFactory(property=house, properties=LONG),
            DeviceFactory(property=house, properties=NO_ZEROS),
        ]
        codes = issue(doors)

        with pytest.raises(RuleBroken, match=doors[1].display_name):
            linked.change_pin(codes[0], Pin("482905"), actor=SYSTEM, now=START)

    def test_doors_that_no_pin_suits_any_more_say_so(self, house, codes):
        codes[1].device.properties = {"online": True, "supported_code_lengths": [9]}
        codes[1].device.save(update_fields=["properties"])

        with pytest.raises(RuleBroken, match="No PIN"):
            linked.change_pin(codes[0], None, actor=SYSTEM, now=START)

    def test_drawing_for_more_doors_costs_no_more_queries(self, house, django_assert_num_queries):
        for number in (2, 4):
            codes = issue([DeviceFactory(property=house) for _ in range(number)])
            with django_assert_num_queries(3):
                linked.free_pin(linked.together(codes[0], START), START, length=6)

    def test_a_code_that_keeps_the_old_pin_does_not_keep_the_key_in_common(self, house):
        first, second, leaving = issue([DeviceFactory(property=house) for _ in range(3)])
        key = first.common_code_key
        services.withdraw_code(leaving, actor=SYSTEM, now=START, wait=services.UNDO_FOR)

        linked.change_pin(second, None, actor=SYSTEM, now=START)

        now_first, now_second, now_leaving = linking()
        assert now_first == now_second
        assert (now_leaving, now_first == key) == (key, False)

    def test_doors_of_another_house_are_left_alone(self, codes):
        stranger = DeviceFactory()
        other = AccessCodeFactory(device=stranger, common_code_key=codes[0].common_code_key)

        linked.change_all(codes[0], CodeChanges(name="Bea"), actor=SYSTEM, now=START)
        linked.withdraw_all(codes[0], actor=SYSTEM, now=START)

        other.refresh_from_db()
        assert (other.name, other.withdrawn_at) == ("Lena Okafor", None)
        rows = AccessCode.objects.filter(device__property=codes[0].device.property)
        assert set(rows.values_list("name", flat=True)) == {"Bea"}

    def test_dates_are_changed_at_all_doors_or_at_none(self, house):
        ends_at = START + timedelta(days=2)
        codes = issue(
            [DeviceFactory(property=house), DeviceFactory(property=house)],
            starts_at=START,
            ends_at=ends_at,
        )
        later = CodeChanges(ends_at=START + timedelta(days=3))
        shut = codes[1].device
        shut.errors = [{"error_code": "subscription_required", "message": "No plan."}]
        shut.flags = {"can_program_online_access_codes": False}
        shut.save(update_fields=["errors", "flags"])

        with pytest.raises(RuleBroken) as refused:
            linked.change_all(codes[0], later, actor=SYSTEM, now=START)

        assert refused.value.message.startswith(f"{shut.display_name}: ")
        assert set(AccessCode.objects.values_list("ends_at", flat=True)) == {ends_at}

    def test_a_code_for_one_door_names_no_door(self, house):
        door = DeviceFactory(property=house)
        code = services.issue_code(door, CodeSpec(name="Lena"), actor=SYSTEM, now=START)

        with pytest.raises(RuleBroken) as refused:
            linked.change_pin(code, Pin("12"), actor=SYSTEM, now=START)

        assert door.display_name not in refused.value.message

    def test_a_delete_and_its_undo_concern_all_doors(self, codes):
        wait = services.UNDO_FOR

        linked.withdraw_all(codes[0], actor=SYSTEM, now=START, wait=wait)
        withdrawn = list(AccessCode.objects.values_list("withdrawn_at", flat=True))
        linked.undo_all(codes[1], actor=SYSTEM, now=START + wait / 2)

        assert withdrawn == [START + wait] * 2
        assert set(AccessCode.objects.values_list("withdrawn_at", flat=True)) == {None}
        assert deeds(codes) == ["access_code.delete"] * 2 + ["access_code.undo_delete"] * 2

    def test_undo_leaves_a_door_that_was_deleted_before(self, house):
        early, first, second = issue([DeviceFactory(property=house) for _ in range(3)])
        services.withdraw_code(early, actor=SYSTEM, now=START, wait=services.UNDO_FOR)
        later = START + timedelta(seconds=3)
        linked.withdraw_all(first, actor=SYSTEM, now=later, wait=services.UNDO_FOR)

        linked.undo_all(second, actor=SYSTEM, now=later)

        kept = AccessCode.objects.filter(withdrawn_at=None)
        assert set(kept) == {first, second}

    def test_too_late_for_one_is_too_late_for_all(self, codes):
        linked.withdraw_all(codes[0], actor=SYSTEM, now=START, wait=services.UNDO_FOR)

        with pytest.raises(RuleBroken, match="too late"):
            linked.undo_all(codes[0], actor=SYSTEM, now=START + services.UNDO_FOR)

        assert not AccessCode.objects.filter(withdrawn_at=None).exists()

    def test_to_wait_no_longer_concerns_what_was_deleted_together(self, house):
        first, second, stays = issue([DeviceFactory(property=house) for _ in range(3)])
        services.withdraw_code(first, actor=SYSTEM, now=START, wait=services.UNDO_FOR)

        linked.withdraw_now(first, actor=SYSTEM, now=START)

        assert set(AccessCode.objects.filter(withdrawn_at=None)) == {second, stays}
        assert AccessCode.objects.get(pk=first.pk).withdrawn_at == START

    def test_a_code_that_is_leaving_is_not_changed_nor_are_its_other_doors(self, codes):
        services.withdraw_code(codes[0], actor=SYSTEM, now=START)

        with pytest.raises(RuleBroken, match="being removed"):
            linked.change_all(codes[0], CodeChanges(name="Bea"), actor=SYSTEM, now=START)

        assert set(AccessCode.objects.values_list("name", flat=True)) == {"Lena"}


# ---- The worst door counts


def door(code_id, status, *, lags_since=None, error=""):
    errors = ({"error_code": error},) if error else ()
    return Door(code_id, Summary(status, errors=errors, diverged_since=lags_since))


def test_a_group_is_as_good_as_its_worst_door():
    doors = [
        door(1, Status.SET),
        door(2, Status.SETTING, lags_since=START),
        door(3, Status.SETTING, lags_since=START - timedelta(minutes=5)),
    ]

    assert of_doors(doors) == Group(Status.SETTING, worst=3, lagging=(3, 2), has_error=False)


def test_a_door_with_an_error_is_worse_than_one_without():
    doors = [door(1, Status.SETTING, lags_since=START), door(2, Status.UNSET, error="x")]

    assert of_doors(doors) == Group(Status.UNSET, worst=2, lagging=(2, 1), has_error=True)


def test_where_all_doors_are_well_none_lags():
    assert of_doors([door(1, Status.SET), door(2, Status.SET)]) == Group(
        Status.SET, worst=1, lagging=(), has_error=False
    )
