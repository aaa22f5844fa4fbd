"""One live Locksite for all tests here, with virtual locks that answer fast."""

import json
import subprocess
from dataclasses import dataclass

import pytest

from tests.node_modules import node
from tests.processes import Site

SEED = """
import json
from django.utils import timezone
from locksite.actors import SYSTEM
from locksite.doors import real_doors
from locksite.partners.services import create_key
from properties.models import Device, Property, ProviderAccount, VirtualLock
from properties.sync import refresh_account

house = Property.objects.create(slug="seaside", name="Seaside", time_zone="Europe/Berlin")
account = ProviderAccount.objects.create(kind="virtual", name="Virtual locks")
doors = [
    (f"door_{number}{side}", make)
    for number in range(6)
    for side, make in zip("abc", ("schlage", "schlage", "ttlock"))
]
for name, make in (
    ("native", "schlage"), ("walk", "schlage"), ("life", "schlage"),
    ("just_in_time", "lockly"), ("offline", "igloohome"), ("spare", "yale"),
    ("client", "yale"), ("client_too", "yale"),
    *doors, *((f"guide_{number}", "schlage") for number in range(4)),
):
    VirtualLock.objects.create(
        account=account, make=make, name=name, answer_min=0, answer_max=0.05
    )
refresh_account(account, doors=real_doors())
Device.objects.update(property=house, due_at=timezone.now())
keys = {}
for number in range(4):
    home = Property.objects.create(slug=f"guide-{number}", name=f"Guide {number}")
    Device.objects.filter(reported_name=f"guide_{number}").update(property=home)
    keys[f"guide_{number}"] = create_key(home.name, [home], actor=SYSTEM, now=timezone.now())[1]
locks = {device.reported_name: str(device.uid) for device in Device.objects.all()}
print(json.dumps({"locks": locks, "keys": keys}))
"""


@dataclass(frozen=True)
class Live:
    """A running Locksite as a partner sees it; `locks` are their ids by name.

    A lock takes eight new codes a minute, so there are several for those who make many. `keys`
    reach one lock each, of the same name: readers of the guide take the first that they find.
    """

    site: Site
    url: str
    key: str
    locks: dict[str, str]
    keys: dict[str, str]


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    receivers = {"LOCKSITE_WEBHOOK_ALLOWED_HOSTS": "127.0.0.1"}
    with Site(tmp_path_factory.mktemp("sdk"), settings=receivers) as site:
        seeded = json.loads(site.run(SEED))
        yield Live(site, site.url, site.api_key("SDK"), seeded["locks"], seeded["keys"])


PRINT_IT = "import { openapi } from '@seamapi/types/connect'; console.log(JSON.stringify(openapi))"


@pytest.fixture(scope="session")
def published(node_modules):
    """Return the OpenAPI description that Seam publishes."""
    printed = subprocess.run(
        [node(node_modules), "--input-type=module", "--eval", PRINT_IT],
        cwd=node_modules.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(printed.stdout)
