"""Did anything change at a property? One query that says so, for every page's question for news.

It names what the journal, the codes, the locks and the problems were last at, so a page whose news
are the same need not be made again. What changes with the clock alone is not in it. How the engine
and the accounts stand comes along, as every page says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Aggregate, Count, Max, OuterRef, QuerySet, Subquery, Sum

from accesscodes import engine_health
from accesscodes.choices import Severity
from accesscodes.engine_health import EngineHealth
from accesscodes.models import AccessCode, Problem
from locksite.journal.models import AuditEntry, Event
from properties.models import Device, Property


def _figure(rows: "QuerySet[Any]", by: str, figure: Aggregate) -> Subquery:
    """Return one figure over all these rows, which belong to one property, as a subquery."""
    return Subquery(rows.order_by().values(by).annotate(figure=figure).values("figure"))


@dataclass(frozen=True, slots=True)
class AccountTrouble:
    """The worst of what keeps us from whole accounts of a property, and how many more there are.

    `since`: aware UTC.
    """

    sentence: str
    next_step: str
    severity: Severity
    since: datetime
    more: int


@dataclass(frozen=True, slots=True)
class News:
    """How things stand: `marks` change whenever something at the property does.

    `account` is ``None`` while all accounts of the property are to be had.
    """

    marks: tuple[str, ...]
    engine: EngineHealth
    account: AccountTrouble | None


def news_of(house: Property, now: datetime) -> News:
    """Return how things stand at this property. One query."""
    codes = AccessCode.objects.live().filter(device__property=OuterRef("pk"))
    here = Device.objects.filter(property=house.pk)
    problems = (
        Problem.objects.open()
        .touching(here)
        .order_by()
        .values("closed_at")
        .annotate(n=Count("pk"), last=Max("pk"))
    )
    own = Device.objects.filter(property=OuterRef("pk"))
    asked = {
        "event": Subquery(
            Event.objects.filter(property_id=OuterRef("pk")).newest_first().values("pk")[:1]
        ),
        "deed": Subquery(
            AuditEntry.objects.filter(property_id=OuterRef("pk")).order_by("-id").values("pk")[:1]
        ),
        "codes": _figure(codes, "device__property", Count("pk")),
        "versions": _figure(codes, "device__property", Sum("version")),
        "undone": _figure(codes.filter(withdrawn_at__gt=now), "device__property", Count("pk")),
        "reported": Subquery(
            own.exclude(reported_at=None).order_by("-reported_at").values("reported_at")[:1]
        ),
        "failures": _figure(own, "property", Sum("failures")),
        "problems": Subquery(problems.values("n")),
        "problem": Subquery(problems.values("last")),
    }
    engine, account = engine_health.figures(now), _account_figures(here)
    rows = Property.objects.filter(pk=house.pk).annotate(**asked, **engine, **account)
    found = rows.values(*asked, *engine, *account).first() or {}
    marks = tuple(str(found.get(name)) for name in asked)
    return News(marks, engine_health.health_from(found), _account_trouble(found))


def _account_figures(here: QuerySet[Device]) -> dict[str, Subquery]:
    troubles = Problem.objects.open().filter(account__in=here.values("account"))
    worst = troubles.order_by("severity", "since", "pk")
    number = troubles.order_by().values("closed_at").annotate(n=Count("pk"))
    return {
        "account_sentence": Subquery(worst.values("sentence")[:1]),
        "account_next_step": Subquery(worst.values("next_step")[:1]),
        "account_severity": Subquery(worst.values("severity")[:1]),
        "account_since": Subquery(worst.values("since")[:1]),
        "account_troubles": Subquery(number.values("n")),
    }


def _account_trouble(found: Mapping[str, Any]) -> AccountTrouble | None:
    if not found.get("account_troubles"):
        return None
    return AccountTrouble(
        found["account_sentence"],
        found["account_next_step"],
        Severity(found["account_severity"]),
        found["account_since"],
        found["account_troubles"] - 1,
    )
