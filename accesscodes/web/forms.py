"""What people type into the desk's forms: shape, local times, and the rules while they type.

A form finds everything that can be found without writing, so that it can be shown beside the
fields at once. The services check again and have the last word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core import signing

from accesscodes import pin_rules
from accesscodes.choices import Kind
from accesscodes.offline import ROUNDING, Offer
from accesscodes.pin_rules import PinRules, RuleState
from accesscodes.web import wall_time
from accesscodes.web.clock_field import ClockField
from locksite.errors import RuleBroken
from locksite.local_time import Exact, Skipped, Twice, as_clock, at_wall, offset_name
from locksite.masked import Pin
from properties.offline_windows import DAY, Window

LONG_STAY = 90  # days
FAR_AHEAD = timedelta(days=366)

FIELDS_OF_THE_WIRE: Mapping[str, str] = {
    "name": "name",
    "code": "pin",
    "starts_at": "start_date",
    "ends_at": "end_date",
    "preferred_code_length": "pin_length",
    "use_backup_access_code_pool": "use_backup",
    "is_one_time_use": "one_time",
}
"""Where the message of a broken rule belongs, by the wire's name of the input."""


@dataclass(frozen=True, slots=True)
class FoldQuestion:
    """A time that happens twice: which of the two?"""

    field: str
    question: str
    first: str
    second: str
    answer: str


