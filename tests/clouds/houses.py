"""Two Locksites over real sockets: `upstream` with virtual locks, `desk` with its account."""

import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from tests.desk.html import fields
from tests.processes import Site, wait_until

SEED = """
from django.utils import timezone
from locksite.doors import real_doors
from properties.models import Device, Property, ProviderAccount, VirtualLock
from properties.sync import refresh_account

house = Property.objects.create(slug="upstream", name="Upstream", time_zone="Europe/Berlin")
account = ProviderAccount.objects.create(kind="virtual", name="Virtual locks")
for name in {names!r}:
    make = name.split()[0].lower()
    VirtualLock.objects.create(
        account=account, make=make, name=name, answer_min=0, answer_max=0.05
    )
refresh_account(account, doors=real_doors())
Device.objects.update(property=house, due_at=timezone.now())
"""

AT_THE_DOOR = """
from django.utils import timezone
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import Device, VirtualLock
from properties.providers.virtual import people
lock = VirtualLock.objects.get(name={lock!r})
now = timezone.now()
{deed}
"""


class Desk:
    """The API of a Locksite, as a partner has it."""

    def __init__(self, site: Site):
        self.site = site
        self._key = site.api_key("tests")
        found = self("devices/list")["devices"]
        self.locks = {device["properties"]["name"]: device["device_id"] for device in found}

    def __call__(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.ask(path, **body)
        assert answer.status_code == 200, answer.text
        whole: dict[str, Any] = answer.json()
        return whole

    def ask(self, path: str, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._key}"}
        return requests.post(f"{self.site.url}/{path}", json=body, headers=headers, timeout=30)

    def issue(self, lock: str, pin: str, name: str = "Lena Okafor", **more: Any) -> str:
        body = {"device_id": self.locks[lock], "code": pin, "name": name, **more}
        made = self("access_codes/create", **body)["access_code"]
        return str(made["access_code_id"])

    def code(self, code_id: str) -> dict[str, Any] | None:
        answer = self.ask("access_codes/get", access_code_id=code_id)
        return answer.json()["access_code"] if answer.status_code == 200 else None

    def codes(self, lock: str) -> list[dict[str, Any]]:
        found = self("access_codes/list", device_id=self.locks[lock])
        return list(found["access_codes"])

    def status(self, code_id: str) -> str:
        code = self.code(code_id)
        return "gone" if code is None else str(code["status"])

    def wait_for(self, code_id: str, status: str, seconds: float = 60.0) -> None:
        wait_until(
            lambda: self.status(code_id) == status, f"{code_id} is {status}", seconds=seconds
        )

    def page(self, path: str) -> requests.Response:
        """Return a page of the desk as an administrator sees it."""
        self.site.run(
            "from django.contrib.auth.models import User; "
            "User.objects.filter(username='boss').exists() or "
            "User.objects.create_superuser('boss', password='seven-words-for-a-boss')"
        )
        session = requests.Session()
        login = session.get(f"{self.site.url}{path}", timeout=30)
        form = {**fields(login), "username": "boss", "password": "seven-words-for-a-boss"}
        session.post(login.url, data=form, timeout=30)
        return session.get(f"{self.site.url}{path}", timeout=30)

    def device(self, lock: str) -> dict[str, Any]:
        found = self("devices/get", device_id=self.locks[lock])["device"]
        return dict(found)

    def happened_at(self, event_type: str, code_id: str) -> datetime:
        """Return when an event about a code was written down."""
        code = uuid.UUID(code_id)
        ids = {str(code), code.hex}
        query = (
            "SELECT access_code_uid, created_at FROM journal_event "
            f"WHERE event_type = '{event_type}'"
        )
        found = next(at for uid, at in self.site.rows(query) if str(uid) in ids)
        return found if isinstance(found, datetime) else datetime.fromisoformat(found)


class Houses:
    """A desk whose only account is another Locksite."""

    def __init__(self, folder: Path, *names: str):
        self.upstream_site = Site(
            folder / "upstream", settings={"LOCKSITE_WEBHOOK_ALLOWED_HOSTS": "127.0.0.1"}
        ).start()
        self.desk_site = Site(folder / "desk", engine=False, static=True)
        self.desk_site.env["LOCKSITE_PUBLIC_URL"] = self.desk_site.url
        try:
            self.upstream_site.run(SEED.format(names=names))
            self.desk_site.start()
            self.desk_site.run(
                "from properties.models import Property; "
                "Property.objects.create(slug='seaside', name='Seaside', "
                "time_zone='Europe/Berlin')"
            )
            self.said = self.connect(self.upstream_site.api_key("desk"))
            self.desk_site.start_engine()
            self.upstream, self.desk = Desk(self.upstream_site), Desk(self.desk_site)
        except BaseException:
            self.stop()
            raise

    def connect(self, key: str) -> str:
        """Connect the desk's account with a key; return what the command said."""
        return self.desk_site.manage(
            *("connect_account", "Upstream", "--endpoint", self.upstream_site.url),
            *("--property", "seaside"),
            stdin=f"{key}\n",
        )

    def move_account(self, url: str, *, hooks: str) -> None:
        """Let the account's calls, and the webhooks back, take another way."""
        self.desk_site.run(
            "from properties.models import ProviderAccount; "
            f"ProviderAccount.objects.update(endpoint={url!r})"
        )
        self.upstream_site.run(
            "from locksite.partners.models import WebhookEndpoint; "
            "endpoint = WebhookEndpoint.objects.get(); "
            f"endpoint.url = endpoint.url.replace({self.desk_site.url!r}, {hooks!r}); "
            "endpoint.save(update_fields=['url'])"
        )

    def stop(self) -> None:
        self.desk_site.stop()
        self.upstream_site.stop()

    def at_the_door(self, lock: str, deed: str) -> str:
        """Let something happen at a virtual lock upstream; `deed` is Python with `lock`, `now`."""
        return self.upstream_site.run(AT_THE_DOOR.format(lock=lock, deed=deed)).strip()

    def opens(self, lock: str, pin: str) -> bool:
        typed = f"people.type_pin(lock, Pin({pin!r}), now=now).opened"
        return self.at_the_door(lock, f"print({typed})") == "True"
