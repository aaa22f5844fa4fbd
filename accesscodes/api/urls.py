"""Partner API: access codes, action attempts and events."""

from django.urls import path

from accesscodes.api import (
    bolt_views,
    device_views,
    timeline_views,
    unmanaged_views,
    views,
)

urlpatterns = [
    path("access_codes/create", views.AccessCodesCreate.as_view()),
    path("access_codes/get", views.AccessCodesGet.as_view()),
    path("access_codes/list", views.AccessCodesList.as_view()),
    path("access_codes/update", views.AccessCodesUpdate.as_view()),
    path("access_codes/delete", views.AccessCodesDelete.as_view()),
    path("access_codes/generate_code", views.AccessCodesGenerateCode.as_view()),
    path("access_codes/create_multiple", views.AccessCodesCreateMultiple.as_view()),
    path("access_codes/update_multiple", views.AccessCodesUpdateMultiple.as_view()),
    path("access_codes/pull_backup_access_code", views.AccessCodesPullBackup.as_view()),
    path("access_codes/unmanaged/get", unmanaged_views.UnmanagedGet.as_view()),
    path("access_codes/unmanaged/list", unmanaged_views.UnmanagedList.as_view()),
    path("access_codes/unmanaged/convert_to_managed", unmanaged_views.UnmanagedConvert.as_view()),
    path("access_codes/unmanaged/update", unmanaged_views.UnmanagedUpdate.as_view()),
    path("access_codes/unmanaged/delete", unmanaged_views.UnmanagedDelete.as_view()),
    path(
        "access_codes/simulate/create_unmanaged_access_code",
        unmanaged_views.SimulateUnmanaged.as_view(),
    ),
    path("access_codes/report_device_constraints", device_views.ReportConstraints.as_view()),
    path("access_codes/get_timeline", timeline_views.GetTimeline.as_view()),
    path("devices/update", device_views.DevicesUpdate.as_view()),
    path("action_attempts/get", views.ActionAttemptsGet.as_view()),
    path("action_attempts/list", views.ActionAttemptsList.as_view()),
    path("events/get", views.EventsGet.as_view()),
    path("events/list", views.EventsList.as_view()),
    path("locks/lock_door", bolt_views.LockDoor.as_view()),
    path("locks/unlock_door", bolt_views.UnlockDoor.as_view()),
    path("locks/configure_auto_lock", bolt_views.ConfigureAutoLock.as_view()),
    path("locks/simulate/manual_lock_via_keypad", bolt_views.SimulateManualLock.as_view()),
    path("locks/simulate/keypad_code_entry", views.SimulateKeypadCodeEntry.as_view()),
]
