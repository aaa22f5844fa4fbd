"""The pages of the reference: public, under the site's policy, linked, searchable."""

import re

import pytest

from locksite.reference import pages, views
from locksite.reference.guides import STEPS, guides

ADDRESSES = [
    *(f"/api/docs/{slug}".rstrip("/") for slug, _, _ in views.TEXTS),
    *(f"/api/docs/guide/{each.slug}" for each in guides()),
    "/api/docs/reference/access_codes",
    "/api/docs/reference/devices",
    "/api/docs/things",
    "/api/docs/search",
    "/api/docs/search?q=starts_at",
]


def html_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_public_and_keeps_to_the_policy(client, address):
    answer = client.get(address)  # without the database: it is refused to this test
    html = answer.content.decode()

    assert answer.status_code == 200
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", html)
    assert "Set-Cookie" not in answer
    assert len(re.findall("<h1", html)) == 1


def test_every_link_inside_leads_somewhere(client):
    spaces = [f"/api/docs/reference/{space.slug}" for space in pages.namespaces()]
    html = {address: html_of(client, address) for address in {*ADDRESSES, *spaces}}
    ids = {address: set(re.findall(r'id="([^"]+)"', text)) for address, text in html.items()}

    dead = []
    for address, text in html.items():
        for link in re.findall(r'href="([^"]*)"', text):
            target, _, anchor = link.partition("#")
            target = target or address
            if not target.startswith("/api/docs"):
                continue
            if target not in html or (anchor and anchor not in ids[target]):
                dead.append(f"{address} → {link}")

    assert dead == []


def test_an_endpoint_says_what_it_takes_and_answers(client):
    html = html_of(client, "/api/docs/reference/access_codes")
    section = html.partition('id="access_codes-create"')[2].partition("</section>")[0]

    for part in (
        "curl -X POST http://testserver/access_codes/create",
        "preferred_code_length",
        "How many digits a drawn PIN has.",
        "<b>required</b>",
        "duplicate_access_code",
        "needs a key that may write",
    ):
        assert part in section


def test_a_search_finds_endpoints_things_and_errors(client):
    def found(text):
        html = html_of(client, f"/api/docs/search?q={text}")
        return re.findall(r'<li><a href="([^"]*)"><code>', html.partition("<main")[2])

    assert (
        found("generate_code")[0] == "/api/docs/reference/access_codes#access_codes-generate_code"
    )
    assert "/api/docs/errors#duplicate_access_code" in found("409")
    assert "/api/docs/things#device-space_ids" in found("space_ids")
    assert found("confidence+level") != []
    assert found("zzzz") == []
    assert found("") == []


def test_what_was_searched_for_is_shown_as_text(client):
    html = html_of(client, "/api/docs/search?q=<script>alert(1)</script>")

    assert "<script>" not in html


def test_unknown_pages_are_not_found(client, db):
    for address in (
        "/api/docs/nothing",
        "/api/docs/guide/cobol",
        "/api/docs/reference/thermostats",
    ):
        assert client.get(address).status_code == 404


def test_the_address_with_a_slash_leads_to_the_one_without(client):
    answer = client.get("/api/docs/")

    assert (answer.status_code, answer["Location"]) == (302, "/api/docs")


def test_the_guide_has_every_step_in_every_language():
    assert [each.slug for each in guides()] == [
        "javascript",
        "curl",
        "python",
        "ruby",
        "php",
        "csharp",
    ]
    assert {each.slug: tuple(each.steps) for each in guides()} == {
        each.slug: STEPS for each in guides()
    }


def test_only_the_address_and_the_key_are_changed_and_the_address_is_ours(client):
    html = html_of(client, "/api/docs/switch")

    assert html.count("http://testserver") >= len(guides())
    assert "ENDPOINT" not in html.replace("SEAM_ENDPOINT", "")
