"""The desk: locks, codes, issuing."""

from django.urls import path

from accesscodes.web import (
    action_views,
    backup_views,
    change_views,
    code_views,
    foreign_views,
    issue_views,
    keypad_views,
    live_views,
    lock_views,
    now_views,
    record_views,
    slip_views,
    styleguide_views,
    webhook_views,
)

urlpatterns = [
    path("styleguide/", styleguide_views.styleguide, name="styleguide"),
    path("p/<slug:prop>/", lock_views.start, name="desk"),
    path("p/<slug:prop>/live/", live_views.look, name="live"),
    path("p/<slug:prop>/locks/", lock_views.lock_list, name="lock-list"),
    path("p/<slug:prop>/locks/<uuid:lock>/", lock_views.lock_detail, name="lock-detail"),
    path("p/<slug:prop>/locks/<uuid:lock>/check/", lock_views.lock_check, name="lock-check"),
    path("p/<slug:prop>/locks/<uuid:lock>/issue/", issue_views.issue, name="code-issue"),
    path(
        "p/<slug:prop>/locks/<uuid:lock>/issue/validate/",
        issue_views.validate,
        name="code-validate",
    ),
    path("p/<slug:prop>/locks/<uuid:lock>/keypad/", keypad_views.keypad, name="keypad"),
    path(
        "p/<slug:prop>/foreign/<uuid:entry>/take-over/",
        foreign_views.foreign_convert,
        name="foreign-convert",
    ),
    path(
        "p/<slug:prop>/foreign/<uuid:entry>/remove/",
        foreign_views.foreign_remove,
        name="foreign-remove",
    ),
    path("p/<slug:prop>/issue/", issue_views.choose_door, name="choose-door"),
    path("p/<slug:prop>/codes/", code_views.code_list, name="code-list"),
    path("p/<slug:prop>/codes/<uuid:code>/", code_views.code_detail, name="code-detail"),
    path("p/<slug:prop>/codes/<uuid:code>/pin/", code_views.code_pin, name="code-pin"),
    path("p/<slug:prop>/codes/<uuid:code>/retry/", action_views.code_retry, name="code-retry"),
    path(
        "p/<slug:prop>/codes/<uuid:code>/restore/", action_views.code_restore, name="code-restore"
    ),
    path("p/<slug:prop>/codes/<uuid:code>/accept/", action_views.code_accept, name="code-accept"),
    path("p/<slug:prop>/codes/<uuid:code>/undo/", action_views.code_undo, name="code-undo"),
    path("p/<slug:prop>/codes/<uuid:code>/now/", now_views.code_now, name="code-now"),
    path("p/<slug:prop>/codes/<uuid:code>/open/", now_views.code_open, name="code-open"),
    path("p/<slug:prop>/codes/<uuid:code>/slip/", slip_views.slip, name="slip"),
    path("p/<slug:prop>/codes/<uuid:code>/record/", record_views.code_record, name="code-record"),
    path("p/<slug:prop>/slips/", slip_views.slips_of, name="slips"),
    path("p/<slug:prop>/codes/<uuid:code>/backup/", backup_views.code_backup, name="code-backup"),
    path("p/<slug:prop>/codes/<uuid:code>/delete/", change_views.code_delete, name="code-delete"),
    path("p/<slug:prop>/codes/<uuid:code>/rename/", change_views.code_rename, name="code-rename"),
    path("p/<slug:prop>/codes/<uuid:code>/dates/", change_views.code_dates, name="code-dates"),
    path(
        "p/<slug:prop>/codes/<uuid:code>/change-pin/",
        change_views.code_change_pin,
        name="code-change-pin",
    ),
    path("p/<slug:prop>/webhooks/", webhook_views.webhook_list, name="webhook-list"),
    path(
        "p/<slug:prop>/webhooks/<uuid:delivery>/send-again/",
        webhook_views.webhook_send_again,
        name="webhook-send-again",
    ),
]
