"""Getting in, getting out, and getting to the right property."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from axes.models import AccessAttempt
from django.urls import reverse

from properties.choices import Role
from properties.models import Membership
from tests.desk.html import links, words
from tests.factories import MembershipFactory, PropertyFactory, UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def test_a_person_signs_in_and_comes_to_the_only_property(client):
    house = MembershipFactory(user=UserFactory(username="mara"), role=Role.FRONT_DESK).property

    answer = client.post(reverse("login"), {"username": "mara", "password": PASSWORD}, follow=True)

    assert [where for where, _ in answer.redirect_chain] == [
        "/",
        f"/p/{house.slug}/",
    ]
    assert "The engine is not running." in words(answer, "main")
    assert "Arrivals" in words(answer, "main")


def test_a_wrong_password_says_so_and_keeps_the_name(client):
    UserFactory(username="mara")

    answer = client.post(reverse("login"), {"username": "mara", "password": "wrong"})

    assert answer.status_code == 200
    assert "User name and password do not match." in words(answer)
    assert b'value="mara"' in answer.content
    assert b"wrong" not in answer.content


def test_the_sixth_wrong_password_meets_a_closed_door(client, clock):
    clock.now = datetime.now(UTC)  # django-axes goes by the real time as well
    UserFactory(username="mara")

    answers = [
        client.post(reverse("login"), {"username": "mara", "password": "wrong"}) for _ in range(5)
    ]
    late = client.post(reverse("login"), {"username": "mara", "password": PASSWORD})

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert late.status_code == 429
    assert "Too many tries" in words(late)


def test_a_closed_door_says_until_when_and_trying_again_does_not_move_it(client, clock):
    clock.now = datetime.now(UTC)
    PropertyFactory(time_zone="Europe/Berlin")
    UserFactory(username="mara")
    form = {"username": "mara", "password": "wrong", "next": "/p/x/"}
    for _ in range(5):
        client.post(reverse("login"), form)
    until = AccessAttempt.objects.get().attempt_time + timedelta(minutes=15)
    clock.move(minutes=4, seconds=30)

    late = client.post(reverse("login"), form)

    shown = f"{until.astimezone(ZoneInfo('Europe/Berlin')):%H:%M} Berlin time"
    assert f"until {shown} , 11 min from now" in words(late, "main")
    assert f"{reverse('login')}?next=%2Fp%2Fx%2F" in links(late)


def test_signing_out_takes_a_post_and_ends_the_session(client):
    user = MembershipFactory(user=UserFactory(username="mara")).user
    client.force_login(user)

    refused = client.get(reverse("logout"))
    answer = client.post(reverse("logout"))

    assert refused.status_code == 405
    assert answer["Location"] == reverse("login")
    assert client.get(reverse("home"))["Location"].startswith(reverse("login"))


def test_somebody_with_several_properties_is_asked_once(client):
    user = UserFactory(username="mara")
    first, second = PropertyFactory(name="Anker"), PropertyFactory(name="Boje")
    for house in (second, first):
        MembershipFactory(user=user, property=house)
    client.force_login(user)

    asked = client.get(reverse("home"))
    client.get(reverse("lock-list", args=[second.slug]))
    remembered = client.get(reverse("home"))
    asked_again = client.get(reverse("home"), {"choose": "1"})

    assert [link for link in links(asked) if link.startswith("/p/")] == [
        f"/p/{first.slug}/",
        f"/p/{second.slug}/",
    ]
    assert remembered["Location"] == f"/p/{second.slug}/"
    assert asked_again.status_code == 200


def test_a_property_that_one_left_is_not_gone_back_to(client):
    membership = MembershipFactory(user=UserFactory(username="mara"))
    client.force_login(membership.user)
    client.get(reverse("lock-list", args=[membership.property.slug]))
    Membership.objects.all().delete()

    answer = client.get(reverse("home"))

    assert answer.status_code == 200
    assert "No property yet. An administrator adds one in Admin." in words(answer, "main")


def test_the_switcher_shows_the_other_properties_with_their_time(client):
    user = UserFactory(username="mara")
    here = PropertyFactory(name="Anker", city="Hamburg", time_zone="Europe/Berlin")
    there = PropertyFactory(name="Boje", city="New York", time_zone="America/New_York")
    for house in (here, there):
        MembershipFactory(user=user, property=house)
    client.force_login(user)

    page = client.get(reverse("lock-list", args=[here.slug]))

    assert "Anker · Hamburg 11:00" in words(page)
    assert "Boje New York 05:00" in words(page)
    assert f"/p/{there.slug}/" in links(page)


def test_a_page_asks_a_stranger_to_sign_in_and_comes_back(client):
    house = PropertyFactory()
    path = reverse("code-list", args=[house.slug])

    page = client.get(path)
    fragment = client.get(
        reverse("live", args=[house.slug]),
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{path}"},
    )

    assert page["Location"] == f"{reverse('login')}?next={path}"
    assert fragment.status_code == 401
    assert fragment["HX-Redirect"] == f"{reverse('login')}?next={path.replace('/', '%2F')}"
    assert fragment.content == b""
