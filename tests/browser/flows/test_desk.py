"""Moving about the desk: signing in, finding things, what happened, what may not be done."""

import re

from playwright.sync_api import Page, expect

from tests.browser.flows.clerk import SCRIPTED
from tests.browser.flows.words import NEXT_DOOR, PASSWORD

LIVE = re.compile(r"/live/\?")
LOOK = "htmx.trigger('#live', 'refresh')"
SOME_TIME_LATER = "() => { const then = Date.now() + 15000; Date.now = () => then }"


def test_somebody_signs_in_and_picks_a_property(clerk):
    page = clerk.page
    clerk.open()
    clerk.unfold(clerk.seat.username)
    clerk.click("button", "Sign out")
    clerk.sees_page("Sign in")
    clerk.fill("User name", clerk.seat.username)
    clerk.fill("Password", "not the one")
    clerk.click("button", "Sign in")
    clerk.sees("User name and password do not match.")
    assert page.get_by_label("User name").input_value() == clerk.seat.username
    clerk.fill("Password", PASSWORD)
    clerk.click("button", "Sign in")

    clerk.sees_page("Choose a property")
    clerk.click("link", "Quay House")
    clerk.sees_page("Arrivals")
    clerk.unfold("Quay House")
    clerk.click("link", "Pier House")
    clerk.sees("No codes start in the next 48 hours.")
    clerk.open()
    page.goto("/")
    expect(page).to_have_url(re.compile(f"/p/{clerk.house}/$"))


def test_whoever_is_signed_out_in_the_middle_comes_back_to_the_same_page(clerk):
    guest = clerk.own("Mira Middle")
    clerk.open("locks/")
    clerk.click("link", "Issue code for Room 1")
    clerk.fill("Who is it for?", guest)
    # Before the page itself has noticed: what it says then has a test of its own.
    clerk.page.evaluate("document.querySelector('#live')?.remove()")
    clerk.seat.context.clear_cookies(name="sessionid")
    clerk.click("button", "Issue code")

    if clerk.page.get_by_role("heading", name="This page was open for too long").count():
        clerk.look()
        clerk.click("link", "Back to the page before")
    clerk.sees_page("Sign in")
    clerk.fill("User name", clerk.seat.username)
    clerk.fill("Password", PASSWORD)
    clerk.click("button", "Sign in")
    clerk.sees_page("Issue a code for Room 1")
    assert clerk.backstage.count(name=guest) == 0


def test_a_guest_and_a_door_are_found(clerk):
    guest = clerk.own("Sven Search")
    clerk.backstage.guest(name=guest, door="Room 1")
    clerk.open()
    clerk.fill("Find a door or a guest", guest.lower())
    clerk.page.get_by_label("Find a door or a guest").press("Enter")
    clerk.sees_page("Search")
    clerk.click("link", guest)
    clerk.sees_page(guest)
    clerk.open("search/")
    clerk.fill("Door, guest or code name", "room 3")
    clerk.page.get_by_label("Door, guest or code name").press("Enter")
    clerk.sees("Room 3", "Can't take codes")
    pin = clerk.backstage.code(name=guest)["pin"]  # it may be typed, and is in no address then
    clerk.fill("Door, guest or code name", pin)
    clerk.page.get_by_label("Door, guest or code name").press("Enter")
    clerk.sees(f"Nothing found for “{pin}”.", keeps=False)
    expect(clerk.page).to_have_url(re.compile(r"/search/$"))


def test_what_happened_is_filtered_and_taken_along(clerk):
    clerk.open()
    clerk.click("link", re.compile("^Activity"), clerk.page.get_by_role("navigation", name="Main"))
    clerk.sees_page("Activity")
    clerk.click("link", "Staff")
    expect(clerk.page).to_have_url(re.compile("kind=staff"))
    clerk.page.get_by_label("Door", exact=True).select_option(label="Room 1")
    clerk.click("button", re.compile("^Show$"))
    expect(clerk.page).to_have_url(re.compile("lock="))
    clerk.sees(re.compile("Issued by"))
    with clerk.page.expect_download() as download:
        clerk.click("link", "Take along as CSV")
    text = download.value.path().read_text("utf-8-sig")
    assert text.startswith("time,time in UTC,what")
    assert not [pin for pin in clerk.backstage.pins() if pin in text]


def test_a_shift_is_handed_over(clerk):
    clerk.open()
    clerk.click("link", "Handover")
    clerk.sees_page("Shift handover")
    clerk.sees(re.compile("^To watch until"), re.compile("^Broken since"), "Room 3")
    expect(clerk.page.get_by_role("button", name="Print")).to_be_visible(visible=clerk.has_js)


def test_a_note_is_left_for_the_next_shift_which_marks_it_done(clerk, sit_down):
    guest, note = clerk.own("Nele Noted"), clerk.own("Towels for room 2")
    clerk.backstage.guest(name=guest, door="Room 1")
    pin = clerk.backstage.code(name=guest)["pin"]

    clerk.open("shift/")
    clerk.fill("Leave a note", f"{note}, {pin}")
    clerk.click("button", "Leave note")
    clerk.sees("Check 1 thing", "Leave it out; name the code instead.", keeps=False)
    clerk.fill("Leave a note", note)
    clerk.click("button", "Leave note")
    clerk.sees("Note left for the next shift.", note)

    porter = sit_down(clerk.way, "frida")
    porter.open("shift/")
    porter.sees(note)
    porter.click("button", "Mark done", inside=porter.row(note))
    porter.sees(re.compile(f"Done by {porter.seat.username}"), inside=porter.row(note))
    expect(porter.row(note).get_by_role("button")).to_have_count(0)


