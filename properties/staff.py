"""Who a person at the desk is: an `Actor` with a reach and a role for each property."""

from django.contrib.auth.models import AbstractBaseUser

from locksite.actors import Actor
from properties.choices import Role
from properties.models import Membership, Property


def actor_of(user: AbstractBaseUser, *, ip: str | None = None) -> Actor:
    """Return the signed-in `user` as an actor; administrators reach everything. One query."""
    label = user.get_username()
    if getattr(user, "is_superuser", False):
        return Actor(kind="staff", label=label, property_ids=None, ip=ip)
    roles = dict(Membership.objects.filter(user_id=user.pk).values_list("property_id", "role"))
    return Actor(kind="staff", label=label, property_ids=frozenset(roles), roles=roles, ip=ip)


def role_at(actor: Actor, property_id: int) -> Role | None:
    """Return what the actor does at a property; ``None`` for an administrator."""
    return None if actor.is_unlimited else Role(actor.roles[property_id])


def properties_of(actor: Actor) -> list[Property]:
    """Return the properties within reach, in the order people look for them."""
    return list(Property.objects.for_actor(actor).order_by("name", "pk"))
