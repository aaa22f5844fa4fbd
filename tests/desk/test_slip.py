"""The guest's slip: nothing to read before somebody asks, and everything a guest needs after."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from accesscodes.services import CodeSpec, issue_code
from accesscodes.web.slips import in_groups
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from tests.desk.html import attributes, ids, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(world):
    world.property.phone = "+49 40 555 0134"
    world.property.keypad_hint = "Press the check key after the PIN."
    world.property.guest_page_url = "https://house.example/guests"
    world.property.city = "Hamburg"
    world.property.save()
    code = issue(world, "Lena Okafor", "482915")
    world.run(minutes=1)
    return code


def issue(world, name, pin, starts_at=datetime(2026, 11, 26, 14, tzinfo=UTC)):
    spec = CodeSpec(
        name=name,
        pin=Pin(pin),
        starts_at=starts_at,
        ends_at=datetime(2026, 11, 29, 10, tzinfo=UTC),
    )
    return issue_code(world.device(), spec, actor=SYSTEM, now=world.now)


def path(world, code):
    return reverse("slip", args=[world.property.slug, code.uid])


def slips(world, *codes):
    ids = ",".join(str(code.uid) for code in codes)
    return f"{reverse('slips', args=[world.property.slug])}?ids={ids}"


def reveals():
    return list(
        AuditEntry.objects.filter(action="access_code.reveal_pin")
        .order_by("id")
        .values_list("actor_label", "object_uid", "detail")
    )


def test_the_pin_is_on_paper_only_after_a_post_and_that_is_written_down(desk, world, code):
    before = desk.get(path(world, code))
    assert "482915" not in before.content.decode()
    assert "482 915" not in before.content.decode()
    assert reveals() == []

    paper = desk.post(path(world, code))
    text = words(paper, "main")

    assert "Lena Okafor" in text
    assert "482 915" in text
    assert "Works from Thu 26 Nov 15:00 to Sun 29 Nov 11:00 (Hamburg time)." in text
    assert "Press the check key after the PIN." in text
    assert "Front desk: +49 40 555 0134" in text
    assert 'aria-label="PIN 4 8 2 9 1 5"' in paper.content.decode()
    assert paper["Cache-Control"] == "no-store"
    assert "482915" not in paper.request["PATH_INFO"] + paper.request["QUERY_STRING"]
    assert reveals() == [("mara", code.uid, {"how": "printed"})]
    page = desk.get(reverse("code-detail", args=[world.property.slug, code.uid]))
    assert "PIN shown on a slip to mara" in words(page, "code-events")


def test_the_qr_code_leads_to_the_guests_page_and_never_holds_the_pin(desk, world, code):
    paper = desk.post(path(world, code)).content.decode()
    [svg] = [part for part in paper.split("<svg") if 'class="qr"' in part]
    picture = svg.partition("</svg>")[0]

    assert "QR code of https://house.example/guests" in picture
    assert "style" not in picture
    world.property.guest_page_url = ""
    world.property.save()
    assert 'class="qr"' not in desk.post(path(world, code)).content.decode()


def test_a_pin_that_does_not_open_is_printed_only_for_somebody_who_insists(desk, world, code):
    late = issue(world, "Too Late", "703611", starts_at=world.now)  # it is not sent yet

    asked = desk.get(path(world, late))
    unsure = desk.post(path(world, late))
    assert (
        "Don't hand this PIN over yet. It may not open the door. Sending to lock. Started just "
        "now."
    ) in words(asked, "main")
    assert "slip-anyway" in ids(asked)
    assert "slip-show" not in ids(asked)
    assert "703" not in words(unsure, "main")
    assert reveals() == []

    sure = desk.post(path(world, late), {"sure": "1"})
    assert "703 611" in words(sure, "main")
    assert 'data-safe="no"' in sure.content.decode()
    assert 'data-safe="no"' not in desk.post(path(world, code)).content.decode()


def test_several_slips_are_asked_for_at_once_and_each_is_written_down(
    desk, world, code, django_assert_max_num_queries
):
    other = issue(world, "Ben Adeyemi", "703611")
    world.run(minutes=1)

    asked = desk.get(slips(world, code, other))
    assert attributes(asked, "slip-show")["type"] == "submit"
    with django_assert_max_num_queries(20):
        paper = desk.post(slips(world, code, other))

    assert paper.content.decode().count('<article class="slip"') == 2
    assert [uid for _, uid, _ in reveals()] == [code.uid, other.uid]


def test_of_several_only_those_that_open_are_printed_unless_somebody_insists(desk, world, code):
    late = issue(world, "Too Late", "703611", starts_at=world.now)  # it is not sent yet

    some = desk.post(slips(world, code, late))
    everything = desk.post(slips(world, code, late), {"sure": "1"})

    assert some.content.decode().count('<article class="slip"') == 1
    assert everything.content.decode().count('<article class="slip"') == 2


@pytest.mark.parametrize("ids", ["", "nonsense", "00000000-0000-0000-0000-000000000007"])
def test_slips_of_codes_that_are_not_there_are_not_found(desk, world, code, ids):
    answer = desk.get(f"{reverse('slips', args=[world.property.slug])}?ids={ids}")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("digits", "groups"),
    [
        ("4829", "4829"),
        ("48291", "48291"),
        ("482915", "482 915"),
        ("4829157", "482 915 7"),
        ("48291573", "4829 1573"),
        ("482915736", "482 915 736"),
    ],
)
def test_digits_stand_in_groups(digits, groups):
    assert in_groups(digits) == groups


def test_the_message_for_a_guest_has_a_place_for_the_pin_and_not_the_pin(desk, world, code):
    where = reverse("code-pin", args=[world.property.slug, code.uid])
    shown = desk.post(where, headers={"HX-Request": "true"}).content.decode()

    assert (
        "Hello Lena Okafor, your door code for "
        f"{code.device.display_name} is {{PIN}}. It works Thu 26 Nov 15:00 to Sun 29 Nov 11:00."
    ) in shown
    assert "sms:" not in shown
    assert "mailto:" not in shown
