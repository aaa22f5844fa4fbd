"""Webhooks from end to end: made with the SDK, sent by a live engine, read by the SDKs."""

import json
import subprocess
import threading

import pytest
from seam.exceptions import SeamHttpApiError, SeamHttpInvalidInputError
from seam.seam import Seam
from seam.seam_webhook import SeamWebhook

from tests.node_modules import node
from tests.partners.receiving import Receiver, answering
from tests.sdk.waiting import poll

pytestmark = [pytest.mark.sdk, pytest.mark.processes, pytest.mark.touches_database]


@pytest.fixture(scope="module")
def seam(live):
    return Seam(api_key=live.site.api_key("Webhooks"), endpoint=live.url)


def told_of(server, code):
    """Return what arrived about a code, in the order of happening; events of one moment by name.

    Deliveries overtake each other, and what one wish causes has one and the same time.
    """
    events = [message.event for message in server.messages]
    mine = [each for each in events if each.get("access_code_id") == code.access_code_id]
    return [
        each["event_type"]
        for each in sorted(mine, key=lambda e: (e["created_at"], e["event_type"]))
    ]


def test_a_webhook_tells_the_life_of_a_code_while_another_hangs(seam, live, node_modules):
    is_over = threading.Event()
    with Receiver(lambda peer: is_over.wait(20)) as sick, Receiver(answering()) as well:
        hanging = seam.webhooks.create(url=sick.hook)
        webhook = seam.webhooks.create(url=well.hook)
        code = seam.access_codes.create(device_id=live.locks["life"], name="Webhook guest")

        def is_told():
            return "access_code.set_on_device" in told_of(well, code)

        poll(is_told, bool)
        seam.webhooks.delete(webhook_id=hanging.webhook_id)
        is_over.set()
        seam.webhooks.delete(webhook_id=webhook.webhook_id)

    assert list(dict.fromkeys(told_of(well, code))) == [
        "access_code.created",
        "access_code.mutations_requested",
        "access_code.set_on_device",
    ]
    seen = [
        SeamWebhook(webhook.secret).verify(message.body.decode(), message.headers)
        for message in well.messages
    ]
    [proof] = [
        each
        for each in seen
        if each.event_type == "access_code.set_on_device"
        and each.access_code_id == code.access_code_id
    ]
    assert proof.code == seam.access_codes.get(access_code_id=code.access_code_id).code
    for message in well.messages:
        shown = seam.events.get(event_id=message.event["event_id"])
        assert shown.event_type == message.event["event_type"]
    assert sick.requests, "the other one was tried as well"
    assert (
        read_by_javascript(node_modules, webhook.secret, well.messages[0])
        == (well.messages[0].event["event_type"])
    )
    seam.access_codes.delete(access_code_id=code.access_code_id)


def read_by_javascript(node_modules, secret, message):
    """Return the type of the event as the JavaScript SDK's verifier has it: another program."""
    script = (
        "import { SeamWebhook } from 'seam';"
        "const { secret, body, headers } = JSON.parse(process.env.MESSAGE);"
        "console.log(new SeamWebhook(secret).verify(body, headers).event_type)"
    )
    sent = {"secret": secret, "body": message.body.decode(), "headers": message.headers}
    done = subprocess.run(
        [node(node_modules), "--input-type=module", "--eval", script],
        cwd=node_modules.parent,
        env={"MESSAGE": json.dumps(sent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_the_sdk_makes_changes_and_ends_webhooks(seam):
    made = seam.webhooks.create(
        url="https://8.8.8.8/hooks", event_types=["access_code.set_on_device"]
    )
    assert made.secret.startswith("whsec_")
    assert seam.webhooks.get(webhook_id=made.webhook_id).url == "https://8.8.8.8/hooks"

    seam.webhooks.update(webhook_id=made.webhook_id, event_types=["device.disconnected"])
    [listed] = [each for each in seam.webhooks.list() if each.webhook_id == made.webhook_id]
    assert (listed.event_types, listed.secret) == (["device.disconnected"], made.secret)

    for _ in range(2):
        seam.webhooks.delete(webhook_id=made.webhook_id)
    with pytest.raises(SeamHttpApiError) as gone:
        seam.webhooks.get(webhook_id=made.webhook_id)
    assert (gone.value.status_code, gone.value.code) == (404, "webhook_not_found")


def test_refusals_are_the_typed_errors(seam):
    with pytest.raises(SeamHttpApiError) as unknown:
        seam.webhooks.create(url="https://8.8.8.8/", event_types=["lock.fly"])
    with pytest.raises(SeamHttpInvalidInputError) as inside:
        seam.webhooks.create(url="https://169.254.169.254/latest/meta-data/")

    assert (unknown.value.status_code, unknown.value.code) == (400, "invalid_event_types")
    assert inside.value.get_validation_error_messages("url") == [
        "This host is not on the public internet."
    ]
