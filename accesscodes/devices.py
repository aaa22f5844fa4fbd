"""What partners may change about a lock in one go, all or nothing: `/devices/update`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accesscodes import pool
from locksite.actors import Actor
from locksite.database import write_transaction
from properties import services
from properties.models import Device


@dataclass(frozen=True, slots=True)
class DeviceChanges:
    """What shall change; ``None`` is unchanged. `name`: empty means the name that is reported."""

    name: str | None = None
    custom_metadata: Mapping[str, str | bool | None] | None = None
    keeps_backup_codes: bool | None = None
    is_managed: bool | None = None


def change_device(device: Device, changes: DeviceChanges, *, actor: Actor, now: datetime) -> None:
    """Make all of these changes or none. Raises `RuleBroken` as each of them does."""
    with write_transaction():
        if changes.name is not None:
            services.rename(device, changes.name, actor=actor, now=now)
        if changes.custom_metadata is not None:
            services.set_metadata(device, changes.custom_metadata, actor=actor, now=now)
        if changes.keeps_backup_codes is not None:
            switch = pool.switch_on if changes.keeps_backup_codes else pool.switch_off
            switch(device, actor=actor, now=now)
        if changes.is_managed is False:
            services.stop_managing(device, actor=actor, now=now)
