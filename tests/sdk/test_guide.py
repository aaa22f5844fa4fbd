"""The guide runs as it stands on its pages: in Python, JavaScript and the shell."""

import html
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.test import Client
from svix.webhooks import Webhook

from tests.node_modules import node
from tests.processes import free_port

pytestmark = [pytest.mark.sdk, pytest.mark.processes]


def code_on(address):
    """Return the code of a page, step by step, in the order in which readers meet it."""
    page = Client().get(address).content.decode()
    blocks = re.findall(r'<code data-step="(\w+)">(.*?)</code>', page, re.DOTALL)
    assert blocks
    return "\n".join(html.unescape(code) for _, code in blocks)


def run(live, home, command, tmp_path, **more):
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "SEAM_ENDPOINT": live.url,
            "SEAM_API_KEY": live.keys[home],
            **more,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def receiver():
    """Return the environment of a program that webhooks can reach."""
    port = free_port()
    return {"WEBHOOK_URL": f"http://127.0.0.1:{port}/", "PORT": str(port)}


def check(said):
    device, ongoing, done, stay, _, told = said
    assert device.endswith("takes codes")
    assert re.fullmatch(r"setting \d{4,12}", ongoing)
    assert (done, stay) == ("set", "unset")
    assert re.fullmatch(r"access_code\.set_on_device [-0-9a-f]{36}", told)


def test_the_guide_in_python(live, tmp_path):
    script = tmp_path / "guide.py"
    script.write_text(code_on("/api/docs/guide/python"))

    said = run(live, "guide_0", [sys.executable, script], tmp_path, **receiver())

    check(said)


def test_the_guide_in_javascript(live, node_modules, tmp_path):
    (tmp_path / "node_modules").symlink_to(node_modules)
    script = tmp_path / "guide.mjs"
    script.write_text(code_on("/api/docs/guide/javascript"))

    said = run(live, "guide_1", [node(node_modules), script], tmp_path, **receiver())

    check(said)


def test_the_guide_in_the_shell(live, tmp_path):
    script = code_on("/api/docs/guide/curl") + '\necho; echo "$SECRET"\n'

    said = run(live, "guide_2", ["bash", "-euc", script], tmp_path, **receiver())

    flag, done, stay, gone_and_signature, _, secret = said
    assert flag == '"can_program_online_access_codes":true'
    assert (done, stay) == ("set", "unset")
    gone, _, signature = gone_and_signature.partition("v1,")
    assert '"action_type":"DELETE_ACCESS_CODE"' in gone
    sent_at, body = datetime.fromtimestamp(1800000000, UTC), '{"event_type": "…"}'
    assert Webhook(secret).sign("msg_1", sent_at, body) == f"v1,{signature}"


def test_the_quick_start_in_the_shell(live, tmp_path):
    find, create, get, delete, hook = re.findall(
        r"^curl .*?(?=\n(?:curl )|\Z)", code_on("/api/docs"), re.DOTALL | re.MULTILINE
    )
    home, lock = "guide_3", live.locks["guide_3"]

    [found] = run(live, home, ["bash", "-euc", find], tmp_path)
    [made] = run(live, home, ["bash", "-euc", create], tmp_path, DEVICE=lock)
    [code_id] = set(re.findall(r'"access_code_id":"([^"]*)"', made))
    [seen] = run(live, home, ["bash", "-euc", get], tmp_path, CODE=code_id)
    [gone] = run(live, home, ["bash", "-euc", delete], tmp_path, CODE=code_id)
    # There is no such host, and nobody is asked for one in a test.
    [made_hook] = run(
        live,
        home,
        ["bash", "-euc", hook.replace("https://hooks.example", "http://127.0.0.1:9")],
        tmp_path,
    )

    assert '"can_program_online_access_codes":true' in found
    assert '"status":"setting"' in made
    assert f'"access_code_id":"{code_id}"' in seen
    assert '"action_type":"DELETE_ACCESS_CODE"' in gone
    assert '"secret":"whsec_' in made_hook
