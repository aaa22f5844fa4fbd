"""Names that are easily taken for each other at the desk."""

import pytest

from accesscodes.near_names import Guest, are_near, near_guests


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lena Okafor", "Lena Okafor"),
        ("Lena Okafor", "Tom Okafor"),
        ("Lena Okafor", "Okafor, Lena"),
        ("Mr Okafor", "Lena Okafor"),
        ("Family Okafor", "Okafor"),
        ("Lena Meier", "Lena Meyer"),
        ("Jan Müller", "Ute Mueller"),
        ("Jan Müller", "Jan Miller"),
        ("Sofia Lind", "Sophia Lind"),
        ("Søren Dahl", "Soren Dahl"),
        ("Ana Prado", "Ana Parado"),
        ("Ana Prado", "Ana Pardo"),
        ("Ana Prado", "An Prado"),
        ("Ana Prado", "Anna Prado"),
        ("Renée", "Rene"),
        ("ANA PRADO", "ana prado"),
        ("Team 7", "Team 7"),
    ],
)
def test_these_are_easily_confused(one, other):
    assert are_near(one, other)
    assert are_near(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lena Okafor", "Jonas Weber"),
        ("Lena Okafor", "Lena Weber"),
        ("Ana Prado", "Ina Prada"),
        ("Anna Meier", "Jonas Meyers"),
        ("Group 1", "Group 2"),
        ("Booking 4711", "Booking 4712"),
        ("Team", "Team 2"),
        ("Bo Li", "Bo Lu"),
        ("Li", "Lu"),
        ("", ""),
        ("?", "!"),
        ("12", "12"),
        ("Mr", "Dr"),
    ],
)
def test_these_are_told_apart(one, other):
    assert not are_near(one, other)
    assert not are_near(other, one)


def test_each_guest_learns_of_all_others_with_a_near_name():
    ana, anna, tom, lena = (
        Guest("a", "Ana Prado"),
        Guest("b", "Anna Prado"),
        Guest("c", "Tom Prado"),
        Guest("d", "Lena Weber"),
    )

    assert near_guests([ana, lena, anna, tom]) == {
        "a": (anna, tom),
        "b": (ana, tom),
        "c": (ana, anna),
    }


def test_codes_of_one_guest_are_not_taken_for_each_other():
    front, room = Guest("a", "Ana Prado", "link"), Guest("b", "Ana Prado", "link")
    other = Guest("c", "Ana Prado", "another link")

    assert near_guests([front, room]) == {}
    assert near_guests([front, room, other]) == {"a": (other,), "b": (other,), "c": (front, room)}


def test_every_near_pair_is_found_whatever_the_slip():
    name = "marta costa"
    letters = "abcdefghijklmnopqrstuvwxyz"
    slips = {name[:at] + name[at + 1 :] for at in range(len(name))}
    slips |= {name[:at] + each + name[at + 1 :] for at in range(len(name)) for each in letters}
    slips |= {name[:at] + each + name[at:] for at in range(len(name)) for each in letters}
    slips |= {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)}

    missed = {
        slip
        for slip in slips
        if are_near(name, slip) and not near_guests([Guest("a", name), Guest("b", slip)])
    }

    assert missed == set()
    assert sum(are_near(name, slip) for slip in slips) > 500