class WhenForm(forms.Form):
    """When a code works: until removed, or between two local times of the property."""

    kind = forms.ChoiceField(choices=Kind.choices)
    start_date = forms.DateField(required=False)
    start_time = ClockField(required=False)
    start_fold = forms.ChoiceField(choices=[("", ""), ("0", "0"), ("1", "1")], required=False)
    end_date = forms.DateField(required=False)
    end_time = ClockField(required=False)
    end_fold = forms.ChoiceField(choices=[("", ""), ("0", "0"), ("1", "1")], required=False)

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.now = now
        self.starts_at: datetime | None = None
        self.ends_at: datetime | None = None
        self.questions: list[FoldQuestion] = []
        for name in ("start_date", "end_date"):
            self.fields[name].error_messages["invalid"] = "Enter a date such as 2026-11-26."

    @property
    def is_ongoing(self) -> bool:
        """Return whether the code is to work until it is removed."""
        return bool(self.data.get("kind") == Kind.ONGOING)

    def clean(self) -> dict[str, Any]:
        """Turn local times into instants and look at the window."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("kind") == Kind.TIME_BOUND:
            self.starts_at = self._instant("start", cleaned, "start")
            self.ends_at = self._instant("end", cleaned, "end")
            self._check_window()
        return cleaned

    def _instant(self, side: str, cleaned: Mapping[str, Any], word: str) -> datetime | None:
        day, clock = cleaned.get(f"{side}_date"), cleaned.get(f"{side}_time")
        for part, value, name in (("date", day, "date"), ("time", clock, "time")):
            if value is None and f"{side}_{part}" not in self.errors:
                self.add_error(f"{side}_{part}", f"Choose the {name} of the {word}.")
        if day is None or clock is None:
            return None
        try:
            return self._at_wall(side, datetime.combine(day, clock), cleaned)
        except OverflowError:
            self.add_error(f"{side}_date", "Choose a date that is nearer.")
            return None

    def _at_wall(
        self, side: str, written: datetime, cleaned: Mapping[str, Any]
    ) -> datetime | None:
        answer = str(cleaned.get(f"{side}_fold") or "")
        told = as_clock(f"{written:%H:%M}")
        asked = at_wall(written, self.zone)
        match asked:
            case Exact(at):
                return at
            case Skipped(resumes_at):
                use = as_clock(f"{resumes_at:%H:%M}")
                if resumes_at.date() != written.date():
                    use = f"{use} on {resumes_at.day} {resumes_at:%B}"
                self.add_error(
                    f"{side}_time",
                    f"{told} does not exist on {written.day} {written:%B} "
                    f"(clocks go forward). Use {use}.",
                )
                return None
            case Twice(first, second):
                self.questions.append(
                    FoldQuestion(
                        f"{side}_fold",
                        f"{told} happens twice on {written.day} {written:%B}. Which one?",
                        f"First, {offset_name(first)}",
                        f"Second, {offset_name(second)}",
                        answer,
                    )
                )
                if not answer:
                    self.add_error(
                        f"{side}_time",
                        f"{told} happens twice on {written.day} {written:%B}. "
                        "Choose which one is meant.",
                    )
                    return None
                exact = at_wall(written, self.zone, int(answer))
                return exact.at if isinstance(exact, Exact) else None

    def _check_window(self) -> None:
        if self.starts_at is None or self.ends_at is None:
            return
        if self.ends_at <= self.starts_at:
            self.add_error("end_date", "End must be after start.")
        elif self.ends_at <= self.now:
            self.add_error("end_date", "End is already past.")

    @property
    def window_notice(self) -> str:
        """Return what is allowed and yet looks like a slip of the pen, or ""."""
        if self.starts_at is None or self.ends_at is None or self.ends_at <= self.starts_at:
            return ""
        days = wall_time.days_between(self.starts_at, self.ends_at, self.zone)
        if days > LONG_STAY:
            return f"That is {days} days. Is the end date right?"
        if self.starts_at - self.now > FAR_AHEAD:
            return "That is more than a year ahead. Is the start date right?"
        return ""

    @property
    def nights(self) -> str:
        """Return "3 nights", or "" while the dates are not whole."""
        if self.starts_at is None or self.ends_at is None or self.ends_at <= self.starts_at:
            return ""
        return wall_time.nights(self.starts_at, self.ends_at, self.zone)

    def take(self, broken: RuleBroken) -> None:
        """Put the message of a broken rule beside its field, or above the form."""
        field = FIELDS_OF_THE_WIRE.get(broken.field or "")
        self.add_error(field if field in self.fields else None, broken.message)


class IssueForm(WhenForm):
    """A new code for one lock.

    With an `offer` it is an offline code: `window` is what the lock's maker makes of its dates,
    ``None`` while they make no sense to it.
    """

    name = forms.CharField(required=False)
    pin_mode = forms.ChoiceField(choices=[("generate", "Generate"), ("choose", "Choose")])
    pin_length = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    pin = forms.CharField(required=False, strip=False, max_length=40)
    use_backup = forms.BooleanField(required=False)
    allow_external = forms.BooleanField(required=False)
    offline = forms.CharField(required=False)
    one_time = forms.BooleanField(required=False)
    rounding = forms.ChoiceField(choices=[("hours", "Hours"), ("days", "Days")], required=False)
    doors = forms.Field(required=False)
    token = forms.CharField()

    def __init__(
        self,
        *args: Any,
        rules: PinRules,
        others: Sequence[str] = (),
        offer: Offer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules
        self.others = others
        self.offer = offer
        self.window: Window | None = None
        lengths = self.fields["pin_length"]
        if isinstance(lengths, forms.TypedChoiceField):
            lengths.choices = [(length, f"{length} digits") for length in rules.supported]

    @property
    def typed_pin(self) -> str:
        """Return what stands in the PIN field."""
        return str(self.data.get("pin", "")).strip()

    @property
    def chooses(self) -> bool:
        """Return whether the PIN is to be the one typed."""
        is_ours_to_choose = self.offer is None and not self.rules.assigns_pins
        return is_ours_to_choose and self.data.get("pin_mode") == "choose"

    @property
    def is_one_time(self) -> bool:
        """Return whether the code is to open once."""
        return self.offer is not None and bool(self.cleaned_data.get("one_time"))

    @property
    def most_moved(self) -> timedelta:
        """Return how far the dates of an offline code may be moved.

        How long a code that opens once waits to be used is the maker's choice alone.
        """
        by_days = self.cleaned_data.get("rounding") == "days"
        return DAY if by_days or self.is_one_time else ROUNDING

    @property
    def name_note(self) -> str:
        """Return how the lock will show a name that is too long for it, or ""."""
        return pin_rules.name_note(str(self.data.get("name", "")), self.rules)

    def clean_name(self) -> str:
        """Check the name by the rules of the lock."""
        name = str(self.cleaned_data["name"]).strip()
        for check in pin_rules.check_name(name, self.rules, others=self.others):
            if check.state is not RuleState.MET:
                raise forms.ValidationError(check.message)
        return name

    def clean(self) -> dict[str, Any]:
        """Check the PIN by the rules of the lock; what a lock assigns is not looked at."""
        cleaned = super().clean()
        cleaned["pin"] = None
        if self.chooses:
            text = self.typed_pin
            broken = pin_rules.first_broken(text, self.rules)
            if not text:
                self.add_error("pin", "Enter a PIN, or let Locksite generate one.")
            elif broken is not None:
                self.add_error("pin", broken.message)
            else:
                cleaned["pin"] = Pin(text)
        if self.offer is not None:
            self._fit(self.offer)
        elif self.rules.needs_future_start and self.starts_at and self.starts_at <= self.now:
            clock = wall_time.moment(self.now, self.zone, self.now)
            self.add_error("start_date", f"Choose a start after {clock}.")
        return cleaned

    def _fit(self, offer: Offer) -> None:
        """Make the dates fit what the lock's maker offers, or say what it offers."""
        if self.is_ongoing:
            self.add_error("kind", "An offline code needs dates.")
        if self.starts_at is None or self.ends_at is None or self.errors.get("end_date"):
            return
        try:
            self.window = offer.window(
                self.starts_at, self.ends_at, is_one_time=self.is_one_time, most=self.most_moved
            )
        except RuleBroken as broken:
            self.take(broken)


