"""What the filters of all lists have in common."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, Replace
from django.db.models.lookups import IContains

from locksite.wire.fields import ListOf, RequestShape, Text


class ListRequest(RequestShape):
    """Filters of the published API on things that an installation does not have.

    One of them finds nothing: to ignore it, as unknown names are ignored, would show a partner's
    customer what belongs to all others.
    """

    access_grant_id = Text()
    access_grant_ids = ListOf(Text())
    access_grant_key = Text()
    access_method_id = Text()
    access_method_ids = ListOf(Text())
    acs_access_group_id = Text()
    acs_credential_id = Text()
    acs_encoder_id = Text()
    acs_entrance_id = Text()
    acs_system_id = Text()
    acs_system_ids = ListOf(Text())
    acs_user_id = Text()
    connect_webview_id = Text()
    customer_key = Text()
    space_id = Text()
    space_ids = ListOf(Text())
    unstable_location_id = Text()
    user_identifier_key = Text()
    user_identity_id = Text()


def finds_nothing(params: Mapping[str, Any]) -> bool:
    """Return whether a filter asks for something that cannot be here."""
    return not ListRequest._declared_fields.keys().isdisjoint(params)


def id_holds(text: str) -> Q:
    """Return the condition that a row's public id holds this text, hyphens aside.

    The databases keep ids in different forms, so they are compared without hyphens.
    """
    bare = Replace(Cast("uid", TextField()), Value("-"), Value(""), output_field=TextField())
    part = text.replace("-", "")
    return Q(IContains(bare, part)) if part else Q()
