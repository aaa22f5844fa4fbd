"""The start page: who arrives, whether they get in, and what to do about it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accesscodes.web import actions, arrivals, code_buttons, live, shell, wall_time
from accesscodes.web.access import Desk, at_desk
from accesscodes.web.actions import Offer
from accesscodes.web.arrival_groups import GROUPS, Group, GroupWords, summary
from accesscodes.web.arrivals import Arrival
from accesscodes.web.code_buttons import Button
from accesscodes.web.code_page import Known, possible_for
from accesscodes.web.fixes import Fix
from accesscodes.web.live import Board, Part
from accesscodes.web.presenters import Stamp
from accesscodes.web.states import Action, CodeState, Tone
from locksite import ages
from locksite.htmx import HtmxHttpRequest
from locksite.local_time import clock
from properties.capabilities import Verdict

SLIPS_AT_ONCE = 60
"""How many slips the button above the list prints; the page of slips takes no more."""


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    """One arrival as it is shown.

    `now_url`: the ways in for a guest who stands at the door, "" where a button leads there.
    """

    uid: UUID
    group: Group
    tone: Tone
    time: Stamp
    when: str
    name: str
    door: str
    lock_uid: UUID
    state: CodeState
    why: str
    seen: str
    buttons: tuple[Button, ...]
    may_copy: bool
    near: str
    now_url: str

    @property
    def is_trouble(self) -> bool:
        """Return whether the row carries a coloured edge."""
        return self.group is not Group.READY


@dataclass(frozen=True, slots=True)
class ArrivalGroup:
    """One group with its rows."""

    key: str
    words: GroupWords
    hint: str
    rows: tuple[ArrivalRow, ...]


@dataclass(frozen=True, slots=True)
class ArrivalHead:
    """What stands above the groups."""

    tone: Tone
    icon: str
    lead: str
    rest: str
    slips_url: str
    slips_label: str
    has_anybody: bool


_ICONS = {Tone.WARN: "triangle-alert", Tone.IDLE: "info", Tone.OK: "circle-check"}


def start_words(starts_at: datetime, zone: tzinfo, now: datetime) -> tuple[str, str]:
    """Return the time of an arrival and what stands below: ("15:00", "in 28 min").

    Within 24 hours that is how far away it is, beyond it the day.
    """
    day = wall_time.day(starts_at, zone, now)
    at = clock(starts_at, zone)
    if day != "today":
        at = f"{starts_at.astimezone(zone):%a} {at}"
    if starts_at <= now:
        return at, f"since {wall_time.span(now - starts_at)}"
    if starts_at - now <= timedelta(hours=24):
        ahead = timedelta(minutes=-(-(starts_at - now).total_seconds() // 60))
        return at, f"in {wall_time.span(ahead)}"
    return at, day if day == "tomorrow" else wall_time.day_and_month(
        starts_at.astimezone(zone).date(), now.astimezone(zone).date()
    )


def _doubt(arrival: Arrival, desk: Desk) -> str:
    """Return what is wrong with the lock of a code that is still to be sent, or ""."""
    cause = arrival.doubt
    if cause is None:
        return ""
    return wall_time.with_time(cause.sentence, cause.at, desk.zone, desk.now)


def _seen(arrival: Arrival, now: datetime) -> str:
    """Return how old the evidence is: of the code on the lock, else of the lock itself."""
    proven_at = arrival.code.proven_at
    if arrival.state.tone is Tone.OK and proven_at is not None:
        return f"Seen on the lock {ages.ago(proven_at, now)}."
    return f"{ages.account_reported(arrival.verdict.reported_at, now)}."


def _button(desk: Desk, arrival: Arrival, offer: Offer) -> Button:
    slug, code = desk.house.slug, arrival.code
    link = {
        actions.PLAN_B: ("lock-detail", code.device.uid, "#plan-b"),
        actions.WAYS_IN: ("code-now", code.uid, ""),
        actions.OPEN: ("code-detail", code.uid, ""),
        actions.SLIP: ("slip", code.uid, ""),
        actions.COPY: ("code-pin", code.uid, ""),
    }.get(offer.key)
    if link is not None:
        name, uid, anchor = link
        url = reverse(name, args=[slug, uid]) + anchor
        return Button(offer.key, offer.icon, offer.label, offer.is_primary, url, False, False, ())
    fix = Fix(Action(offer.key), offer.icon, offer.label, offer.is_primary)
    return code_buttons.buttons(desk, code, (fix,), None)[0]


def _row(desk: Desk, arrival: Arrival, near: str) -> ArrivalRow:
    code, state = arrival.code, arrival.state
    can = possible_for(desk, Known(code, state, arrival.verdict, arrival.handover), None)
    time, when = start_words(arrival.starts_at, desk.zone, desk.now)
    offered = actions.offers(
        arrival.group,
        state,
        can,
        may_reveal=desk.may_reveal,
        is_safe=arrival.handover.is_safe,
        has_plan_b=arrival.verdict.verdict is Verdict.BLOCKED,
        is_lock_in_doubt=arrival.doubt is not None,
    )
    has_way = not desk.may_issue or any(offer.key == actions.WAYS_IN for offer in offered)
    says_more = state.tone is not Tone.OK or state.key == "set_early"
    why = state.sentence if says_more else ""
    return ArrivalRow(
        uid=code.uid,
        group=arrival.group,
        tone=GROUPS[arrival.group].tone,
        time=Stamp.of(arrival.starts_at, time),
        when=when,
        name=code.name,
        door=code.device.display_name,
        lock_uid=code.device.uid,
        state=state,
        why=f"{_doubt(arrival, desk)} {why}".lstrip(),
        seen=_seen(arrival, desk.now),
        buttons=tuple(
            _button(desk, arrival, offer) for offer in offered if offer.key != actions.COPY
        ),
        may_copy=any(offer.key == actions.COPY for offer in offered),
        near=near,
        now_url="" if has_way else reverse("code-now", args=[desk.house.slug, code.uid]),
    )


def _hint(group: Group, number: int) -> str:
    if group is not Group.ACT:
        return GROUPS[group].hint
    guests = "1 guest" if number == 1 else f"{number} guests"
    return f"{guests} would stand at a closed door"


def _head(desk: Desk, everybody: list[Arrival]) -> ArrivalHead:
    tone, lead, rest = summary(Counter(arrival.group for arrival in everybody))
    ready = [
        str(arrival.code.uid)
        for arrival in everybody
        if arrival.group is Group.READY and arrival.handover.is_safe
    ]
    first, url = ready[:SLIPS_AT_ONCE], ""
    if first and desk.may_reveal:
        url = f"{reverse('slips', args=[desk.house.slug])}?{urlencode({'ids': ','.join(first)})}"
    label = "Print slips" if len(first) == len(ready) else f"Print the first {len(first)} slips"
    return ArrivalHead(tone, _ICONS[tone], lead, rest, url, label, bool(everybody))


def arrivals_board(desk: Desk) -> Board:
    """Return what may change on the start page."""
    everybody = arrivals.arrivals(desk)
    head = _head(desk, everybody)
    near = arrivals.near_names_among(everybody)
    rows = [_row(desk, arrival, near.get(arrival.code.uid, "")) for arrival in everybody]
    groups = tuple(
        ArrivalGroup(group, words, _hint(group, len(inside)), inside)
        for group, words in GROUPS.items()
        if (inside := tuple(row for row in rows if row.group is group))
    )
    return Board(
        parts=(
            *shell.frame_parts(desk, everybody),
            Part("arrivals-head", "accesscodes/_arrivals_head.html", {"head": head}),
            Part("arrivals-actions", "accesscodes/_arrivals_actions.html", {"head": head}),
        ),
        rows=tuple(
            Part(
                f"arrival-{row.uid}",
                "accesscodes/_arrival_row.html",
                {"row": row},
                letter=live.letter_of(row.state),
                announcement=live.announcement_of(row.state, row.door, row.name),
            )
            for row in rows
        ),
        whole=Part("arrivals", "accesscodes/_arrivals.html", {"groups": groups}),
        shape="".join(f"{row.group}{row.uid}" for group in groups for row in group.rows),
        query={"scope": "arrivals"},
        seconds=live.pace(
            [row.state for row in rows],
            [live.changed_at(arrival.code) for arrival in everybody],
            desk.now,
        ),
    )


@require_GET
@at_desk
def arrival_list(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """Who arrives in the next two days: act now, watch, ready."""
    local = desk.now.astimezone(desk.zone)
    today = f"{local:%A} {local.day} {local:%B}"
    return shell.page(
        request,
        desk,
        "accesscodes/arrivals.html",
        "arrivals",
        {"today": today},
        board=arrivals_board(desk),
    )
