"""The admin's name."""

from django.contrib import admin

# "Back to the desk" in base_site.html stands for it.
admin.site.site_url = None
admin.site.site_header = "Locksite"
admin.site.site_title = "Locksite admin"
admin.site.index_title = "Set up and look up. All times are UTC."
admin.site.empty_value_display = "-"
