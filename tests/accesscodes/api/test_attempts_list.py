"""`/action_attempts/list`: how each stands now, filters and pages."""

from tests.api import UNKNOWN, Partner
from tests.factories import DeviceFactory

PATH = "/action_attempts/list"
NO_PAGES = {"has_next_page": False, "next_page_cursor": None, "next_page_url": None}


def attempt(answer):
    return answer[1]["action_attempt"]


def test_attempts_are_listed_as_they_stand_now(partner, world, lock):
    made = attempt(partner.post("/access_codes/create", device_id=lock))
    world.run(minutes=1)

    answer = partner.get(PATH, f"device_id={lock}&_strict=true")

    assert answer == (
        200,
        {
            "action_attempts": [
                {
                    "action_attempt_id": made["action_attempt_id"],
                    "action_type": "CREATE_ACCESS_CODE",
                    "status": "success",
                    "result": {},
                    "error": None,
                }
            ],
            "pagination": NO_PAGES,
            "ok": True,
        },
    )


def test_filters_and_pages(partner, world, lock):
    ids = []
    for _ in range(3):
        made = attempt(partner.post("/access_codes/create", device_id=lock))
        ids.append(made["action_attempt_id"])
        world.clock.move(seconds=1)

    def listed(**params):
        status, body = partner.post(PATH, **params)
        assert status == 200, body
        return [each["action_attempt_id"] for each in body["action_attempts"]], body["pagination"]

    first, more = listed(limit=2)
    rest, none = listed(limit=2, page_cursor=more["next_page_cursor"])

    assert (first + rest, none) == (ids, NO_PAGES)
    assert listed(action_attempt_ids=[ids[2], ids[0], UNKNOWN])[0] == [ids[0], ids[2]]
    assert listed(action_attempt_ids=[])[0] == []
    assert listed(device_id=UNKNOWN)[0] == []
    assert listed(customer_key="guest-7")[0] == []


def test_what_is_out_of_reach_is_not_listed(partner, lock):
    partner.post("/access_codes/create", device_id=lock)
    elsewhere = Partner(DeviceFactory().property)

    assert elsewhere.post(PATH)[1]["action_attempts"] == []


def test_a_list_costs_the_same_however_long_it_is(partner, lock, django_assert_num_queries):
    for _ in range(4):
        partner.post("/access_codes/create", device_id=lock)

    with django_assert_num_queries(4):  # the key, its properties, the attempts, their entries
        assert len(partner.post(PATH)[1]["action_attempts"]) == 4