class NameForm(forms.Form):
    """A new name for a code."""

    name = forms.CharField(required=False)

    def __init__(
        self, *args: Any, rules: PinRules, others: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules
        self.others = others

    @property
    def name_note(self) -> str:
        """Return how the lock will show a name that is too long for it, or ""."""
        return pin_rules.name_note(str(self.data.get("name", "")), self.rules)

    def clean_name(self) -> str:
        """Check the name by the rules of the lock."""
        name = str(self.cleaned_data["name"]).strip()
        for check in pin_rules.check_name(name, self.rules, others=self.others):
            if check.state is not RuleState.MET:
                raise forms.ValidationError(check.message)
        return name

    def take(self, broken: RuleBroken) -> None:
        """Put the message of a broken rule beside the field, or above the form."""
        self.add_error("name" if broken.field == "name" else None, broken.message)


class PinForm(forms.Form):
    """A new PIN for a code: drawn, or chosen."""

    pin_mode = forms.ChoiceField(choices=[("generate", "Generate"), ("choose", "Choose")])
    pin_length = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    pin = forms.CharField(required=False, strip=False, max_length=40)

    def __init__(self, *args: Any, rules: PinRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules
        lengths = self.fields["pin_length"]
        if isinstance(lengths, forms.TypedChoiceField):
            lengths.choices = [(length, f"{length} digits") for length in rules.supported]

    @property
    def typed_pin(self) -> str:
        """Return what stands in the PIN field."""
        return str(self.data.get("pin", "")).strip()

    @property
    def chooses(self) -> bool:
        """Return whether the PIN is to be the one typed."""
        return self.data.get("pin_mode") == "choose"

    def clean(self) -> dict[str, Any]:
        """Check a chosen PIN by the rules of the lock."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["pin"] = None
        if self.chooses:
            text = self.typed_pin
            broken = pin_rules.first_broken(text, self.rules)
            if not text:
                self.add_error("pin", "Enter a PIN, or let Locksite generate one.")
            elif broken is not None:
                self.add_error("pin", broken.message)
            else:
                cleaned["pin"] = Pin(text)
        return cleaned

    def take(self, broken: RuleBroken) -> None:
        """Put the message of a broken rule beside the field, or above the form."""
        self.add_error("pin" if broken.field == "code" else None, broken.message)


# ---- One form, one code -------------------------------------------------------------------------
# A form carries the public id that its code will get. Sent twice, the second meets the first: the
# database knows no two codes of one id.

_SALT = "accesscodes.web.issue"


def new_token(device_uid: UUID) -> str:
    """Return a fresh token for a form about this lock."""
    return signing.dumps([str(device_uid), str(uuid4())], salt=_SALT)


def code_uid_of(token: str, device_uid: UUID) -> UUID | None:
    """Return the id that the form's code gets; ``None`` for a token not made for this lock."""
    try:
        device, code = signing.loads(token, salt=_SALT)
        return UUID(code) if device == str(device_uid) else None
    except (signing.BadSignature, ValueError, TypeError):
        return None
