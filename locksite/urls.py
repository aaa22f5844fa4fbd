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
    path("", include("locksite.wire.schema")),
    path("", include("locksite.reference.urls")),
    path("", include("locksite.wire.fallback")),
]

handler400 = "locksite.wire.fallback.bad_request"
handler404 = "locksite.wire.fallback.not_found"
handler500 = "locksite.wire.fallback.server_error"
