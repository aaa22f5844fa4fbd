"""The guide runs as it stands on its pages: in Python, JavaScript and the shell."""

import html
import re
import subprocess
import sys

import pytest
from django.test import Client

from tests.node_modules import node

pytestmark = [pytest.mark.sdk, pytest.mark.processes]


def code_on(address):
    """Return the code of a page, step by step, in the order in which readers meet it."""
    page = Client().get(address).content.decode()
    blocks = re.findall(r'<code data-step="(\w+)">(.*?)</code>', page, re.DOTALL)
    assert blocks
    return "\n".join(html.unescape(code) for _, code in blocks)


def run(live, command, tmp_path, **more):
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "SEAM_ENDPOINT": live.url,
            "SEAM_API_KEY": live.key,
            **more,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_guide_in_python(live, tmp_path):
    script = tmp_path / "guide.py"
    script.write_text(code_on("/api/docs/guide/python"))

    said = run(live, [sys.executable, script], tmp_path)

    device, ongoing, *trying, done, stay, _ = said
    assert device.endswith("takes codes")
    assert re.fullmatch(r"setting \d{4,12}", ongoing)
    assert (trying, done, stay) == ([], "set", "unset")


def test_the_guide_in_javascript(live, node_modules, tmp_path):
    (tmp_path / "node_modules").symlink_to(node_modules)
    script = tmp_path / "guide.mjs"
    script.write_text(code_on("/api/docs/guide/javascript"))

    said = run(live, [node(node_modules), script], tmp_path)

    device, ongoing, *trying, done, stay, _ = said
    assert device.endswith("takes codes")
    assert re.fullmatch(r"setting \d{4,12}", ongoing)
    assert (trying, done, stay) == ([], "set", "unset")


def test_the_guide_in_the_shell(live, tmp_path):
    script = code_on("/api/docs/guide/curl")

    said = run(live, ["bash", "-euc", script], tmp_path)

    flag, done, stay, gone = said
    assert flag == '"can_program_online_access_codes":true'
    assert (done, stay) == ("set", "unset")
    assert '"action_type":"DELETE_ACCESS_CODE"' in gone


def test_the_quick_start_in_the_shell(live, tmp_path):
    find, create, get, delete = re.findall(
        r"^curl .*?(?=\n(?:curl )|\Z)", code_on("/api/docs"), re.DOTALL | re.MULTILINE
    )
    lock = live.locks["native"]

    [found] = run(live, ["bash", "-euc", find], tmp_path)
    [made] = run(live, ["bash", "-euc", create], tmp_path, DEVICE=lock)
    [code_id] = set(re.findall(r'"access_code_id":"([^"]*)"', made))
    [seen] = run(live, ["bash", "-euc", get], tmp_path, CODE=code_id)
    [gone] = run(live, ["bash", "-euc", delete], tmp_path, CODE=code_id)

    assert '"can_program_online_access_codes":true' in found
    assert '"status":"setting"' in made
    assert f'"access_code_id":"{code_id}"' in seen
    assert '"action_type":"DELETE_ACCESS_CODE"' in gone
