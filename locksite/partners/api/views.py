"""Partner API: the workspace."""

from typing import Any

from django.conf import settings

from locksite.partners.api.serializers import (
    WorkspacesGetResponse,
    WorkspacesListResponse,
    workspace,
)
from locksite.wire.views import Call, RpcView


class WorkspacesGet(RpcView):
    """`/workspaces/get`."""

    response_shape = WorkspacesGetResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the workspace."""
        return {"workspace": workspace(settings.LOCKSITE_WORKSPACE_NAME)}


class WorkspacesList(RpcView):
    """`/workspaces/list`."""

    response_shape = WorkspacesListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the workspace in a list."""
        return {"workspaces": [workspace(settings.LOCKSITE_WORKSPACE_NAME)]}
