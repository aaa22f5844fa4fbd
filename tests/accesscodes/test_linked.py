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
from locksite.masked import Pin
from tests.clock import START
from tests.factories import DeviceFactory

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
