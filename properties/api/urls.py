"""Partner API: devices and locks."""

from django.urls import path

from properties.api import hooks, simulate_views, unmanaged_views, views

urlpatterns = [
    path("devices/get", views.DevicesGet.as_view()),
    path("devices/list", views.DevicesList.as_view()),
    path("devices/list_device_providers", views.DeviceProviders.as_view()),
    path("devices/unmanaged/get", unmanaged_views.UnmanagedDevicesGet.as_view()),
    path("devices/unmanaged/list", unmanaged_views.UnmanagedDevicesList.as_view()),
    path("devices/unmanaged/update", unmanaged_views.UnmanagedDevicesUpdate.as_view()),
    path("devices/report_provider_metadata", simulate_views.ReportMetadata.as_view()),
    path("devices/simulate/connect", simulate_views.SimulateConnect.as_view()),
    path("devices/simulate/disconnect", simulate_views.SimulateDisconnect.as_view()),
    path("devices/simulate/remove", simulate_views.SimulateRemove.as_view()),
    path("devices/simulate/connect_to_hub", simulate_views.SimulateConnectToHub.as_view()),
    path(
        "devices/simulate/disconnect_from_hub", simulate_views.SimulateDisconnectFromHub.as_view()
    ),
    path("devices/simulate/paid_subscription", simulate_views.SimulatePaidSubscription.as_view()),
    path("locks/get", views.DevicesGet.as_view()),
    path("locks/list", views.LocksList.as_view()),
    path("hooks/<uuid:uid>", hooks.receive, name="inbound-webhook"),
]
