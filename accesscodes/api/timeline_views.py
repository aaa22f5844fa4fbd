"""Partner API: the life of one code."""

from typing import Any

from rest_framework import serializers

from accesscodes import timeline
from accesscodes.models import AccessCode
from accesscodes.timeline import Entry
from locksite.wire.errors import not_found
from locksite.wire.fields import (
    Id,
    ListOf,
    RequestShape,
    ResponseShape,
    Timestamp,
    TimestampOut,
    Whole,
    Word,
)
from locksite.wire.views import Call, RpcView
from properties.stamps import stamp

LIMIT, MOST = 50, 200


class TimelineRequest(RequestShape):
    """The code, and which part of its life; both times are exclusive."""

    access_code_id = Id(required=True)
    after = Timestamp()
    before = Timestamp()
    event_types = ListOf(Word(words=timeline.TYPES))
    limit = Whole(least=1, most=MOST, is_limit=True)


class TimelineEventBody(ResponseShape):
    """Something in the life of a code; a person at the desk is not named."""

    timeline_event_id = serializers.UUIDField(source="uid")
    event_type = serializers.CharField()
    occurred_at = TimestampOut(source="at")
    description = serializers.CharField()
    actor = serializers.SerializerMethodField()
    related_resource_ids = serializers.SerializerMethodField()

    def get_actor(self, entry: Entry) -> dict[str, str]:
        """Return who did it."""
        named = {"id": entry.actor_id, "display_name": entry.actor_id} if entry.actor_id else {}
        return {"type": entry.actor, **named}

    def get_related_resource_ids(self, entry: Entry) -> dict[str, str]:
        """Return the event of which `/events/get` tells more."""
        return {} if entry.event_uid is None else {"event_id": str(entry.event_uid)}


class TimelinePagination(ResponseShape):
    """Send `next_cursor` as `before` for what is older, `prev_cursor` as `after` for the newer."""

    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)
    prev_cursor = serializers.CharField(allow_null=True)


class TimelineResponse(ResponseShape):
    """A part of the life of a code, newest first."""

    timeline_events = TimelineEventBody(many=True)
    pagination = TimelinePagination()


class GetTimeline(RpcView):
    """`/access_codes/get_timeline`."""

    request_shape = TimelineRequest
    response_shape = TimelineResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return what happened to the code, also after it is gone."""
        params = dict(call.params)
        codes = AccessCode.objects.for_actor(call.actor).filter(device__is_managed=True)
        code = codes.filter(uid=params.pop("access_code_id")).first()
        if code is None:
            raise not_found("access_code", "There is no such access code.")
        params.setdefault("limit", LIMIT)
        page = timeline.timeline(code, actor=call.actor, **params)
        is_later_page = "before" in params and page.entries
        return {
            "timeline_events": page.entries,
            "pagination": {
                "has_more": page.has_more,
                "next_cursor": stamp(page.ends_at) if page.has_more and page.ends_at else None,
                "prev_cursor": stamp(page.entries[0].at) if is_later_page else None,
            },
        }
