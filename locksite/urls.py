"""All routes. The partner API stands at the root, the desk under /p/<property>/."""

from django.contrib import admin
from django.urls import include, path

from locksite import health

urlpatterns = [
    path("health", health.health),
    path("healthz", health.healthz),
    path("admin/", admin.site.urls),
    path("", include("properties.web.urls")),
    path("", include("accesscodes.web.urls")),
    path("", include("properties.api.urls")),
    path("", include("accesscodes.api.urls")),
    path("", include("locksite.partners.api.urls")),
]
