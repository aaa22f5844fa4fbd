"""PIN rules: what each one refuses, how it looks while somebody types, and how a PIN is drawn."""

import random
from collections import Counter
from datetime import date
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accesscodes.pin_rules import (
    SEARCHED,
    NoPinLeft,
    PinRules,
    RuleCheck,
    RuleState,
    check_name,
    check_pin,
    first_broken,
    generate,
    is_weak,
    length_for,
    name_note,
    name_on_lock,
)
from locksite.masked import Pin

MET, BROKEN, OPEN = RuleState.MET, RuleState.BROKEN, RuleState.OPEN
STAY = (date(2026, 11, 26), date(2026, 11, 29))
DIGIT_RULES = (
    "no_zeros",
    "cannot_start_with_12",
    "no_triple_consecutive_ints",
    "no_ascending_or_descending_sequence",
    "at_least_three_unique_digits",
    "no_all_same_digits",
    "unique_first_four_digits",
    "cannot_contain_089",
    "cannot_contain_0789",
)


def rules(*constraints, lengths=()):
    return PinRules(lengths=lengths, constraints=frozenset(constraints))


def broken_rule(text, demanding):
    check = first_broken(text, demanding)
    return None if check is None else check.rule


def nobody(pin):
    return False


def seeded(seed=1):
    return random.Random(seed).randrange


# ---- Reading what a device reports


def test_rules_are_read_from_the_properties_of_a_device():
    properties = {
        "supported_code_lengths": [6, 4, 5],
        "code_constraints": [
            {"constraint_type": "no_zeros"},
            {"constraint_type": "name_length", "min_length": 2, "max_length": 20},
            {"constraint_type": "name_must_be_unique"},
        ],
    }

    read = PinRules.from_properties(properties)

    assert read == PinRules(
        lengths=(4, 5, 6),
        constraints=frozenset({"no_zeros", "name_length", "name_must_be_unique"}),
        name_min=2,
        name_max=20,
    )
    assert read.name_must_be_unique
    assert not any([read.assigns_pins, read.needs_future_start, read.needs_known_pin])


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"supported_code_lengths": [], "code_constraints": []},
        {"supported_code_lengths": None, "code_constraints": None},
        {"supported_code_lengths": [True, "4", 0], "code_constraints": ["no_zeros", {}]},
    ],
)
def test_missing_or_malformed_rules_mean_any_pin_of_4_to_12_digits(properties):
    read = PinRules.from_properties(properties)

    assert read == PinRules()
    assert [n for n in range(1, 15) if first_broken("7" * n, read) is None] == [*range(4, 13)]


def test_lengths_that_the_api_cannot_carry_are_left_out():
    assert PinRules.from_properties({"supported_code_lengths": [3, 4, 14]}).lengths == (4,)
    assert PinRules.from_properties({"supported_code_lengths": [3]}).lengths == (3,)


# ---- Each rule, as on submit


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("no_zeros", ["4829", "9999"], ["4820", "0000"]),
        ("cannot_start_with_12", ["2112", "1312"], ["1234", "1299"]),
        (
            "no_triple_consecutive_ints",
            ["1114", "1237", "3217", "111222", "1231", "1012"],
            ["1111", "1234", "4321", "91234", "777712", "9876"],
        ),
        (
            "no_ascending_or_descending_sequence",
            ["1235", "1243", "1111", "7890", "91234"],
            ["1234", "9876", "456789", "3210"],
        ),
        ("at_least_three_unique_digits", ["1123", "1213"], ["1122", "1111", "1212"]),
        ("no_all_same_digits", ["1112", "1122"], ["1111", "000000"]),
        ("unique_first_four_digits", ["1234", "123411"], ["1231", "1123", "112345"]),
        ("cannot_contain_089", ["1234", "7777"], ["1230", "8123", "1923"]),
        ("cannot_contain_0789", ["1234", "6666"], ["1230", "8123", "1923", "7123"]),
    ],
)
def test_a_digit_rule_takes_the_good_and_refuses_the_bad(constraint, good, bad):
    for text in good:
        assert first_broken(text, rules(constraint)) is None, text
    for text in bad:
        assert broken_rule(text, rules(constraint)) == constraint, text


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (RuleCheck("digits", "Only digits", BROKEN, "Use digits only."), "48a9"),
        (
            RuleCheck(
                "supported_code_lengths",
                "4, 5 or 6 digits",
                BROKEN,
                "This lock needs 4, 5 or 6 digits. You entered 7.",
            ),
            "4829156",
        ),
        (RuleCheck("no_zeros", "No zeros", BROKEN, "This lock does not allow 0."), "4820"),
        (
            RuleCheck(
                "cannot_start_with_12",
                "Doesn't start with 12",
                BROKEN,
                "PIN can't start with 12.",
            ),
            "1284",
        ),
        (
            RuleCheck(
                "no_triple_consecutive_ints",
                "No long runs",
                BROKEN,
                "Don't use more than three digits in a row that repeat or count up.",
            ),
            "74444",
        ),
        (
            RuleCheck(
                "no_ascending_or_descending_sequence",
                "Not a counting sequence",
                BROKEN,
                "PIN can't be a sequence like 3456.",
            ),
            "6543",
        ),
        (
            RuleCheck(
                "at_least_three_unique_digits",
                "3 different digits",
                BROKEN,
                "Use at least three different digits.",
            ),
            "4848",
        ),
        (
            RuleCheck("no_all_same_digits", "Not all the same", BROKEN, "Don't repeat one digit."),
            "4444",
        ),
        (
            RuleCheck(
                "unique_first_four_digits",
                "First 4 all different",
                BROKEN,
                "The first four digits must all differ.",
            ),
            "4828",
        ),
        (
            RuleCheck(
                "cannot_contain_089", "Only 1–7", BROKEN, "This keypad has keys 1 to 7 only."
            ),
            "4928",
        ),
        (
            RuleCheck(
                "cannot_contain_0789", "Only 1–6", BROKEN, "This keypad has keys 1 to 6 only."
            ),
            "4726",
        ),
    ],
)
def test_staff_read_the_rule_and_the_remedy(check, text):
    assert first_broken(text, rules(check.rule, lengths=(4, 5, 6))) == check


