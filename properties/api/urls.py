"""Partner API: devices and locks."""

from django.urls import path

from properties.api import views

urlpatterns = [
    path("devices/get", views.DevicesGet.as_view()),
    path("devices/list", views.DevicesList.as_view()),
    path("locks/get", views.DevicesGet.as_view()),
    path("locks/list", views.LocksList.as_view()),
]
