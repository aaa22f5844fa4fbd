"""App configuration."""

from django.apps import AppConfig


class PropertiesConfig(AppConfig):
    """Where the locks are and how they are reached."""

    name = "properties"
    verbose_name = "Properties and locks"
