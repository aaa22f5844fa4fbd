"""Calling a webhook: which addresses, for how long, and signed how."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import requests
from django.conf import settings
from standardwebhooks import Webhook

from locksite.errors import RuleBroken
from locksite.http import (
    AddressInfo,
    CallFailed,
    DeadlinePassed,
    Forbidden,
    LookUp,
    bounded_sessions,
    system_addresses,
)
from locksite.masked import Pin
from locksite.partners.choices import Failure
from locksite.partners.webhook_schedule import DEADLINE
from locksite.partners.webhook_urls import Places, is_public, not_public

log = logging.getLogger(__name__)

LOOK_UP_FOR: Final = 2.0
"""How many seconds a partner waits for the addresses of a host that is new to us."""


def places() -> Places:
    """Return where this installation sends webhooks."""
    return Places.of(settings.LOCKSITE_WEBHOOK_PORTS, settings.LOCKSITE_WEBHOOK_ALLOWED_HOSTS)


# ---- When a webhook is made ---------------------------------------------------------------------

_looking = ThreadPoolExecutor(4, "webhook-host")


def check_url(url: str, *, look_up: LookUp = system_addresses) -> None:
    """Refuse an address that we do not call. Raises `RuleBroken` (`invalid_url`).

    A host without an address, or whose addresses are not found in two seconds, is let through:
    it may get one, and what counts is judged at every connection.
    """
    known = places()
    target = known.target(url)
    if known.is_excepted(target.host, target.port):
        return
    asked: Future[Sequence[AddressInfo]] = _looking.submit(look_up, target.host, target.port)
    try:
        found = asked.result(LOOK_UP_FOR)
    except OSError:  # also where it took too long
        asked.cancel()
        return
    if not all(is_public(info[4][0]) for info in found):
        raise not_public()


# ---- When it is called --------------------------------------------------------------------------


def public_addresses(look_up: LookUp = system_addresses) -> LookUp:
    """Return a look-up that gives all addresses of a host, or none if one is not public.

    The addresses that were judged are the ones that are called: a name that leads elsewhere a
    moment later changes nothing.
    """

    def judged(host: str, port: int) -> Sequence[AddressInfo]:
        known = places()
        found = look_up(host, port)
        if known.is_excepted(host, port):
            return found
        if port not in known.ports or not all(is_public(info[4][0]) for info in found):
            raise Forbidden(f"{host} is not a host that webhooks are sent to.")
        return found

    return judged


def webhook_sessions(look_up: LookUp = system_addresses) -> Callable[[], requests.Session]:
    """Return a maker of sessions that reach public addresses alone, and read no answer's body."""
    return bounded_sessions(
        deadline=DEADLINE, look_up=public_addresses(look_up), reads_bodies=False
    )


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery, ready to be sent."""

    pk: int
    message_id: str
    url: str
    secrets: tuple[Pin, ...]
    body: Pin
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: no `failure` means that it arrived. `status`: what was answered."""

    failure: Failure | None
    status: int | None = None


def headers_for(parcel: Parcel, now: datetime) -> dict[str, str]:
    """Return what proves to a partner that a message is ours, signed at `now` (aware UTC).

    Two signatures while the old secret still counts.
    """
    body = parcel.body.digits
    signatures = [
        Webhook(secret.digits).sign(parcel.message_id, now, body) for secret in parcel.secrets
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Locksite-Webhooks/1",
        "svix-id": parcel.message_id,
        "svix-timestamp": str(int(now.timestamp())),
        "svix-signature": " ".join(signatures),
    }


def call(parcel: Parcel, session: requests.Session, now: datetime) -> Outcome:
    """Send it once and return how that ended. Never raises; nothing of the answer is kept."""
    try:
        places().target(parcel.url)  # the rules may have become stricter since it was made
        answer = session.post(
            parcel.url,
            data=parcel.body.digits.encode(),
            headers=headers_for(parcel, now),
            allow_redirects=False,
        )
    except (RuleBroken, Forbidden):
        return Outcome(Failure.ADDRESS)
    except DeadlinePassed:
        return Outcome(Failure.TIMEOUT)
    except CallFailed:
        return Outcome(Failure.CONNECTION)
    except Exception:
        log.exception("delivery %s could not be sent", parcel.message_id)
        return Outcome(Failure.INTERNAL)
    arrived = 200 <= answer.status_code < 300
    return Outcome(None if arrived else Failure.ANSWER, answer.status_code)
