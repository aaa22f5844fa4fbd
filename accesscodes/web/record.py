"""The flight recorder of one code: everything that happened to it on one line of time.

Made from rows that are kept anyway; no line holds a digit of a PIN. Oldest first, as one reads
what led to what.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from accesscodes.choices import CommandAction, Outcome, Status
from accesscodes.models import AccessCode, LockCommand, Transition
from accesscodes.timeline import ANSWERED, ASKED
from accesscodes.web import happenings, wall_time
from accesscodes.web.changed import what_changed
from accesscodes.web.presenters import Stamp
from accesscodes.web.states import Tone
from locksite.journal.models import AuditEntry, Event
from locksite.partners.choices import DeliveryState, Failure
from locksite.partners.models import WebhookDelivery
from properties.stamps import stamp


class Source(StrEnum):
    """Where a line comes from."""

    PERSON = "person"
    PARTNER = "partner"
    COMMAND = "command"
    ANSWER = "answer"
    READING = "reading"
    STATUS = "status"
    EVENT = "event"
    WEBHOOK = "webhook"


NAMES: Mapping[Source, tuple[str, str]] = {
    Source.PERSON: ("user", "Person"),
    Source.PARTNER: ("key-round", "Partner"),
    Source.COMMAND: ("send", "Command"),
    Source.ANSWER: ("door-closed", "Answer"),
    Source.READING: ("eye", "Read-back"),
    Source.STATUS: ("refresh-cw", "Status"),
    Source.EVENT: ("info", "Event"),
    Source.WEBHOOK: ("send", "Webhook"),
}
_ORDER = list(Source)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `at` is aware UTC; `who` is empty where nobody in person did it."""

    at: datetime
    source: Source
    text: str
    who: str = ""
    more: str = ""
    tone: Tone = Tone.IDLE


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as it is printed."""

    at: Stamp
    source: Source
    icon: str
    kind: str
    text: str
    more: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Rows:
    """What the record of one code is made of, each kind newest first."""

    deeds: Sequence[AuditEntry]
    events: Sequence[Event]
    commands: Sequence[LockCommand]
    transitions: Sequence[Transition]
    deliveries: Sequence[WebhookDelivery]


def lines(rows: Rows, zone: tzinfo, now: datetime) -> tuple[Line, ...]:
    """Return everything, oldest first; of the same moment, the wish before what came of it."""
    found = [
        *_deeds(reversed(rows.deeds), zone, now),
        *_events(reversed(rows.events)),
        *_commands(reversed(rows.commands)),
        *_readings(reversed(rows.transitions)),
        *_statuses(reversed(rows.transitions)),
        *_deliveries(reversed(rows.deliveries)),
    ]
    return tuple(sorted(found, key=lambda line: (line.at, _ORDER.index(line.source))))


def _deeds(entries: Iterable[AuditEntry], zone: tzinfo, now: datetime) -> Iterator[Line]:
    for entry in entries:
        is_key = entry.actor_kind == "key"
        who = happenings.who_did(entry)
        text = happenings.deed_text(entry, who) or entry.action
        changed = what_changed(entry.detail, zone, now, in_full=True)
        yield Line(entry.at, Source.PARTNER if is_key else Source.PERSON, text, who, changed)


def _events(events: Iterable[Event]) -> Iterator[Line]:
    for event in events:
        if event.event_type in happenings.SILENT:
            continue
        words = happenings.WORDS.get(event.event_type)
        yield Line(
            event.occurred_at,
            Source.EVENT,
            event.event_type if words is None else words.text,
            more=happenings.said_by(event.payload),
            tone=Tone.IDLE if words is None else words.tone,
        )


def _commands(commands: Iterable[LockCommand]) -> Iterator[Line]:
    for command in commands:
        slot = f"Slot {command.slot}"
        yield Line(
            command.asked_at, Source.COMMAND, ASKED[CommandAction(command.action)], more=slot
        )
        if command.answered_at is None:
            continue
        outcome = Outcome(command.outcome)
        said = f"“{command.error_message}”" if command.error_message else ""
        took = f"After {wall_time.span(command.answered_at - command.asked_at)}."
        yield Line(
            command.answered_at,
            Source.ANSWER,
            ANSWERED[outcome],
            more=f"{took} {said}".strip(),
            tone=Tone.OK if outcome is Outcome.ACCEPTED else Tone.WARN,
        )


def _readings(transitions: Iterable[Transition]) -> Iterator[Line]:
    seen = set()
    for row in transitions:
        if row.reading is None or row.reading.pk in seen:
            continue
        seen.add(row.reading.pk)
        if row.reading.is_good:
            entries = row.reading.entries
            number = "1 code" if entries == 1 else f"{entries} codes"
            text = f"Codes read: {number} on the lock."
        else:
            text = "The codes on the lock could not be read."
        yield Line(row.reading.at, Source.READING, text, more=row.reading.error_message)


_STATUS_WORDS = {
    **{status: str(status.label) for status in Status},
    Status.SETTING: "Sending to lock",
    Status.SET: "On the lock",
    Status.UNKNOWN: "Not confirmed",
}
"""The words of the badges; administrators see the labels of the wire's own."""


