"""`/workspaces/get` and `/workspaces/list`."""

import pytest

from tests.api import Partner

pytestmark = pytest.mark.django_db

WORKSPACE = {
    "workspace_id": "398d80b7-0000-4000-8000-000000000001",
    "name": "Seaside Apartments",
    "company_name": "Seaside Apartments",
    "is_sandbox": False,
    "is_suspended": False,
    "is_publishable_key_auth_enabled": False,
    "connect_partner_name": None,
    "connect_webview_customization": {},
    "organization_id": None,
}


@pytest.fixture(autouse=True)
def _named(settings):
    settings.LOCKSITE_WORKSPACE_ID = "398d80b7-0000-4000-8000-000000000001"
    settings.LOCKSITE_WORKSPACE_NAME = "Seaside Apartments"


def test_workspaces_get():
    assert Partner().get("/workspaces/get") == (200, {"workspace": WORKSPACE, "ok": True})


def test_workspaces_list():
    assert Partner().post("/workspaces/list") == (200, {"workspaces": [WORKSPACE], "ok": True})
