"""Issuing codes as people do: what is on the screen and what is in the database."""

from datetime import datetime

from playwright.sync_api import expect


def test_a_stay_is_issued_from_the_list_of_locks(clerk):
    guest = clerk.own("Ana Stay")
    clerk.open("locks/")
    clerk.sees_page("Locks")
    clerk.click("link", "Issue code for Room 1")
    clerk.sees_page("Issue a code for Room 1")
    clerk.fill("Who is it for?", guest)
    clerk.click("button", "Weekend")
    clerk.sees("What will happen")
    clerk.click("button", "Issue code")

    clerk.sees_page(guest)
    clerk.sees(f"Code for {guest} created.")
    made = clerk.backstage.code(name=guest)
    assert (made["door"], made["kind"], len(made["pin"])) == ("Room 1", "time_bound", 6)
    start, end = (datetime.fromisoformat(made[side]) for side in ("starts_at", "ends_at"))
    assert 1 <= (end.date() - start.date()).days <= 3


def test_a_code_until_it_is_removed_gets_onto_its_lock(clerk):
    guest = clerk.own("Olga Ongoing")
    clerk.open("issue/")
    clerk.sees_page("Which door?")
    clerk.click("link", "Room 1")
    clerk.fill("Who is it for?", guest)
    clerk.choose("Until removed")
    clerk.click("button", "Issue code")

    clerk.sees_page(guest)
    clerk.sees_badge("On the lock")
    clerk.sees("Ready to hand over.")
    made = clerk.backstage.code(name=guest)
    assert (made["kind"], made["status"], made["starts_at"]) == ("ongoing", "set", None)


def test_a_walk_in_gets_one_pin_for_two_doors(clerk):
    guest = clerk.own("Wanda Walk-in")
    clerk.open("locks/")
    clerk.click("link", "Issue code for Room 1")
    clerk.click("button", "Walk-in now")
    clerk.fill("Who is it for?", guest)
    clerk.unfold("More doors")
    clerk.page.get_by_role("checkbox", name="Room 2").check()
    clerk.look()
    clerk.click("button", "Issue code")

    clerk.sees_page(guest)
    clerk.sees("for 2 doors", "The same PIN for other doors")
    clerk.sees_badge("On the lock")
    made = clerk.backstage.codes(name=guest)
    assert [code["door"] for code in made] == ["Room 1", "Room 2"]
    assert len({code["pin"] for code in made}) == 1


def test_a_form_that_is_sent_back_keeps_what_was_typed(clerk):
    guest = clerk.own("Frank Form")
    clerk.open("locks/")
    clerk.click("link", "Issue code for Room 2")
    clerk.fill("Who is it for?", guest)
    clerk.choose("Choose")
    clerk.fill("The digits", "123456")
    clerk.click("button", "Issue code")

    clerk.sees("Check 1 thing", "This PIN is easy to guess.", keeps=False)
    assert clerk.page.title().startswith("Error: ")
    assert clerk.page.get_by_label("Who is it for?").input_value() == guest
    assert clerk.page.get_by_label("The digits").input_value() == "123456"
    assert clerk.backstage.count(name=guest) == 0

    clerk.page.locator("#pin-feedback").get_by_role("button", name="Try").click()
    clerk.click("button", "Issue code")
    clerk.sees_page(guest)
    assert clerk.backstage.code(name=guest)["pin"] not in clerk.page.content()
    assert clerk.page.url.startswith(f"{clerk.seat.url}/p/{clerk.house}/codes/")


def test_a_stay_takes_two_clicks_or_seven_keys(clerk):
    by_mouse, by_keys = clerk.own("Two Clicks"), clerk.own("Seven Keys")
    page, name = clerk.page, clerk.page.get_by_label("Who is it for?")
    clerk.open("locks/")
    clerk.click("link", "Issue code for Room 1")
    expect(name).to_be_focused()
    page.keyboard.type(by_mouse)
    clerk.click("button", "Issue code")
    clerk.sees_page(by_mouse)
    assert clerk.clicks == 2

    clerk.open("locks/")
    keys = ["Tab", "Enter", "Tab", "Tab", "Enter"]  # skip link, main, check all, issue
    for key in keys:
        page.keyboard.press(key)
    clerk.sees_page("Which door?")
    page.keyboard.press("Enter")  # the first door that takes codes has the focus
    expect(name).to_be_focused()
    page.keyboard.type(by_keys)
    page.keyboard.press("Enter")
    clerk.sees_page(by_keys)
    assert len([*keys, "Enter", "Enter"]) == 7
    made = [clerk.backstage.code(name=each)["kind"] for each in (by_mouse, by_keys)]
    assert made == ["time_bound", "time_bound"]