@pytest.mark.parametrize(
    "text",
    ["\uff14\uff18\uff12\uff19", "\u0664\u0668\u0662\u0669", "48²9", "48 29", "-482", "48.9"],
)
def test_only_the_digits_0_to_9_are_digits(text):
    assert broken_rule(text, rules()) == "digits"


def test_length_is_checked_before_the_digits_themselves():
    demanding = rules(*DIGIT_RULES, lengths=(6,))

    assert broken_rule("", demanding) == "supported_code_lengths"
    assert broken_rule("0000", demanding) == "supported_code_lengths"
    assert broken_rule("000000", demanding) == "no_zeros"


@pytest.mark.parametrize(
    ("lengths", "label"),
    [
        ((6,), "6 digits"),
        ((4, 6), "4 or 6 digits"),
        ((4, 5, 6), "4, 5 or 6 digits"),
        ((4, 5, 6, 7, 8), "4 to 8 digits"),
        ((4, 6, 8, 10), "4, 6, 8 or 10 digits"),
        ((), "4 to 12 digits"),
    ],
)
def test_lengths_read_like_speech(lengths, label):
    assert check_pin("", rules(lengths=lengths))[1].label == label


def test_a_lock_that_assigns_pins_takes_none_from_us():
    maker = rules("cannot_specify_pin_code", "no_zeros", lengths=(6,))

    assert first_broken("", maker) is None
    assert first_broken("482915", maker) == RuleCheck(
        "cannot_specify_pin_code",
        "No PIN of your own",
        BROKEN,
        "The lock picks the PIN. You see it after saving.",
    )


def test_a_lock_with_a_set_of_pins_takes_only_those():
    chosen = rules("pin_code_matches_existing_set")

    assert first_broken("4829", chosen) is None
    assert first_broken("4829", chosen, known=[Pin("4829")]) is None
    assert first_broken("4820", chosen, known=[Pin("4829")]) == RuleCheck(
        "pin_code_matches_existing_set",
        "Known PIN",
        BROKEN,
        "PIN must match one already set up in the lock's account.",
    )
    assert check_pin("48", chosen, known=[Pin("4829")])[-1].state is OPEN


def test_unknown_rules_do_no_harm():
    assert first_broken("4829", rules("some_future_rule")) is None


# ---- While somebody types


@pytest.mark.parametrize(
    ("constraint", "typed"),
    [
        ("supported_code_lengths", {"": OPEN, "482": OPEN, "4829": MET, "48291": OPEN}),
        ("supported_code_lengths", {"482915": MET, "4829156": BROKEN, "48a": OPEN}),
        ("digits", {"": OPEN, "4": MET, "4a": BROKEN}),
        ("no_zeros", {"": OPEN, "4": MET, "40": BROKEN, "4a": OPEN}),
        ("cannot_start_with_12", {"1": OPEN, "2": MET, "13": MET, "12": BROKEN}),
        ("no_triple_consecutive_ints", {"123": MET, "1234": BROKEN, "777": MET, "7777": BROKEN}),
        (
            "no_ascending_or_descending_sequence",
            {"1": OPEN, "123": OPEN, "1234": BROKEN, "12345": OPEN, "124": MET, "11": MET},
        ),
        (
            "at_least_three_unique_digits",
            {"1": OPEN, "112": OPEN, "1122": BROKEN, "11221": OPEN, "123": MET},
        ),
        ("no_all_same_digits", {"1": OPEN, "111": OPEN, "1111": BROKEN, "12": MET}),
        ("unique_first_four_digits", {"123": OPEN, "1234": MET, "11": BROKEN, "12343": MET}),
        ("cannot_contain_089", {"7": MET, "78": BROKEN}),
        ("cannot_contain_0789", {"6": MET, "67": BROKEN}),
    ],
)
def test_a_rule_is_open_until_more_digits_could_not_change_it(constraint, typed):
    states = {
        text: next(
            check.state
            for check in check_pin(text, rules(constraint, lengths=(4, 6)))
            if check.rule == constraint
        )
        for text in typed
    }

    assert states == typed


