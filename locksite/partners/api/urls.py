"""Partner API: webhooks and workspaces."""

from django.urls import path

from locksite.partners.api import views, webhook_views

urlpatterns = [
    path("webhooks/create", webhook_views.WebhooksCreate.as_view()),
    path("webhooks/get", webhook_views.WebhooksGet.as_view()),
    path("webhooks/list", webhook_views.WebhooksList.as_view()),
    path("webhooks/update", webhook_views.WebhooksUpdate.as_view()),
    path("webhooks/delete", webhook_views.WebhooksDelete.as_view()),
    path("webhooks/rotate_secret", webhook_views.WebhooksRotateSecret.as_view()),
    path("webhooks/deliveries/list", webhook_views.DeliveriesList.as_view()),
    path("webhooks/deliveries/retry", webhook_views.DeliveriesRetry.as_view()),
    path("workspaces/get", views.WorkspacesGet.as_view()),
    path("workspaces/list", views.WorkspacesList.as_view()),
]
