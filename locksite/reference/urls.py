"""The reference, below /api/docs. Like the API's own addresses these end without a slash."""

from django.urls import path
from django.views.generic import RedirectView

from locksite.reference import views

app_name = "reference"
urlpatterns = [
    path("api/docs", views.text, name="overview"),
    path("api/docs/", RedirectView.as_view(pattern_name="reference:overview")),
    path("api/docs/search", views.search, name="search"),
    path("api/docs/things", views.things, name="things"),
    path("api/docs/guide/<slug:slug>", views.guide, name="guide"),
    path("api/docs/reference/<slug:slug>", views.namespace, name="namespace"),
    path("api/docs/<slug:slug>", views.text, name="text"),
]