@given(
    text=st.text("0123456789", max_size=12),
    constraints=st.sets(st.sampled_from(DIGIT_RULES)),
    lengths=st.sets(st.integers(4, 10)).map(lambda found: tuple(sorted(found))),
)
def test_a_broken_rule_stays_broken_as_long_as_no_digit_is_taken_back(text, constraints, lengths):
    demanding = rules(*constraints, lengths=lengths)
    whole = {"no_ascending_or_descending_sequence", "at_least_three_unique_digits"}
    whole |= {"no_all_same_digits"}

    before = {check.rule: check.state for check in check_pin(text, demanding)}
    after = {check.rule: check.state for check in check_pin(text + "3", demanding)}

    assert not [
        rule
        for rule in before
        if before[rule] is BROKEN and after[rule] is not BROKEN and rule not in whole
    ]


@given(one=st.text("0123456789", min_size=6, max_size=6), other=st.text("0123456789", min_size=6))
def test_what_staff_read_does_not_depend_on_the_digits(one, other):
    demanding = rules(*DIGIT_RULES)

    texts = [[check.message for check in check_pin(t, demanding)] for t in (one, other[:6])]

    assert texts[0] == texts[1]


# ---- Names


def test_a_name_is_cut_to_what_the_lock_stores():
    assert name_on_lock("Ana Prado", None) == "Ana Prado"
    assert name_on_lock("Ana Prado", 20) == "Ana Prado"
    assert name_on_lock("Ana Prado", 4) == "Ana"


def test_a_long_name_gives_a_note_and_no_error():
    short = PinRules(name_min=2, name_max=14)

    [check] = check_name("Bartholomew Montgomery", short)

    assert check == RuleCheck("name_length", "2 to 14 characters", MET, "")
    assert name_note("Bartholomew Montgomery", short) == "The lock will show “Bartholomew Mo”."
    assert name_note("Ana", short) == ""


def test_a_short_or_missing_name_is_refused():
    short = PinRules(name_min=2, name_max=14)

    assert check_name(" ", short)[0].message == "Enter who the code is for."
    assert check_name(" A ", short)[0].message == "Use at least 2 characters."
    assert check_name("", PinRules())[0].state is OPEN


def test_a_name_that_must_be_unique_comes_with_one_that_is():
    unique = rules("name_must_be_unique")

    checks = check_name("Ana", unique, others={"Ana", "Ana 2"})

    assert checks[1] == RuleCheck(
        "name_must_be_unique",
        "Not used on this lock",
        BROKEN,
        "Another code here is called “Ana”. Try “Ana 3”.",
    )
    assert check_name("Ben", unique, others={"Ana"})[1].state is MET


# ---- Weak PINs


@pytest.mark.parametrize(
    "digits",
    [
        *("0000", "1111", "999999"),
        *("1234", "4321", "456789", "7890", "0987", "8901"),
        *("1212", "1122", "1112", "4848", "482482", "12121212"),
        *("2580", "0852"),
        *("2611", "1126", "2026", "1126", "261126", "112626", "261120", "20261126", "29112026"),
    ],
)
def test_pins_that_a_stranger_tries_first_are_weak(digits):
    assert is_weak(Pin(digits), dates=(*STAY, date(2020, 11, 26)))


@pytest.mark.parametrize("digits", ["4829", "1235", "7391", "482915", "2711", "123455"])
def test_other_pins_are_not(digits):
    assert not is_weak(Pin(digits), dates=STAY)


def test_a_date_is_weak_only_for_the_stay_it_belongs_to():
    assert is_weak(Pin("2611"), dates=STAY)
    assert not is_weak(Pin("2611"))


# ---- How long


