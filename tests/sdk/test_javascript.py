"""The official JavaScript SDK against a live Locksite."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.node_modules import node

pytestmark = [pytest.mark.sdk, pytest.mark.processes]

WALK = Path(__file__).with_name("walk.mjs")


def test_the_javascript_sdk_walks_through_the_guide(live, node_modules, tmp_path):
    # Node looks for packages from where a script lies.
    script = Path(shutil.copy(WALK, tmp_path))
    (tmp_path / "node_modules").symlink_to(node_modules)

    walk = subprocess.run(
        [node(node_modules), script],
        env={
            "SEAM_ENDPOINT": live.url,
            "SEAM_API_KEY": live.key,
            "LOCK": live.locks["walk"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert walk.returncode == 0, walk.stderr
    assert json.loads(walk.stdout) == {
        "flag": True,
        "listed": 1,
        "none": 0,
        "ongoing": ["setting", "ongoing", "4321"],
        "ongoingEvents": ["4321"],
        "drawn": 6,
        "renamed": "renamed",
        "entry": ["success", "keycode"],
        "stay": ["unset", "set"],
        "stayGone": [404, "access_code_not_found"],
        "stayEvents": [
            "access_code.created",
            "access_code.scheduled_on_device",
            "access_code.set_on_device",
            "access_code.removed_from_device",
            "access_code.deleted",
        ],
        "pages": [1, True, True],
        "refusals": {
            "shortPin": ["invalid_input", 400, 1],
            "numberAsPin": ["invalid_input", 400, 1],
            "past": ["invalid_input", 400, 1],
            "duplicate": ["duplicate_access_code", 409],
            "unknownDevice": ["device_not_found", 404],
            "wrongKey": ["unauthorized", 401],
        },
    }
