"""Which events an actor may know of: the rule of `/events/list`, and of what webhooks are sent."""

from django.db.models import Q

from locksite.actors import Actor
from locksite.journal.models import Event, EventQuerySet
from properties.models import ProviderAccount


def events_within(actor: Actor) -> EventQuerySet:
    """Return the events within reach: of its properties, and of the accounts that serve them."""
    if actor.property_ids is None:
        return Event.objects.for_actor(actor)
    accounts = ProviderAccount.objects.filter(devices__property_id__in=actor.property_ids)
    return Event.objects.filter(
        Q(property_id__in=actor.property_ids)
        | Q(
            property_id=None,
            device_uid=None,
            connected_account_uid__in=accounts.values("uid"),
        )
    )
