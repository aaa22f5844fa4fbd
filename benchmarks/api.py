"""What the partner API costs beside a plain Django view that writes and reads the same rows.

`python -m benchmarks.api` prints ratios: both run in turn, round by round, in one process, through
the whole handler with its middleware, on a SQLite database made for it. The plain views know one
shape of request, trust it, check nothing but that the PIN is free, and write everything by hand.
So the ratio is the price of what they leave out: both dialects, limits, rules, reasons, error
bodies.
"""

import benchmarks._settings  # noqa: F401  (before anything of Django)

# isort: split

import argparse
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import uuid4

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from accesscodes.models import AccessCode, ActionAttempt, Transition
from benchmarks._rows import lay_out
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from locksite.partners.models import ApiKey, digest_of
from locksite.pins import index_of, seal
from locksite.urls import urlpatterns as ours
from properties.models import Device
from properties.stamps import stamp

CODES_PER_LOCK = 20
TABLES = (AccessCode, ActionAttempt, AuditEntry, Event, Transition)


# ---- The plain views ----------------------------------------------------------------------------


def _key(request: HttpRequest) -> ApiKey:
    key = request.headers["Authorization"].removeprefix("Bearer ")
    return ApiKey.objects.get(digest=digest_of(key), revoked_at=None)


@csrf_exempt
def plain_create(request: HttpRequest) -> HttpResponse:
    """Write one ongoing code, and what goes with it, in as few statements as it takes."""
    now = datetime.now(UTC)
    key = _key(request)
    params = json.loads(request.body)
    pin = Pin(params["code"])
    with transaction.atomic():
        device = Device.objects.select_related("account", "property").get(uid=params["device_id"])
        index = index_of(device.uid, pin)
        if AccessCode.objects.filter(device=device, pin_index=index, gone_at=None).exists():
            return JsonResponse({"error": "duplicate"}, status=409)
        uid = uuid4()
        code = AccessCode.objects.create(
            uid=uid,
            device=device,
            created_at=now,
            name=params["name"],
            pin=seal(pin, bound_to=uid),
            pin_index=index,
            kind="ongoing",
            created_by=key.key_id,
            created_by_kind="key",
            status="setting",
            diverged_since=now,
            version=1,
        )
        Transition.objects.create(code=code, to_status="setting", at=now, revision=1)
        Event.objects.bulk_create(
            Event(
                event_type=event_type,
                occurred_at=now,
                created_at=now,
                property_id=device.property_id,
                device_uid=device.uid,
                access_code_uid=uid,
                connected_account_uid=device.account.uid,
                payload=payload,
            )
            for event_type, payload in (
                ("access_code.created", {}),
                (
                    "access_code.mutations_requested",
                    {"requested_mutations": [{"mutation_code": "creating"}]},
                ),
            )
        )
        AuditEntry.objects.create(
            at=now,
            actor_kind="key",
            actor_label=key.key_id,
            action="access_code.issue",
            property_id=device.property_id,
            object_type="access_code",
            object_uid=uid,
        )
        attempt = ActionAttempt.objects.create(
            action_type="CREATE_ACCESS_CODE", device=device, code=code, revision=1, created_at=now
        )
        Device.objects.filter(pk=device.pk).update(due_at=now, generation=device.generation + 1)
    shown = {"action_attempt_id": str(attempt.uid), "status": "pending"}
    return JsonResponse({"access_code": _shown(code), "action_attempt": shown, "ok": True})


@csrf_exempt
def plain_get(request: HttpRequest) -> HttpResponse:
    """Read one code by its id, with its lock and its entry on the lock."""
    _key(request)
    params = json.loads(request.body)
    codes = AccessCode.objects.select_related("device__property", "device__account")
    code = codes.prefetch_related("installations").get(uid=params["access_code_id"], gone_at=None)
    return JsonResponse({"access_code": _shown(code), "ok": True})


@csrf_exempt
def plain_list(request: HttpRequest) -> HttpResponse:
    """Read the codes of one lock."""
    _key(request)
    params = json.loads(request.body)
    codes = AccessCode.objects.select_related("device__property", "device__account")
    rows = codes.prefetch_related("installations").filter(
        device__uid=params["device_id"], gone_at=None
    )
    return JsonResponse(
        {"access_codes": [_shown(code) for code in rows.order_by("created_at", "pk")], "ok": True}
    )


def _shown(code: AccessCode) -> dict[str, Any]:
    return {
        "access_code_id": str(code.uid),
        "device_id": str(code.device.uid),
        "name": code.name,
        "code": code.pin.open(bound_to=code.uid).digits if code.pin else None,
        "type": code.kind,
        "status": code.status,
        "created_at": stamp(code.created_at),
        "errors": code.errors,
        "warnings": code.warnings,
        "pending_mutations": [{"mutation_code": "creating", "created_at": stamp(code.created_at)}],
        "is_managed": True,
        "common_code_key": code.common_code_key,
        "is_external_modification_allowed": code.is_external_modification_allowed,
        "is_offline_access_code": code.is_offline,
        "is_one_time_use": code.is_one_time_use,
    }


urlpatterns = [
    path("plain/access_codes/create", plain_create),
    path("plain/access_codes/get", plain_get),
    path("plain/access_codes/list", plain_list),
    *ours,
]


# ---- Measuring ----------------------------------------------------------------------------------


