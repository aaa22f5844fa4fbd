"""Making a code in the app of a virtual lock, for training and for partners' tests.

What the lock holds then is written down as a reading would, so that the code is known at once.
"""

from datetime import datetime

from accesscodes import ledger
from accesscodes.models import UnmanagedCode
from accesscodes.values import Content, Seen
from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from locksite.pins import index_of
from properties.models import Device
from properties.providers.virtual import people


def make_foreign_code(
    device: Device, pin: Pin, name: str, *, actor: Actor, now: datetime
) -> UnmanagedCode:
    """Make a code as people do in the maker's app; return it as Locksite knows it.

    Raises `RuleBroken` for a lock that is not virtual, and with the lock's reason where it
    refuses.
    """
    lock = people.lock_behind(device.account, device.remote_id)
    if lock is None:
        raise RuleBroken("invalid_input", "Codes are made so on virtual locks only.", "device_id")
    slot = people.add_foreign_code(lock, pin, name, now=now)
    made = people.shown_in(lock, slot, now=now)
    content = Content(
        pin_index=None if made.pin is None else index_of(device.uid, made.pin),
        name=made.name,
        starts_at=made.starts_at,
        ends_at=made.ends_at,
    )
    with write_transaction():
        row = ledger.record_stranger(device.pk, Seen(slot, content), made.pin, now=now)
        AuditEntry.objects.append(
            actor,
            "lock.make_foreign_code",
            now=now,
            property_id=device.property_id,
            object_type="device",
            object_uid=device.uid,
        )
        Device.objects.filter(pk=device.pk).poke(now)
    return row
