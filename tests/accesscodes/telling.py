"""A world that is told from every side: the door, the badge, the Problems, the wire."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from accesscodes import services
from accesscodes.engine.watchdog import watch
from accesscodes.models import AccessCode, Problem
from accesscodes.services import CodeSpec
from accesscodes.web.presenters import code_facts
from accesscodes.web.states import code_state
from locksite.journal.models import Event
from locksite.masked import Pin
from properties.capabilities import LockVerdict, PastEvent, lock_verdict
from properties.models import Device, ProviderAccount
from properties.providers.virtual.people import contents
from tests.accesscodes.world import World
from tests.api import Partner

DIGITS = "482915"
STEP = timedelta(seconds=30)
"""The watchdog's period; accounts are due more often."""

STALE_AFTER = timedelta(minutes=15)
BEFORE_IT_BEGAN = {"access_code.created", "access_code.mutations_requested"}


@dataclass(frozen=True)
class Told:
    """How one code stands, seen from every side.

    `door`: ``opens``, ``shut`` (it is in the lock's memory, and the PIN does not open) or
    ``absent``. `wire` is the status, then the codes of errors and warnings. `events` are those of
    the code since it was issued, oldest first.
    """

    door: str
    badge: tuple[str, str]
    wire: tuple[str, ...]
    events: tuple[str, ...] = ()


class Tale(World):
    """A world with one code that matters, and a partner who asks about it."""

    code: AccessCode

    def __init__(self, *makes: str, **options: Any):
        super().__init__(*makes, **options)
        self.partner = Partner(self.property)

    def issue(self, digits: str = DIGITS, name: str = "Lena Okafor", **spec: Any) -> AccessCode:
        spec = {"name": name, "pin": Pin(digits), **spec}
        return services.issue_code(self.device(), CodeSpec(**spec), actor=self.actor, now=self.now)

    def live(self, **span: float) -> None:
        """Let account, engine and watchdog work as they do by the clock."""
        until = self.now + timedelta(**span)
        while self.now < until:
            if ProviderAccount.objects.due(self.now).exists():
                self.refresh()
            self.run(min(STEP, until - self.now))
            watch(self.now)

    def poke(self) -> None:
        Device.objects.all().poke(self.now)

    def slot(self) -> int:
        """Return the slot that holds our PIN."""
        memory = contents(self.locks[0], now=self.now)
        return next(slot for slot, entry in memory.items() if entry.pin.digits == DIGITS)

    # ---- every side -----------------------------------------------------------------------------

    def told(self) -> Told:
        return Told(self.door(), self.badge(), self.wire(), self.events())

    def door(self) -> str:
        if self.type(DIGITS).opened:
            return "opens"
        return "shut" if DIGITS in self.on_lock() else "absent"

    def badge(self) -> tuple[str, str]:
        code = AccessCode.objects.for_list().get(pk=self.code.pk)
        state = code_state(code_facts(code), self.verdict(), self.now)
        return state.label, state.tone.value

    def verdict(self) -> LockVerdict:
        device = self.device()
        events = Event.objects.filter(device_uid=device.uid, event_type__startswith="device.")
        past = [
            PastEvent(event.event_type, event.occurred_at, event.payload)
            for event in events.newest_first()
        ]
        facts = device.facts(codes_used=len(self.on_lock()), recent=past)
        return lock_verdict(facts, self.now, stale_after=STALE_AFTER)

    def wire(self) -> tuple[str, ...]:
        status, body = self.partner.post("/access_codes/get", access_code_id=str(self.code.uid))
        if status != 200:
            return (str(status), body["error"]["type"])
        row = body["access_code"]
        return (
            row["status"],
            *(item["error_code"] for item in row["errors"] if "is_access_code_error" in item),
            *(item["warning_code"] for item in row["warnings"]),
        )

    def events(self) -> tuple[str, ...]:
        _, body = self.partner.post(
            "/events/list", access_code_id=str(self.code.uid), since="2026-01-01T00:00:00Z"
        )
        written = {str(uid): pk for uid, pk in Event.objects.values_list("uid", "pk")}
        return tuple(
            row["event_type"].removeprefix("access_code.")
            for row in sorted(body["events"], key=lambda row: written[row["event_id"]])
            if row["event_type"] not in BEFORE_IT_BEGAN
        )

    def problems(self, since: datetime) -> dict[str, float]:
        """Return the open problems, and how many minutes after `since` each opened."""
        return {
            problem.cause: round((problem.opened_at - since).total_seconds() / 60, 1)
            for problem in Problem.objects.open().order_by("opened_at", "cause")
        }

    def says(self) -> tuple[str, str, str]:
        """Return severity, sentence and next step of what is open on the code, else its lock."""
        nearest = F("code").asc(nulls_last=True)
        problem = Problem.objects.open().order_by(nearest, "opened_at", "cause").first()
        if problem is None:
            return ("", "", "")
        return problem.severity, problem.sentence, problem.next_step