class Side:
    """One of the two, with locks of its own; each work is done in rounds of equal size.

    Requests go through the whole handler; what is measured is the handler alone. `took` holds wall
    and CPU seconds of each round.
    """

    def __init__(self, prefix: str, key: str, locks: list[str], per_round: int):
        self.prefix = prefix
        self.key = key
        self.locks = locks
        self.per_round = per_round
        self.made: list[str] = []
        self.handler = WSGIHandler()
        self.wall = self.cpu = 0.0

    def call(self, endpoint: str, **params: Any) -> dict[str, Any]:
        """Send one request and return the body of its answer."""
        request = RequestFactory().post(
            f"{self.prefix}/access_codes/{endpoint}",
            json.dumps(params),
            content_type="application/json",
            headers={"authorization": f"Bearer {self.key}", "host": "localhost"},
        )
        wall, cpu = time.perf_counter(), time.process_time()
        response = self.handler(request.environ, _ignore_start)
        content = b"".join(response)
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
        body: dict[str, Any] = json.loads(content)
        if not body.get("ok"):
            raise SystemExit(f"{self.prefix}/{endpoint}: {body}")
        return body

    def _of_round(self, number: int) -> range:
        return range(number * self.per_round, (number + 1) * self.per_round)

    def create(self, number: int) -> int:
        """Make the codes of a round; return how many requests that took."""
        for index in self._of_round(number):
            lock = self.locks[index // CODES_PER_LOCK]
            code = f"{100_000 + index}"
            body = self.call("create", device_id=lock, name=f"Guest {index}", code=code)
            self.made.append(body["access_code"]["access_code_id"])
        return self.per_round

    def get(self, number: int) -> int:
        """Read the codes of a round one by one; return how many requests that took."""
        for index in self._of_round(number):
            self.call("get", access_code_id=self.made[index])
        return self.per_round

    def list(self, number: int) -> int:
        """List five locks; return how many requests that took."""
        for index in range(number * 5, number * 5 + 5):
            body = self.call("list", device_id=self.locks[index % (len(self.locks) - 1)])
            if len(body["access_codes"]) != CODES_PER_LOCK:
                raise SystemExit(f"a list holds {len(body['access_codes'])} codes")
        return 5

    def statements(self, work: str) -> int:
        """Return how many statements one more request of this kind sends to the database."""
        with CaptureQueriesContext(connection) as captured:
            if work == "create":
                self.call("create", device_id=self.locks[-1], name="One more", code="99999999")
            elif work == "get":
                self.call("get", access_code_id=self.made[0])
            else:
                self.call("list", device_id=self.locks[0])
        return len(captured)


def _ignore_start(*_: Any) -> Callable[[bytes], object]:
    return lambda _: None


def rows() -> dict[str, int]:
    """Return how many rows each table holds."""
    return {table.__name__: table.objects.count() for table in TABLES}


def compare(work: str, api: Side, plain: Side, rounds: int) -> str:
    """Let both sides do the same work in turn and return one line of the table.

    The ratios are medians over the rounds of the ratio within a round.
    """
    took: dict[Side, list[tuple[float, float]]] = {api: [], plain: []}
    written: dict[Side, Counter[str]] = {api: Counter(), plain: Counter()}
    requests = 0
    for number in range(rounds):
        gc.collect()
        for side in (api, plain) if number % 2 else (plain, api):
            before = rows()
            side.wall = side.cpu = 0.0
            requests = getattr(side, work)(number)
            took[side].append((side.wall / requests, side.cpu / requests))
            written[side].update({name: count - before[name] for name, count in rows().items()})
    if written[api] != written[plain]:
        raise SystemExit(f"not the same rows: {written[api]} and {written[plain]}")
    wall, cpu = (
        median(
            ours[kind] / theirs[kind] for ours, theirs in zip(took[api], took[plain], strict=True)
        )
        for kind in (0, 1)
    )
    api_ms, plain_ms = (1000 * median(one for one, _ in took[side]) for side in (api, plain))
    statements = f"{api.statements(work)} : {plain.statements(work)}"
    return (
        f"{work:8}{requests * rounds:>9}{wall:>12.2f}{cpu:>11.2f}"
        f"{api_ms:>9.2f}{plain_ms:>10.2f}{statements:>13}"
    )


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What the partner API costs.")
    parser.add_argument("--codes", type=int, default=1000, help="codes that each side makes")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(arguments)
    if options.codes % options.rounds or options.codes % CODES_PER_LOCK:
        parser.error(f"--codes must be a multiple of --rounds and of {CODES_PER_LOCK}")
    per_side = options.codes // CODES_PER_LOCK + 1
    call_command("migrate", verbosity=0)
    locks, key = lay_out(2 * per_side)
    per_round = options.codes // options.rounds
    api = Side("", key, locks[:per_side], per_round)
    plain = Side("/plain", key, locks[per_side:], per_round)
    for side in (api, plain):  # what is loaded and prepared once
        side.call("list", device_id=side.locks[-1])
    print(f"{options.codes} codes on {per_side - 1} locks a side, {options.rounds} rounds in turn")
    print("work     requests  wall ratio  CPU ratio   API ms  plain ms   statements")
    for work in ("create", "get", "list"):
        print(compare(work, api, plain, options.rounds), flush=True)
    return 0


if __name__ == "__main__":
    with override_settings(ROOT_URLCONF=__name__):
        sys.exit(main(sys.argv[1:]))
