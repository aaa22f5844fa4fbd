"""Every kind of error that the API answers, for readers: when it comes and what to do.

The page of errors shows this table. Each error of each test that calls the API is looked up here,
so a kind that is missing, or stands at the wrong endpoint, is noticed.
"""

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """Which endpoints answer it."""

    ALL = "all"
    ALL_WITH_KEY = "all_with_key"  # all that ask for a key
    CHANGES = "changes"  # those that change something
    SOME = "some"  # those that name it
    NONE = "none"  # addresses that are no endpoint


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One `error.type` with its status. `when` and `what_to_do` are whole sentences."""

    type: str
    status: int
    when: str
    what_to_do: str
    where: Where = Where.SOME


ERRORS: tuple[ErrorKind, ...] = (
    ErrorKind(
        "invalid_input",
        400,
        "A parameter is missing, has another kind, or breaks a rule: a PIN that the lock does not "
        "take, dates that are over, a lock that cannot take codes now. `validation_errors` names "
        "each parameter with its messages; `_errors` holds what is about several of them. Text "
        "that is not JSON counts as well.",
        "Correct the request. Sending it again unchanged will fail again. Where a lock cannot "
        "take codes, `explanation` on the device says why and what to do.",
        Where.ALL,
    ),
    ErrorKind(
        "invalid_content_type",
        400,
        "There is a body, and its `Content-Type` is not `application/json`.",
        "Send JSON, and say so in the header.",
        Where.ALL,
    ),
    ErrorKind(
        "mismatched_page_parameters",
        400,
        "`page_cursor` belongs to a list with other filters.",
        "Send the filters of the first page again with each next page.",
    ),
    ErrorKind(
        "idempotency_key_reused",
        400,
        "The header `Idempotency-Key` came before, within 48 hours, with another endpoint or "
        "other parameters. Nothing was changed.",
        "Send a new key with each new request, and the old one only with the very same request.",
        Where.CHANGES,
    ),
    ErrorKind(
        "invalid_event_types",
        400,
        "`event_types` is empty or names a type that there is not. `*` stands for all types, and "
        "there are no other patterns.",
        "Correct the list. Types that Seam has and Locksite never sends are accepted.",
    ),
    ErrorKind(
        "access_code_not_time_bound",
        400,
        "A backup code was asked for in place of a code without dates.",
        "Create a new code instead.",
    ),
    ErrorKind(
        "unauthorized",
        401,
        "The header is missing, or the key is unknown, revoked or expired. Which of them, is not "
        "told.",
        "Send `Authorization: Bearer` with a key from the admin. Do not try again with the same "
        "key.",
        Where.ALL_WITH_KEY,
    ),
    ErrorKind(
        "forbidden",
        403,
        "The key may read only, and the endpoint changes something.",
        "Use a key with the right to write.",
        Where.CHANGES,
    ),
    ErrorKind(
        "device_not_found",
        404,
        "No lock has this id or name, or the key does not reach its property. A lock that "
        "Locksite does not manage is not found either.",
        "Look at `/devices/list` for the locks within reach.",
    ),
    ErrorKind(
        "access_code_not_found",
        404,
        "No code has this id, or the key does not reach its lock. A code that is proven off its "
        "lock is not found any more.",
        "After a delete, or after the end of a stay, this is the good end: the code is gone.",
    ),
    ErrorKind(
        "backup_access_code_not_found",
        404,
        "No backup code is ready on the lock.",
        "Wait until the lock has new ones, or create a code.",
    ),
    ErrorKind(
        "action_attempt_not_found",
        404,
        "No action attempt has this id, or the key does not reach its lock.",
        "Use the id from the answer that began the attempt.",
    ),
    ErrorKind(
        "event_not_found",
        404,
        "No event has this id, type or lock within the key's reach.",
        "Look at `/events/list`.",
    ),
    ErrorKind(
        "webhook_not_found",
        404,
        "This key made no webhook with this id, or it was deleted. Other keys' webhooks are not "
        "there for it, whatever it may reach.",
        "Look at `/webhooks/list`.",
    ),
    ErrorKind(
        "webhook_delivery_not_found",
        404,
        "No delivery of this key's webhooks has this id. Deliveries are kept for 30 days.",
        "Look at `/webhooks/deliveries/list`.",
    ),
    ErrorKind(
        "not_found",
        404,
        "The address is no endpoint of Locksite.",
        "Compare the address with the reference. There is no slash at the end.",
        Where.NONE,
    ),
    ErrorKind(
        "method_not_allowed",
        405,
        "The endpoint does not serve this verb. The header `Allow` names those it serves.",
        "Send POST with a JSON body: every endpoint takes it.",
        Where.ALL,
    ),
    ErrorKind(
        "duplicate_access_code",
        409,
        "The PIN is on the lock already, at some time within the dates asked for.",
        "Leave `code` out and let Locksite draw a free PIN, or choose another.",
    ),
    ErrorKind(
        "idempotency_key_in_use",
        409,
        "The first request with this `Idempotency-Key` is still being worked on.",
        "Wait as long as `Retry-After` says, then send the same request again: it gets the first "
        "one's answer.",
        Where.CHANGES,
    ),
    ErrorKind(
        "rate_limit_exceeded",
        429,
        "The key made more requests within a minute than it may, or one lock was sent more than "
        "10 codes, 10 changes or 20 deletes within a minute. The message says which. Nothing was "
        "changed.",
        "Wait as long as `Retry-After` says, then send the same request again.",
        Where.ALL_WITH_KEY,
    ),
    ErrorKind(
        "internal_server_error",
        500,
        "Something went wrong inside Locksite. What it was stands in its log, under the "
        "`seam-request-id` of the answer.",
        "Try again later. If it stays, tell us the `seam-request-id`.",
        Where.ALL,
    ),
    ErrorKind(
        "service_unavailable",
        503,
        "Locksite cannot reach its database. Nothing was changed.",
        "Wait as long as `Retry-After` says, then send the same request again.",
        Where.ALL,
    ),
)
BY_TYPE = {kind.type: kind for kind in ERRORS}
