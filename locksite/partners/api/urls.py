"""Partner API: workspaces."""

from django.urls import path

from locksite.partners.api import views

urlpatterns = [
    path("workspaces/get", views.WorkspacesGet.as_view()),
    path("workspaces/list", views.WorkspacesList.as_view()),
]
