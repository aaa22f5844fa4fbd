"""What a lock reports, matched to what we believe of it."""

from dataclasses import replace

from accesscodes.choices import Placement
from accesscodes.drift import Stray, Written, mark, match, recall
from accesscodes.entries import after_reading
from accesscodes.values import Content, LockTerms, Seen, Tracked
from properties.choices import Proof
from properties.providers.base import Capabilities
from tests.accesscodes.test_lifecycle import NATIVE, on_lock, ongoing
from tests.clock import START

HIDES_ALL = LockTerms(Capabilities(proof=Proof.SLOT_ONLY, shows_names=False))


def look(*codes, entries, terms=NATIVE):
    return match([Tracked(*code) for code in codes], entries, terms)


def test_an_entry_with_our_pin_in_our_slot_is_ours():
    entry = on_lock(ongoing())

    sightings, foreign = look((ongoing(), entry), entries=[Seen(1, entry.content)])

    assert sightings[1].entry is not None
    assert sightings[1].is_ours_as_sent
    assert not sightings[1].is_altered
    assert foreign == ()


def test_our_pin_in_another_slot_is_not_ours():
    entry = on_lock(ongoing())

    sightings, foreign = look((ongoing(), entry), entries=[Seen(2, entry.content)])

    assert sightings[1].entry is None
    assert [code.slot for code in foreign] == [2]


def test_our_name_with_another_pin_is_ours_and_was_altered():
    entry = on_lock(ongoing())
    edited = replace(entry.content, pin_index="theirs")

    sightings, foreign = look((ongoing(), entry), entries=[Seen(1, edited)])

    assert (sightings[1].is_altered, sightings[1].is_ours_as_sent) == (True, False)
    assert foreign == ()


def test_a_stranger_in_our_slot_is_not_ours():
    entry = on_lock(ongoing())
    stranger = Seen(1, Content("theirs", "old cleaner"))

    sightings, foreign = look((ongoing(), entry), entries=[stranger])

    assert (sightings[1].entry, sightings[1].is_slot_taken) == (None, True)
    assert foreign == (stranger,)


def test_content_that_was_replaced_by_a_newer_wish_is_not_called_altered():
    entry = on_lock(ongoing())

    sightings, _ = look((ongoing(name="Bea"), entry), entries=[Seen(1, entry.content)])

    assert not sightings[1].is_altered


def test_a_code_switched_off_in_the_app_was_altered():
    entry = on_lock(ongoing())

    sightings, _ = look((ongoing(), entry), entries=[Seen(1, entry.content, is_enabled=False)])

    assert (sightings[1].is_altered, sightings[1].is_ours_as_sent) == (True, False)


def test_a_lock_that_shows_slots_only_is_judged_by_the_acknowledged_write():
    entry = on_lock(ongoing(), HIDES_ALL)
    shown = [Seen(1, Content(None, None))]

    sightings, _ = look((ongoing(), entry), entries=shown, terms=HIDES_ALL)
    doubtful, _ = look(
        (ongoing(), replace(entry, is_acknowledged=False)), entries=shown, terms=HIDES_ALL
    )

    assert sightings[1].is_ours_as_sent
    assert not doubtful[1].is_ours_as_sent


def test_a_late_write_of_a_gone_code_is_still_ours():
    gone = on_lock(ongoing(1), placement=Placement.ABSENT)

    sightings, foreign = look((ongoing(1), gone), entries=[Seen(1, gone.content)])

    assert sightings[1].entry is not None
    assert foreign == ()


def test_the_code_that_holds_a_slot_now_goes_before_one_that_held_it_once():
    once = on_lock(ongoing(1), placement=Placement.ABSENT)
    now = on_lock(ongoing(2))

    sightings, foreign = look(
        (ongoing(1), once), (ongoing(2), now), entries=[Seen(1, now.content)]
    )

    assert sightings[1].entry is None
    assert sightings[2].is_ours_as_sent
    assert foreign == ()


def test_every_name_that_we_sent_to_the_slot_is_ours_where_pins_are_hidden():
    hides = LockTerms(Capabilities(proof=Proof.SLOT_ONLY))
    wish = ongoing(name="Bea", revision=2)
    entry = replace(on_lock(wish, terms=hides), known_names=frozenset({"Ana", "Bea"}), slot=1)
    an_older_list = Seen(1, Content(None, "Ana"))

    sightings, foreign = look((wish, entry), entries=[an_older_list], terms=hides)

    assert (sightings[1].entry, foreign) == (an_older_list, ())