@pytest.mark.parametrize(
    ("lengths", "preferred", "api", "desk"),
    [
        ((), None, 4, 6),
        ((4, 5, 6), None, 4, 6),
        ((4, 5), None, 4, 5),
        ((7, 8), None, 7, 7),
        ((4, 5, 6), 5, 5, 5),
        ((4, 5, 6), 8, 4, 4),
        ((), 12, 12, 12),
        ((), 13, 4, 4),
    ],
)
def test_the_length_of_a_generated_pin(lengths, preferred, api, desk):
    demanding = rules(lengths=lengths)

    assert length_for(demanding, preferred) == api
    assert length_for(demanding, preferred, for_desk=True) == desk


# ---- Drawing


@settings(max_examples=300, deadline=None)
@given(
    constraints=st.sets(st.sampled_from(DIGIT_RULES)),
    length=st.integers(4, 12),
    seed=st.integers(0, 10_000),
)
def test_a_generated_pin_keeps_the_lock_s_own_rules_and_is_not_weak(constraints, length, seed):
    demanding = rules(*constraints, lengths=(length,))

    pin = generate(demanding, length=length, is_taken=nobody, dates=STAY, below=seeded(seed))

    assert first_broken(pin.digits, demanding) is None
    assert len(pin.digits) == length
    assert not is_weak(pin, dates=STAY)


def test_where_runs_are_forbidden_runs_of_three_are_not_generated_either():
    demanding = rules("no_triple_consecutive_ints", lengths=(4,))
    below = seeded()

    drawn = [generate(demanding, length=4, is_taken=nobody, below=below) for _ in range(2000)]
    freely = [generate(rules(lengths=(4,)), length=4, is_taken=nobody, below=below) for _ in drawn]

    def runs_of_three(pins):
        steps = [[int(b) - int(a) for a, b in pairwise(p.digits)] for p in pins]
        return sum(any(x == y and abs(x) <= 1 for x, y in pairwise(each)) for each in steps)

    assert runs_of_three(drawn) == 0
    assert runs_of_three(freely) > 0


def test_pins_in_use_are_passed_over_down_to_the_last_free_one():
    narrow = rules("cannot_contain_0789", "unique_first_four_digits", lengths=(4,))
    taken: set[Pin] = set()

    def take_all():
        for _ in range(10_000):
            pin = generate(narrow, length=4, is_taken=taken.__contains__)
            assert pin not in taken
            taken.add(pin)

    with pytest.raises(NoPinLeft):
        take_all()

    every = {"".join(digits) for digits in product("123456", repeat=4)}
    good = {text for text in every if len(set(text)) == 4 and not is_weak(Pin(text))}
    assert {pin.digits for pin in taken} == good


@pytest.mark.parametrize("length", [4, 5, 6, 12])
def test_a_lock_without_a_free_pin_is_found_out_after_a_bounded_search(length):
    asked: list[Pin] = []

    def everybody(pin):
        asked.append(pin)
        return True

    with pytest.raises(NoPinLeft):
        generate(rules(*DIGIT_RULES[:3]), length=length, is_taken=everybody)

    assert 0 < len(asked) <= SEARCHED


def test_every_acceptable_pin_is_equally_likely():
    narrow = rules("cannot_contain_0789", "no_all_same_digits", lengths=(4,))
    below = seeded(20261123)
    acceptable = [
        text
        for text in map("".join, product("123456", repeat=4))
        if first_broken(text, narrow) is None and not is_weak(Pin(text))
    ]
    expected = 40

    counts = Counter(
        generate(narrow, length=4, is_taken=nobody, below=below).digits
        for _ in range(expected * len(acceptable))
    )

    # Chi-square with k degrees of freedom has mean k and variance 2k: four deviations either way.
    freedom = len(acceptable) - 1
    distance = sum((counts[text] - expected) ** 2 / expected for text in acceptable)
    assert set(counts) == set(acceptable)
    assert abs(distance - freedom) < 4 * (2 * freedom) ** 0.5


def test_the_few_left_in_a_crowded_lock_are_equally_likely_as_well():
    narrow = rules("cannot_contain_0789", lengths=(4,))
    free = {"1352", "2461", "6153", "5364"}
    below = seeded(7)

    counts = Counter(
        generate(narrow, length=4, is_taken=lambda pin: pin.digits not in free, below=below).digits
        for _ in range(400)
    )

    assert set(counts) == free
    assert sum((counts[text] - 100) ** 2 / 100 for text in free) < 16.3  # p = 0.001 at 3 degrees


def test_a_pin_is_not_drawn_for_a_length_or_a_lock_that_takes_none():
    with pytest.raises(ValueError, match="no PIN of that length"):
        generate(rules(lengths=(4,)), length=5, is_taken=nobody)
    with pytest.raises(ValueError, match="no PIN of that length"):
        generate(rules("cannot_specify_pin_code"), length=6, is_taken=nobody)