def _statuses(transitions: Iterable[Transition]) -> Iterator[Line]:
    for row in transitions:
        to = _STATUS_WORDS[Status(row.to_status)]
        source = "" if not row.from_status else f"{_STATUS_WORDS[Status(row.from_status)]} → "
        yield Line(row.at, Source.STATUS, f"{source}{to}")


def _deliveries(deliveries: Iterable[WebhookDelivery]) -> Iterator[Line]:
    for row in deliveries:
        host = urlsplit(row.endpoint.url).hostname or ""
        tries = "1 try" if row.attempts == 1 else f"{row.attempts} tries"
        if row.state == DeliveryState.DELIVERED and row.delivered_at is not None:
            text, tone = f"{host} was told: {row.event_type}", Tone.OK
            yield Line(row.delivered_at, Source.WEBHOOK, text, more=tries, tone=tone)
            continue
        why = Failure(row.last_failure).label if row.last_failure else ""
        word = {
            DeliveryState.FAILED: "could not be told",
            DeliveryState.STOPPED: "was not told any more",
        }.get(DeliveryState(row.state), "is to be told")
        yield Line(
            row.tried_at or row.created_at,
            Source.WEBHOOK,
            f"{host} {word}: {row.event_type}",
            more=", ".join(part for part in (tries if row.attempts else "", why) if part),
            tone=Tone.WARN if row.state == DeliveryState.FAILED else Tone.IDLE,
        )


def shown(found: Iterable[Line], zone: tzinfo, now: datetime) -> tuple[Shown, ...]:
    """Return the lines in the words of the page, with seconds: here the order matters."""
    result = []
    for line in found:
        local = line.at.astimezone(zone)
        text = f"{wall_time.day_and_month(local.date(), now.astimezone(zone).date())} "
        at = Stamp.of(line.at, f"{text}{local:%H:%M:%S}")
        icon, kind = NAMES[line.source]
        result.append(Shown(at, line.source, icon, kind, line.text, line.more, line.tone))
    return tuple(result)


# ---- Files --------------------------------------------------------------------------------------

MASKED = "••••••"
COLUMNS = ("at_utc", "at_local", "source", "what", "who", "more")


def as_json(
    code: AccessCode, found: Iterable[Line], zone: tzinfo, hide: Callable[[str], str]
) -> dict[str, Any]:
    """Return the record as a body of JSON; the PIN is masked. `hide` masks PINs in a text."""
    return {
        "code": {
            "access_code_id": str(code.uid),
            "name": hide(code.name),
            "door": code.device.display_name,
            "pin": MASKED,
        },
        "entries": [dict(zip(COLUMNS, row, strict=True)) for row in cells(found, zone, hide)],
    }


def cells(
    found: Iterable[Line], zone: tzinfo, hide: Callable[[str], str]
) -> Iterator[tuple[str, ...]]:
    """Yield what stands under `COLUMNS` for each line. `hide` masks PINs in a text."""
    for line in found:
        yield (
            stamp(line.at),
            f"{line.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            str(line.source),
            hide(line.text),
            hide(line.who),
            hide(line.more),
        )