def test_an_older_name_of_ours_in_our_slot_blames_nobody_where_pins_are_hidden():
    hides = LockTerms(Capabilities(proof=Proof.SLOT_ONLY))
    wish = ongoing(code_id=2, name="Bea")
    holds_it, yielded = on_lock(wish, terms=hides), on_lock(ongoing(name="Ana"), terms=hides)
    yielded = replace(yielded, placement=Placement.ABSENT, content=None)
    old = Seen(1, Content(None, "Ana"))

    sightings, foreign = look(
        (ongoing(name="Ana"), yielded), (wish, holds_it), entries=[old], terms=hides
    )

    assert (sightings[1].entry, sightings[2].is_superseded, foreign) == (None, True, ())


def test_an_older_entry_of_ours_over_our_own_blames_nobody_and_is_written_over():
    """A stale list, or a late write of the code that had the slot before."""
    wish = ongoing(code_id=2)
    now_here, once_here = on_lock(wish), on_lock(ongoing())
    audited = replace(once_here, placement=Placement.ABSENT, content=None)
    old = Seen(1, once_here.content)

    sightings, foreign = look((ongoing(), audited), (wish, now_here), entries=[old])
    believed = after_reading(wish, now_here, sightings[2], NATIVE, START)

    assert (sightings[1].entry, sightings[2].is_superseded, foreign) == (None, True, ())
    assert (believed.placement, believed.slot) == (Placement.WRITING, 1)
    assert (believed.content, believed.error_code) == (None, "")


# ---- what we wrote into slots that no code holds any more ---------------------------------------


def recalled(*codes, entries, writes):
    tracked = [Tracked(*code) for code in codes]
    return recall(tracked, *match(tracked, entries, NATIVE), writes)


def test_a_late_write_is_taken_for_the_code_that_is_nowhere_else():
    lost = replace(on_lock(ongoing(), slot=3), placement=Placement.ABSENT, content=None)
    landed = Seen(1, ongoing().content(NATIVE))

    sightings, strays, foreign = recalled(
        (ongoing(), lost), entries=[landed], writes={(1, "pin-1"): Written(1, "pin-1")}
    )

    assert (sightings[1].entry, sightings[1].is_recalled) == (landed, True)
    assert (strays, foreign) == ((), ())


def test_a_late_write_of_a_code_that_is_in_another_slot_is_a_stray():
    entry = on_lock(ongoing(), slot=3)
    landed = Seen(1, entry.content)

    sightings, strays, foreign = recalled(
        (ongoing(), entry),
        entries=[landed, Seen(3, entry.content)],
        writes={(1, "pin-1"): Written(1, "pin-1")},
    )

    assert (sightings[1].entry.slot, strays, foreign) == (3, (Stray(landed, 1),), ())


def test_a_late_write_of_a_code_that_is_gone_is_a_stray():
    landed = Seen(1, Content("pin-9", "Ana"))

    assert recalled(entries=[landed], writes={(1, "pin-9"): Written(9, "pin-9")})[1:] == (
        (Stray(landed, 9),),
        (),
    )


def test_a_late_write_to_a_lock_that_hides_pins_is_known_by_its_name():
    wanted = on_lock(ongoing(), slot=3)
    lost = replace(wanted, placement=Placement.ABSENT, content=None)
    landed = Seen(1, replace(wanted.content, pin_index=None))

    sightings, strays, foreign = recalled(
        (ongoing(), lost), entries=[landed], writes={(1, mark(landed)): Written(1, "pin-1")}
    )

    assert (sightings[1].entry, strays, foreign) == (landed, (), ())


def test_a_late_write_of_an_older_pin_to_a_lock_that_hides_pins_is_a_stray():
    wanted = on_lock(ongoing(), slot=3)
    lost = replace(wanted, placement=Placement.ABSENT, content=None)
    landed = Seen(1, replace(wanted.content, pin_index=None))

    sightings, strays, _ = recalled(
        (ongoing(), lost), entries=[landed], writes={(1, mark(landed)): Written(1, "pin-0")}
    )

    assert (sightings[1].entry, strays) == (None, (Stray(landed, 1),))


def test_what_we_never_wrote_to_a_slot_is_foreign():
    theirs = Seen(1, Content("pin-9", "Ana"))

    assert recalled(entries=[theirs], writes={(2, "pin-9"): Written(9, "pin-9")})[1:] == (
        (),
        (theirs,),
    )
