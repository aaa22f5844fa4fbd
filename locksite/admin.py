"""The admin's name."""

from django.contrib import admin

admin.site.site_header = "Locksite"
admin.site.site_title = "Locksite admin"
admin.site.index_title = "Set up and look up. All times are UTC."
admin.site.empty_value_display = "-"
