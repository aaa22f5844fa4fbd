"""Partner API: access codes, action attempts and events."""

from django.urls import path

from accesscodes.api import views

urlpatterns = [
    path("access_codes/create", views.AccessCodesCreate.as_view()),
    path("access_codes/get", views.AccessCodesGet.as_view()),
    path("access_codes/list", views.AccessCodesList.as_view()),
    path("access_codes/update", views.AccessCodesUpdate.as_view()),
    path("access_codes/delete", views.AccessCodesDelete.as_view()),
    path("access_codes/generate_code", views.AccessCodesGenerateCode.as_view()),
    path("action_attempts/get", views.ActionAttemptsGet.as_view()),
    path("events/get", views.EventsGet.as_view()),
    path("events/list", views.EventsList.as_view()),
    path("locks/simulate/keypad_code_entry", views.SimulateKeypadCodeEntry.as_view()),
]
