"""Staff pages: sign-in and the property picker."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from properties.web import preferences, views

urlpatterns = [
    path("", views.home, name="home"),
    path("account/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("account/logout/", LogoutView.as_view(), name="logout"),
    path("account/preferences/", preferences.preferences, name="preferences"),
]
