"""The whole way to Seam's own fake of its server: the engine, the mirror and a real process."""

import uuid
from dataclasses import replace
from functools import partial

import pytest
import requests
from django.test import Client
from django.urls import reverse

from accesscodes import services
from accesscodes.choices import Status
from accesscodes.engine import lease as leases
from accesscodes.engine.cloud import driver_for
from accesscodes.engine.reconcile import reconcile
from accesscodes.engine.watchdog import watch
from accesscodes.models import AccessCode, EngineBeat, Problem
from accesscodes.services import CodeChanges, CodeSpec
from locksite.actors import SYSTEM
from locksite.errors import RuleBroken
from locksite.http import bounded_sessions
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from properties import connecting
from properties.choices import AccountState
from properties.models import Device, ProviderAccount
from properties.sync import refresh_account
from tests.clock import Clock
from tests.desk.html import words
from tests.factories import PropertyFactory, UserFactory
from tests.fake_seam import KEY

pytestmark = [pytest.mark.django_db, pytest.mark.processes]


class Desk:
    """One property whose only account is the fake, and an engine that is asked to work."""

    def __init__(self, url: str):
        self.url = url
        self.clock = Clock()
        self.doors = replace(self.clock.doors(), http=bounded_sessions())
        self.house = PropertyFactory()
        self.said: list[str] = []
        found = connecting.connect(
            "Fake",
            url,
            Pin(KEY),
            self.house,
            actor=SYSTEM,
            doors=self.doors,
            on_progress=self.said.append,
        )
        self.account, self.locks = found.account, found.locks
        self.engine_id = uuid.uuid4()
        EngineBeat.objects.create(
            engine_id=self.engine_id,
            host="test",
            pid=1,
            started_at=self.clock.now,
            beat_at=self.clock.now,
        )

    def work(self, *, times: int = 1) -> None:
        for _ in range(times):
            EngineBeat.objects.update(beat_at=self.clock.now)
            for pk in leases.due_locks(self.clock.now, 100):
                lease = leases.take(pk, self.engine_id, self.clock.now)
                wake_at = reconcile(lease, self.doors, driver_for)
                leases.give_back(lease, wake_at)
            self.clock.move(minutes=6)

    def list_locks(self) -> None:
        self.account.refresh_from_db()
        refresh_account(self.account, doors=self.doors)

    def note(self, client: Client) -> str:
        """Return what the start page says of accounts."""
        page = client.get(reverse("arrivals", args=[self.house.slug]))
        return words(page, "account-note")

    def lock(self, remote_id: str = "schlage_device_id") -> Device:
        return Device.objects.get(remote_id=remote_id)

    def there(self) -> list[tuple[str, str]]:
        """Return name and PIN of each code that the fake has for the lock."""
        answer = requests.post(
            f"{self.url}/access_codes/list",
            json={"device_id": "schlage_device_id"},
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=20,
        )
        found = answer.json()["access_codes"]
        return sorted((code["name"], code["code"]) for code in found)


@pytest.fixture
def desk(fake_seam):
    return Desk(fake_seam)


def fresh(code):
    return AccessCode.objects.get(pk=code.pk)


def test_an_account_is_connected_and_its_locks_are_mirrored(desk):
    assert desk.locks == 3
    assert desk.said == [
        "Checking the key",
        "Devices so far: 5",
        "Mirroring the locks",
        "Asking for webhooks",
    ]
    lock = desk.lock()
    assert lock.property == desk.house
    assert lock.flags["can_program_online_access_codes"] is True
    assert lock.capabilities.schedules_itself
    assert desk.account.state == AccountState.CONNECTED
    [entry] = AuditEntry.objects.filter(action="account.connect")
    assert KEY not in str(entry.detail)


def test_a_key_that_opens_nothing_is_stored_nowhere(fake_seam):
    clock = Clock()
    doors = replace(clock.doors(), http=bounded_sessions())

    with pytest.raises(RuleBroken) as broken:
        connecting.connect("Fake", fake_seam, Pin("seam_wrong"), None, actor=SYSTEM, doors=doors)

    assert broken.value.field == "api_key"
    assert ProviderAccount.objects.count() == 0


def test_a_workspace_is_connected_once_whatever_it_is_called(desk):
    with pytest.raises(RuleBroken) as broken:
        connecting.connect(
            "Second", desk.url, Pin(KEY), PropertyFactory(), actor=SYSTEM, doors=desk.doors
        )

    assert (broken.value.field, broken.value.message) == (
        "name",
        "The workspace My Workspace is connected already, as Fake.",
    )
    assert ProviderAccount.objects.get().name == "Fake"


