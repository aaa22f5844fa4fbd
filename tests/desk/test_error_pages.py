"""Pages for when something does not work: they say so, look like the desk, and lead back."""

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from locksite.wire import fallback
from properties.choices import Role
from tests.desk.html import links, words
from tests.factories import MembershipFactory, PropertyFactory, UserFactory


def ways(page):
    """Return where the page leads, its files left out."""
    return [link for link in links(page) if not link.startswith("/static/")]


def test_an_unknown_address_says_so_and_leads_back(client, db):
    page = client.get(
        "/p/nowhere/at/all/", headers={"referer": "http://testserver/p/x/codes/?q=a"}
    )

    assert page.status_code == 404
    assert "Nothing here" in words(page, "main")
    assert ways(page) == ["/p/x/codes/?q=a", "/"]


@pytest.mark.parametrize(
    "came_from", ["", "https://elsewhere.example/p/x/", "http://testserver/nowhere/"]
)
def test_the_way_back_is_never_elsewhere_and_never_the_same_page(client, db, came_from):
    page = client.get("/nowhere/", headers={"referer": came_from})

    assert ways(page) == ["/"]


def test_what_one_may_not_do_names_who_may(sign_in, db):
    house = PropertyFactory()

    page = sign_in(Role.HOUSEKEEPING, house).get(reverse("choose-door", args=[house.slug]))

    assert page.status_code == 403
    assert "Ask the front desk." in words(page, "main")


def test_a_form_from_an_old_page_says_that_nothing_changed(db):
    client = Client(enforce_csrf_checks=True)

    page = client.post(
        reverse("login"), {"username": "mara"}, headers={"referer": "http://testserver/"}
    )

    assert page.status_code == 403
    assert "Nothing was changed." in words(page, "main")
    assert reverse("home") in ways(page)


def test_a_host_that_is_not_ours_is_a_400_with_a_page(client, settings):
    settings.ALLOWED_HOSTS = ["locksite.example"]

    page = client.get("/account/login/", headers={"host": "other.example"})

    assert page.status_code == 400
    assert "This can't be understood" in words(page, "main")


def test_a_form_that_is_too_long_says_so(client, db, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    page = client.post(
        reverse("login"), "username=" + "m" * 200, "application/x-www-form-urlencoded"
    )

    assert page.status_code == 413
    assert "Nothing was changed." in words(page, "main")


def broken(_: HttpRequest) -> None:
    raise RuntimeError("on purpose")


def test_a_fault_of_ours_has_a_page_without_the_database():
    # No `db` fixture: any query would fail this test.
    page = fallback.server_error(RequestFactory().get("/p/x/"))

    assert page.status_code == 500
    assert "Something went wrong" in words(page, "main")
    assert ways(page) == ["/"]


def test_a_fault_of_the_error_page_itself_still_says_so(monkeypatch):
    monkeypatch.setattr("django.template.loader.get_template", broken)
    monkeypatch.setattr("django.views.defaults.loader.get_template", broken)

    page = fallback.server_error(RequestFactory().get("/p/x/"))

    assert page.status_code == 500
    assert "Something went wrong" in words(page)
    assert ways(page) == ["/"]


# ---- Sign-in


def test_signing_in_keeps_where_one_wanted_to_go(client, db):
    house = MembershipFactory(user=UserFactory(username="mara")).property
    path = reverse("code-list", args=[house.slug])

    wrong = client.post(f"{reverse('login')}?next={path}", {"username": "mara", "password": "x"})
    right = client.post(
        reverse("login"),
        {"username": "mara", "password": "a long enough password", "next": path},
    )

    assert f'name="next" value="{path}"' in wrong.content.decode()
    assert right["Location"] == path


def test_sign_in_lets_password_managers_and_paste_work(client, db):
    page = client.get(reverse("login")).content.decode()

    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page
    assert "<script" not in page


# ---- Admin


def test_admin_carries_our_name_and_leads_back_to_the_desk(admin_client):
    page = admin_client.get(reverse("admin:index"))

    assert "Locksite" in words(page, "site-name")
    assert words(page, "to-desk") == "Back to the desk"
    assert "View site" not in words(page)
    assert "Django" not in page.content.decode().partition("<body")[2]
