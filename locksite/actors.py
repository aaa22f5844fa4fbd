"""Who asks: a person at the desk, a partner's key, or Locksite itself; a leaf.

Every query on behalf of somebody starts at `Model.objects.for_actor(actor)`, so what an actor
cannot reach does not exist for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """One who reads or changes something.

    `kind` is ``staff``, ``key`` or ``system``. `label` is a user name or the public part of an API
    key: what audit rows and `created_by` show. `property_ids` are the primary keys of the
    properties within reach; ``None`` means all of them, and locks that belong to no property yet.
    `roles` gives a staff member's role per property; it is empty where `is_unlimited`.
    """

    kind: str
    label: str
    property_ids: frozenset[int] | None
    roles: Mapping[int, str] = field(default_factory=dict)
    ip: str | None = None

    @property
    def is_unlimited(self) -> bool:
        """Return whether every property is within reach."""
        return self.property_ids is None

    def reaches(self, property_id: int | None) -> bool:
        """Return whether the property with this primary key is within reach."""
        return self.property_ids is None or property_id in self.property_ids


SYSTEM = Actor(kind="system", label="Locksite", property_ids=None)
