"""App configuration."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """What happened and who did it: events and audit entries."""

    name = "locksite.journal"
    label = "journal"
    verbose_name = "Journal"
