"""A request that is sent twice takes effect once: the second gets the first one's answer.

The answer is written in the transaction of the effect, so there is either both or neither: whoever
dies on the way leaves nothing behind that could keep the next one waiting.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils.crypto import salted_hmac

from locksite.database import hold_word, try_hold_word, write_transaction
from locksite.masked import Pin
from locksite.partners.models import StoredAnswer
from locksite.pins import seal

KEPT_FOR = timedelta(hours=48)
"""How long the answer to a request with a key of its own is kept."""


class KeyReused(Exception):  # noqa: N818
    """The key came with another request before."""


class KeyInUse(Exception):  # noqa: N818
    """The first request with this key is being worked on right now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was sent: its status, and its body to the letter."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a repeated request is known.

    `caller` is the public part of the API key; `key` came with the request, or stands for it.
    `waits`: while the first is being worked on, wait for it instead of raising `KeyInUse`. On
    SQLite everybody waits, as all do who write.
    """

    caller: str
    key: str
    fingerprint: str
    kept_for: timedelta = KEPT_FOR
    waits: bool = False


def fingerprint(endpoint: str, params: Mapping[str, Any]) -> str:
    """Return by what two requests are told apart (64 hex digits): address and parameters.

    Keyed, because a parameter may be a PIN. In whatever order and dialect the parameters were
    sent, it is the same.
    """
    text = json.dumps([endpoint, params], sort_keys=True)
    return salted_hmac("locksite.partners.repeats", text, algorithm="sha256").hexdigest()


def answered_once(
    mark: Mark,
    work: Callable[[], Answer],
    *,
    now: datetime,
    holds: Callable[[Answer], bool] = lambda _: True,
) -> tuple[Answer, bool]:
    """Return the kept answer and true, or what `work` returns, then kept, and false.

    `work` runs inside the transaction; whatever it raises undoes everything, and nothing is kept.
    `holds` may say of a kept answer that it is true no more; then the work is done anew. Raises
    `KeyReused` for a key that came with another request, and `KeyInUse`.
    """
    found = _kept(mark, now)  # a look without a lock is cheap, and most repeats come late
    if found is not None and holds(found):
        return found, True
    with write_transaction():
        word = f"answer {mark.caller} {mark.key}"
        if mark.waits:
            hold_word(word)
        elif not try_hold_word(word):
            raise KeyInUse
        found = _kept(mark, now)
        if found is not None and holds(found):
            return found, True
        answer = work()
        _keep(mark, answer, now)
    return answer, False


def forget_answers(now: datetime) -> int:
    """Delete what need not be kept any more; return how many answers that were."""
    with write_transaction():
        return StoredAnswer.objects.filter(kept_until__lte=now).delete()[0]


def _kept(mark: Mark, now: datetime) -> Answer | None:
    row = StoredAnswer.objects.filter(caller=mark.caller, key=mark.key, kept_until__gt=now).first()
    if row is None:
        return None
    if row.fingerprint != mark.fingerprint:
        raise KeyReused
    return Answer(row.status, row.body.open(bound_to=row.uid).digits)


def _keep(mark: Mark, answer: Answer, now: datetime) -> None:
    uid = uuid4()
    StoredAnswer.objects.filter(caller=mark.caller, key=mark.key).delete()
    StoredAnswer.objects.create(
        uid=uid,
        caller=mark.caller,
        key=mark.key,
        fingerprint=mark.fingerprint,
        status=answer.status,
        body=seal(Pin(answer.body), bound_to=uid),
        kept_until=now + mark.kept_for,
    )
