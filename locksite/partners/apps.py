"""App configuration."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """API keys, and webhooks out."""

    name = "locksite.partners"
    label = "partners"
    verbose_name = "Partners"