def test_a_key_of_another_workspace_does_not_take_the_place_of_the_first(desk):
    ProviderAccount.objects.update(workspace_id="another")
    kept = ProviderAccount.objects.get().credentials.token

    with pytest.raises(RuleBroken) as broken:
        connecting.connect("Fake", desk.url, Pin(KEY), None, actor=SYSTEM, doors=desk.doors)

    assert (broken.value.field, broken.value.message) == (
        "api_key",
        "This key opens My Workspace; Fake is another workspace.",
    )
    assert ProviderAccount.objects.get().credentials.token == kept


def test_keys_travel_over_tls_alone(db):
    doors = Clock().doors()

    with pytest.raises(RuleBroken) as broken:
        connecting.connect("Far", "http://seam.example", Pin(KEY), None, actor=SYSTEM, doors=doors)

    assert (broken.value.field, broken.value.message) == (
        "endpoint",
        "Use https: keys and PINs would travel in the clear.",
    )


def test_a_code_is_issued_changed_and_deleted_there(desk):
    code = services.issue_code(
        desk.lock(),
        CodeSpec(name="Lena Okafor", pin=Pin("482917")),
        actor=SYSTEM,
        now=desk.clock.now,
    )
    desk.work(times=2)
    assert ("Lena Okafor", "482917") in desk.there()
    assert fresh(code).status in {Status.SET, Status.SETTING}

    services.change_code(
        fresh(code),
        CodeChanges(name="Lena and Tom", pin=Pin("730261")),
        actor=SYSTEM,
        now=desk.clock.now,
    )
    desk.work(times=2)
    assert [each for each in desk.there() if each[0].startswith("Lena")] == [
        ("Lena and Tom", "730261")
    ]

    services.withdraw_code(fresh(code), actor=SYSTEM, now=desk.clock.now)
    desk.work(times=3)
    assert fresh(code).status == Status.GONE
    assert not [each for each in desk.there() if each[0].startswith("Lena")]


# All that a desk calls, but for the list that these tests themselves read.
ROUTES = [
    *("/devices/list", "/devices/unmanaged/list", "/devices/get", "/events/list"),
    *("/access_codes/unmanaged/list", "/access_codes/get"),
    *("/access_codes/create", "/access_codes/update", "/access_codes/delete"),
]


@pytest.fixture
def outage(fake_seam):
    """Return a function that lets these calls to the workspace fail from now on, and no others."""

    def begin(routes):
        answer = requests.post(
            f"{fake_seam}/_fake/simulate_workspace_outage",
            json={"workspace_id": "seed_workspace_1", "routes": routes},
            timeout=20,
        )
        assert answer.status_code == 200

    yield begin
    begin([])


def test_an_outage_of_the_cloud_is_one_problem_and_one_note_and_heals(desk, outage, client):
    codes = [
        services.issue_code(
            desk.lock(),
            CodeSpec(name=f"Ana Prado {number}", pin=Pin(f"48293{number}")),
            actor=SYSTEM,
            now=desk.clock.now,
        )
        for number in range(3)
    ]
    desk.work(times=2)
    before = [fresh(code).status for code in codes]
    client.force_login(UserFactory(is_superuser=True))
    note = partial(desk.note, client)
    assert note() == ""
    outage(ROUTES)

    waiting = services.issue_code(
        desk.lock(),
        CodeSpec(name="Ben Ito", pin=Pin("482947")),
        actor=SYSTEM,
        now=desk.clock.now,
    )
    for _ in range(4):
        desk.list_locks()
        desk.work()
        watch(desk.clock.now)

    [problem] = Problem.objects.open()
    assert (problem.cause, problem.account) == ("account_silent", desk.account)
    assert note().startswith("Fake does not answer. Codes that are on its locks keep working")
    assert [fresh(code).status for code in codes] == before
    assert ("Ben Ito", "482947") not in desk.there()

    outage([])
    desk.list_locks()
    Device.objects.poke(desk.clock.now)
    desk.work(times=3)
    watch(desk.clock.now)
    assert not Problem.objects.open().filter(cause="account_silent").exists()
    assert fresh(waiting).status in {Status.SET, Status.SETTING}
    assert desk.there().count(("Ben Ito", "482947")) == 1


def test_disconnecting_forgets_the_key_and_connecting_again_finds_the_codes(desk):
    code = services.issue_code(
        desk.lock(),
        CodeSpec(name="Cleo Adler", pin=Pin("482973")),
        actor=SYSTEM,
        now=desk.clock.now,
    )
    desk.work(times=2)
    before = fresh(code).status

    connecting.disconnect(desk.account, actor=SYSTEM, doors=desk.doors)
    desk.work()
    assert fresh(code).status == Status.UNKNOWN
    desk.account.refresh_from_db()
    assert (desk.account.credentials, desk.account.problem) == (None, connecting.DISCONNECTED)
    connecting.connect("Fake", desk.url, Pin(KEY), desk.house, actor=SYSTEM, doors=desk.doors)
    desk.work(times=2)

    assert fresh(code).status == before
    assert [each for each in desk.there() if each[0] == "Cleo Adler"] == [("Cleo Adler", "482973")]
