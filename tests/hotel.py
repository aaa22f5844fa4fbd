"""A hotel of virtual locks in a whole site, and what its locks really hold.

hotel = Hotel(site, locks=5)
hotel.call("/access_codes/create", device_id=hotel.devices["Door 0"])
hotel.memory()
"""

import json
from functools import cached_property
from typing import Any

import requests

from tests.processes import Site, wait_until

HOUSE = """
from datetime import UTC, datetime
from properties.models import Property, ProviderAccount, VirtualLock
house = Property.objects.create(slug="house", name="House")
account = ProviderAccount.objects.create(kind="virtual", name="Virtual locks")
for number in range({locks}):
    VirtualLock.objects.create(
        account=account,
        make="schlage",
        name=f"Door {{number}}",
        answer_min={answer_min},
        answer_max={answer_max},
        faults={masked} if number % 2 else [],
    )
account.due_at = datetime.now(UTC)
account.save()
"""

MEMORY = """
import json
from datetime import UTC, datetime
from properties.models import VirtualLock
from properties.providers.virtual.store import memory_of
print(json.dumps({
    lock.name: [entry.pin.digits for entry in memory_of(lock, datetime.now(UTC)).values()]
    for lock in VirtualLock.objects.all()
}))
"""


class Hotel:
    """Some locks of one house, listed by the site's engine.

    Each answers after `answers` seconds, from the fastest to the slowest. `half_masked`: every
    second one hides its PINs.
    """

    def __init__(
        self,
        site: Site,
        *,
        locks: int,
        answers: tuple[float, float] = (0.02, 0.1),
        half_masked: bool = False,
    ):
        self.site = site
        self._key = site.api_key()
        site.run(
            HOUSE.format(
                locks=locks,
                answer_min=answers[0],
                answer_max=answers[1],
                masked=["masks_pins"] if half_masked else [],
            )
        )
        wait_until(lambda: len(self._listed()) == locks, "the locks are listed")

    @cached_property
    def devices(self) -> dict[str, str]:
        """Return the device id of each lock, by its name."""
        return self._listed()

    def _listed(self) -> dict[str, str]:
        listed = self.call("/devices/list").json()["devices"]
        return {device["display_name"]: device["device_id"] for device in listed}

    def call(self, path: str, **body: Any) -> requests.Response:
        """Call the API as a partner does."""
        headers = {"Authorization": f"Bearer {self._key}"}
        return requests.post(f"{self.site.url}{path}", json=body, headers=headers, timeout=30)

    def codes(self) -> list[dict[str, Any]]:
        """Return what the API says of all codes that are not gone."""
        codes: list[dict[str, Any]] = self.call("/access_codes/list").json()["access_codes"]
        return codes

    def memory(self) -> dict[str, list[str]]:
        """Return the PINs that are physically on each lock, one per slot, sorted."""
        memory = json.loads(self.site.run(MEMORY))
        return {name: sorted(pins) for name, pins in memory.items()}

    def count(self, status: str) -> int:
        """Return how many codes have this status."""
        query = f"SELECT count(*) FROM accesscodes_accesscode WHERE status = '{status}'"
        return int(self.site.rows(query)[0][0])

    def wait_for(self, status: str, number: int, seconds: float = 60) -> None:
        """Wait until so many codes have this status."""
        wait_until(
            lambda: self.count(status) >= number, f"{number} codes are {status}", seconds=seconds
        )