def test_preferences_are_kept(clerk):
    clerk.open()
    for colours, clock, time in (
        ("Dark", "12 hours, 3:00 pm", r" \d?\d:\d\d [ap]m$"),
        ("Light", "24 hours, 15:00", r" \d\d:\d\d$"),
    ):
        clerk.unfold(clerk.seat.username)
        clerk.click("link", "Preferences")
        clerk.sees_page("Preferences")
        clerk.choose(colours)
        clerk.choose(clock)
        clerk.click("button", "Save")
        clerk.sees("Preferences saved.")
        clerk.click("link", "Back to the desk")
        clerk.sees_page("Arrivals")
        expect(clerk.page.locator("html")).to_have_attribute("data-theme", colours.lower())
        expect(clerk.page.locator("summary.menu__button")).to_have_text(re.compile(time))
    kept = clerk.backstage.preferences(username=clerk.seat.username)
    assert (kept["theme"], kept["twelve_hours"]) == ("light", False)


def test_pages_that_are_not_there_or_not_allowed_lead_back(clerk, sit_down):
    porter = sit_down(clerk.way, "frida")
    porter.open("webhooks/")
    porter.sees_page("You can't do this")
    porter.page.goto("/p/nowhere/")
    porter.sees_page("Nothing here")
    porter.click("link", "Go to the start")
    porter.sees_page("Arrivals")


def test_a_manager_sees_what_partners_are_told(clerk):
    clerk.open()
    clerk.unfold(clerk.seat.username)
    clerk.click("link", "Webhooks")
    clerk.sees_page("Webhooks")
    clerk.sees("No webhooks.")


def test_the_desk_is_worked_by_keys(clerk):
    clerk.open()
    clerk.page.keyboard.press("Tab")
    expect(clerk.page.get_by_role("link", name="Skip to content")).to_be_focused()
    clerk.page.keyboard.press("Enter")
    expect(clerk.page.get_by_role("main")).to_be_focused()
    if not clerk.has_js:
        return
    for keys, heading in (("gl", "Locks"), ("gc", "Codes"), ("ga", "Arrivals")):
        for key in keys:
            clerk.page.keyboard.press(key)
        clerk.sees_page(heading)
    clerk.page.keyboard.press("?")
    clerk.sees("They can be switched off under")
    clerk.page.keyboard.press("Escape")
    expect(clerk.page.get_by_role("dialog")).to_be_hidden()
    clerk.page.keyboard.press("/")
    expect(clerk.page.get_by_label("Find a door or a guest")).to_be_focused()


def test_with_javascript_a_dead_line_is_said_until_it_is_back(sit_down):
    clerk = sit_down(SCRIPTED)
    clerk.open("locks/")
    clerk.page.route(LIVE, lambda route: route.abort())
    for _ in range(3):
        with clerk.page.expect_event("requestfailed"):
            clerk.page.evaluate(LOOK)
    clerk.sees(re.compile(r"^Connection lost\. Showing \d\d:\d\d\.$"))

    clerk.page.unroute(LIVE)
    clerk.page.evaluate(SOME_TIME_LATER)
    clerk.page.evaluate(LOOK)
    clerk.sees(re.compile("^Live$"))
    clerk.seat.complaints.clear()  # of the line


def test_with_javascript_a_page_without_news_leads_to_sign_in_once_signed_out(sit_down):
    clerk = sit_down(SCRIPTED)
    clerk.open(house=NEXT_DOOR)
    assert 204 in {look(clerk.page), look(clerk.page)}  # a minute may pass before the first
    other = clerk.page.context.new_page()
    other.goto(f"/p/{NEXT_DOOR}/locks/")
    other.locator("summary").filter(has_text=clerk.seat.username).click()
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")
    other.close()

    assert look(clerk.page) == 401
    clerk.sees_page("Sign in")
    clerk.fill("User name", clerk.seat.username)
    clerk.fill("Password", PASSWORD)
    clerk.click("button", "Sign in")
    clerk.sees_page("Arrivals")
    expect(clerk.page).to_have_url(re.compile(f"/p/{NEXT_DOOR}/$"))


def look(page: Page) -> int:
    """Have the page look for news; return the status of the answer."""
    with page.expect_response(LIVE) as answer:
        page.evaluate(LOOK)
    status: int = answer.value.status
    return status


def test_whatever_is_wrong_is_found(sit_down):
    clerk = sit_down(SCRIPTED)
    pin = clerk.backstage.code(name=a_code(clerk))["pin"]
    clerk.open()
    clerk.page.evaluate(
        """pin => {
          sessionStorage.setItem('seen', pin)
          document.body.insertAdjacentHTML('beforeend', '<p style="color: red">x</p>')
          document.body.lastChild.className = 'wide'
          Object.assign(document.body.lastChild.style, { width: '3000px', position: 'absolute' })
        }""",
        pin,
    )
    clerk.look()
    clerk.page.evaluate("sessionStorage.clear()")

    found = " ".join(clerk.leave())

    assert "a PIN: " in found
    assert "sideways: " in found
    assert "Content Security Policy" in found
    clerk.forgive()


def a_code(clerk) -> str:
    guest: str = clerk.own("Someone")
    clerk.backstage.guest(name=guest, door="Room 1")
    return guest
