"""What the filters of all lists have in common."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, Replace
from django.db.models.lookups import IContains

# Filters on things that this installation does not have. One of them finds nothing: to ignore it
# would show a partner's customer what belongs to all others.
_WITHOUT_MEANING = frozenset(
    {
        "access_grant_id",
        "access_grant_key",
        "access_method_id",
        "connect_webview_id",
        "customer_key",
        "space_id",
        "user_identifier_key",
        "user_identity_id",
    }
)


def finds_nothing(params: Mapping[str, Any]) -> bool:
    """Return whether a filter asks for something that cannot be here."""
    return not _WITHOUT_MEANING.isdisjoint(params)


def id_holds(text: str) -> Q:
    """Return the condition that a row's public id holds this text, hyphens aside.

    The databases keep ids in different forms, so they are compared without hyphens.
    """
    bare = Replace(Cast("uid", TextField()), Value("-"), Value(""), output_field=TextField())
    part = text.replace("-", "")
    return Q(IContains(bare, part)) if part else Q()
