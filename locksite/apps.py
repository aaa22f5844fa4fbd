"""App configuration of the site itself: its checks and its commands."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from locksite import checks


class LocksiteConfig(AppConfig):
    """The site: what belongs to no single app."""

    name = "locksite"
    verbose_name = "Locksite"

    def ready(self) -> None:
        """Have the checks run by every command that starts something."""
        register(checks.pin_keys, Tags.security)
        register(checks.sqlite_durability)
        register(checks.time_zones)
        register(checks.index_key_strength, Tags.security, deploy=True)
