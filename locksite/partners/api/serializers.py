"""The workspace as the partner API shows it."""

from typing import Any

from rest_framework import serializers

from locksite.wire.fields import ResponseShape, WorkspaceIdOut


class WorkspaceBody(ResponseShape):
    """The one workspace that an installation is."""

    workspace_id = WorkspaceIdOut()
    name = serializers.CharField()
    company_name = serializers.CharField(source="name")
    is_sandbox = serializers.BooleanField()
    is_suspended = serializers.BooleanField()
    is_publishable_key_auth_enabled = serializers.BooleanField()
    connect_partner_name = serializers.CharField(allow_null=True)
    connect_webview_customization = serializers.DictField()
    organization_id = serializers.CharField(allow_null=True)


class WorkspacesGetResponse(ResponseShape):
    """The workspace of the key."""

    workspace = WorkspaceBody()


class WorkspacesListResponse(ResponseShape):
    """That one and no other."""

    workspaces = WorkspaceBody(many=True)


def workspace(name: str) -> dict[str, Any]:
    """Return the values of `WorkspaceBody`."""
    return {
        "name": name,
        "is_sandbox": False,
        "is_suspended": False,
        "is_publishable_key_auth_enabled": False,
        "connect_partner_name": None,
        "connect_webview_customization": {},
        "organization_id": None,
    }
