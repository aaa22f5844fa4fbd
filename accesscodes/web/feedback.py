"""What stands beside the fields of a form: values made from forms, printed by templates."""

from dataclasses import dataclass

from django import forms

from accesscodes import pin_rules
from accesscodes.pin_rules import PinRules, RuleState
from accesscodes.web.forms import FoldQuestion, IssueForm, NameForm, WhenForm

WHEN_FIELDS = ("kind", "start_date", "start_time", "end_date", "end_time")


def first_error(
    form: IssueForm | NameForm | WhenForm, field: str, shown: frozenset[str] | None
) -> str:
    """Return the first message of a field. `shown`: fields that may speak; ``None``: all."""
    if shown is not None and field not in shown:
        return ""
    return next((str(text) for text in form.errors.get(field, [])), "")


@dataclass(frozen=True, slots=True)
class NameFeedback:
    """What is said below the name."""

    error: str = ""
    note: str = ""
    suggestion: str = ""

    @classmethod
    def of(cls, form: IssueForm | NameForm, *, shown: bool) -> "NameFeedback":
        """Return what to say of the name in `form`; its error only where it is `shown`."""
        name = str(form.data.get("name", "")).strip()
        is_taken = form.rules.name_must_be_unique and name in form.others
        return cls(
            first_error(form, "name", None) if shown else "",
            form.name_note,
            pin_rules.free_name(name, form.others) if is_taken else "",
        )


@dataclass(frozen=True, slots=True)
class WhenFeedback:
    """What is said below the dates."""

    errors: tuple[tuple[str, str], ...] = ()
    notice: str = ""
    nights: str = ""
    questions: tuple[FoldQuestion, ...] = ()

    @classmethod
    def of(cls, form: WhenForm, shown: frozenset[str] | None) -> "WhenFeedback":
        """Return what to say of the dates; nothing for a code that works until removed."""
        if form.is_ongoing:
            return cls()
        errors = [(field, first_error(form, field, shown)) for field in WHEN_FIELDS]
        return cls(
            tuple((field, text) for field, text in errors if text),
            form.window_notice,
            form.nights,
            tuple(form.questions),
        )


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of the live list."""

    label: str
    state: str
    icon: str
    words: str

    @classmethod
    def of(cls, label: str, state: RuleState) -> "RuleLine":
        """Return the line of a rule."""
        return cls(label, state.value, *_RULE_ICONS[state])


_RULE_ICONS = {
    RuleState.MET: ("check", "met"),
    RuleState.BROKEN: ("x", "not met"),
    RuleState.OPEN: ("circle", "open"),
}


@dataclass(frozen=True, slots=True)
class PinFeedback:
    """What is said below the PIN. `suggestion` is a free PIN that nobody has been given."""

    error: str = ""
    rules: tuple[RuleLine, ...] = ()
    suggestion: str = ""


def name_hint(rules: PinRules) -> str:
    """Return the line between the label of the name and its field."""
    limits = ""
    if rules.name_max:
        limits = f" {max(rules.name_min or 1, 1)} to {rules.name_max} characters."
    return f"The guest's name, as the lock's app shows it.{limits}"


def error_list(form: forms.Form) -> list[tuple[str, str]]:
    """Return the first error of each field with the id of that field; "" for the whole form."""
    return [
        ("" if field == "__all__" else f"id_{field}", str(text))
        for field, texts in form.errors.items()
        if field != "token"
        for text in list(texts)[:1]
    ]
