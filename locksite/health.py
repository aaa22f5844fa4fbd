"""Whether Locksite is well, for load balancers and monitors. Needs no key, shows no secret."""

from datetime import datetime

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accesscodes.engine_health import EngineState, engine_health
from locksite.wire.views import identify
from properties.stamps import stamp


def _services(now: datetime) -> list[dict[str, str]]:
    """Return the state of the database and of the engine, in the wire's form.

    `since` says from when the engine is not well: its last sign of life, or the moment from which
    a lock has been waiting for it.
    """
    try:
        health = engine_health(now)
    except Error:
        database, engine, since = "unhealthy", "unknown", None
    else:
        database, engine, since = "healthy", _WORDS[health.state], health.since
    services = [
        {
            "service": "database",
            "status": database,
            "description": "Keeps codes, locks and events.",
        },
        {
            "service": "engine",
            "status": engine,
            "description": "Puts codes on locks and takes them off.",
        },
    ]
    if since is not None:
        services[1]["since"] = stamp(since)
    return services


_WORDS = {
    EngineState.RUNNING: "healthy",
    EngineState.BEHIND: "degraded",
    EngineState.CLOCK: "degraded",
    EngineState.STOPPED: "unhealthy",
}


def _answer(*, is_strict: bool) -> JsonResponse:
    now = timezone.now()
    services = _services(now)
    is_well = all(service["status"] == "healthy" for service in services)
    body = {
        "ok": is_well or not is_strict,
        "last_service_evaluation_at": stamp(now),
        "service_health_statuses": services,
    }
    response = JsonResponse(body, status=503 if is_strict and not is_well else 200)
    response["Cache-Control"] = "no-store"
    identify(response)
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the web process runs, with the state of the rest inside."""
    return _answer(is_strict=False)


@require_http_methods(["GET", "HEAD"])
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database and engine are well, else 503."""
    return _answer(is_strict=True)
