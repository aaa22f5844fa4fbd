"""Connect a cloud's account, connect it anew with another key, and disconnect it.

The far side is asked before anything is written: a key that opens nothing is stored nowhere.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError

from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.doors import Doors
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from locksite.pins import seal
from properties.choices import AccountState, ProviderKind
from properties.models import Device, Property, ProviderAccount
from properties.notices import secrets_of
from properties.providers.base import AccountProblem, ProviderError
from properties.providers.seam.client import Rejected, SeamClient, endpoint_problem
from properties.providers.seam.provider import key_of
from properties.providers.seam.values import SeamWorkspace
from properties.sync import refresh_account

SEAM = "https://connect.getseam.com"

DISCONNECTED = "Disconnected here. Connect it again to go on."


@dataclass(frozen=True, slots=True)
class Connected:
    """An account that lets us in, the workspace that its key opens, and how many locks it has.

    `has_webhook`: it sends us what happens.
    """

    account: ProviderAccount
    workspace: SeamWorkspace
    locks: int
    has_webhook: bool


def connect(
    name: str,
    endpoint: str,
    key: Pin,
    house: Property | None,
    *,
    actor: Actor,
    doors: Doors,
    on_progress: Callable[[str], None] = lambda step: None,
) -> Connected:
    """Connect an account, or one of this name anew with this key; mirror its locks.

    Locks that nobody has put into a property yet go into `house`. Codes that were known before
    stay as they are, and are verified by the engine's next looks. Raises `RuleBroken` for an
    address or a key that does not work; nothing is written then.
    """
    problem = endpoint_problem(endpoint)
    if problem is not None:
        raise RuleBroken("invalid_input", problem, "endpoint")
    on_progress("Checking the key")
    try:
        client = SeamClient(
            endpoint, key, doors, on_items=lambda number: on_progress(f"Devices so far: {number}")
        )
        workspace = client.get_workspace()
        client.list_devices()  # a key may know its workspace and reach nothing in it
    except (AccountProblem, Rejected):
        raise RuleBroken("invalid_input", "Seam does not accept this key.", "api_key") from None
    except ProviderError as error:
        raise RuleBroken("invalid_input", error.sentence, "endpoint") from None
    account = _stored(name, endpoint.rstrip("/"), workspace, key, actor, doors.now())
    on_progress("Mirroring the locks")
    refresh_account(account, doors=doors)
    if house is not None:
        account.devices.filter(property=None).update(property=house)
    on_progress("Asking for webhooks")
    has_webhook = _ask_for_webhooks(account, client)
    Device.objects.filter(account=account).poke(doors.now())
    account.refresh_from_db()
    return Connected(account, workspace, account.devices.count(), has_webhook)


def disconnect(account: ProviderAccount, *, actor: Actor, doors: Doors) -> None:
    """Forget the key of an account. Its codes stay where they are and read as unknown meanwhile.

    Our webhook is taken away first, as far as the key still allows that.
    """
    if account.webhook_remote_id:
        try:
            client = SeamClient(account.endpoint, key_of(account), doors)
            client.delete_webhook(account.webhook_remote_id)
        except ProviderError:
            pass  # it goes on to an address that believes it no longer
    with write_transaction():
        account = ProviderAccount.objects.select_for_update().get(pk=account.pk)
        account.credentials = account.webhook_secrets = None
        account.webhook_remote_id = ""
        account.state, account.problem = AccountState.DISCONNECTED, DISCONNECTED
        account.save(
            update_fields=[
                *("credentials", "webhook_secrets", "webhook_remote_id", "state", "problem")
            ]
        )
        _note(account, "account.disconnect", actor, doors.now())
        account.devices.all().poke(doors.now())


def _stored(
    name: str, endpoint: str, workspace: SeamWorkspace, key: Pin, actor: Actor, now: datetime
) -> ProviderAccount:
    with write_transaction():
        rows = ProviderAccount.objects.select_for_update().filter(kind=ProviderKind.SEAM)
        account = rows.filter(name=name).first()
        same = rows.filter(endpoint=endpoint, workspace_id=workspace.remote_id)
        other = same.exclude(name=name).first()
        if other is not None:
            taken = f"The workspace {workspace.name} is connected already, as {other.name}."
            raise RuleBroken("invalid_input", taken, "name")
        if account is None:
            account = ProviderAccount(kind=ProviderKind.SEAM, name=name)
        elif account.endpoint.rstrip("/") != endpoint:
            raise RuleBroken(
                "invalid_input", f"{name} is connected to another address already.", "name"
            )
        elif account.workspace_id not in {"", workspace.remote_id}:
            # Its locks would take the places of those that are known here.
            elsewhere = f"This key opens {workspace.name}; {name} is another workspace."
            raise RuleBroken("invalid_input", elsewhere, "api_key")
        account.endpoint = endpoint
        account.workspace_id = workspace.remote_id
        account.credentials = seal(key, bound_to=account.uid)
        account.due_at = now
        try:
            account.save()
        except IntegrityError:
            raise RuleBroken("invalid_input", "Somebody connects it just now.", "name") from None
        _note(account, "account.connect", actor, now)
    return account


def _ask_for_webhooks(account: ProviderAccount, client: SeamClient) -> bool:
    """Have the far side send its events here, if it can reach us; return whether it does.

    A webhook of ours that is there already is replaced, as its secret is told only once; until
    the new one is stored both secrets count.
    """
    if not settings.LOCKSITE_PUBLIC_URL:
        return bool(account.webhook_secrets)
    url = f"{settings.LOCKSITE_PUBLIC_URL}/hooks/{account.uid}"
    try:
        known = {url, account.webhook_remote_id}  # under another address of ours, perhaps
        old = [hook for hook in client.list_webhooks() if {hook.url, hook.remote_id} & known]
        new = client.create_webhook(url)
        if new.secret is None:
            return False
        secrets = [new.secret, *secrets_of(account)[:1]] if old else [new.secret]
        text = Pin(",".join(secret.digits for secret in secrets))
        ProviderAccount.objects.filter(pk=account.pk).update(
            webhook_secrets=seal(text, bound_to=account.uid), webhook_remote_id=new.remote_id
        )
    except ProviderError:
        return False  # what webhooks would say is asked for every minute
    with contextlib.suppress(ProviderError):  # one that stays is told twice, and believed once
        for hook in old:
            client.delete_webhook(hook.remote_id)
    return True


def _note(account: ProviderAccount, action: str, actor: Actor, now: datetime) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=None,
        object_type="connected_account",
        object_uid=account.uid,
        detail={"name": account.name, "endpoint": account.endpoint},
    )
