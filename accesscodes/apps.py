"""App configuration."""

from django.apps import AppConfig


class AccessCodesConfig(AppConfig):
    """The codes, and the engine that keeps them true."""

    name = "accesscodes"
    verbose_name = "Access codes"
