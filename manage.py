#!/usr/bin/env python3
"""Django's command line for Locksite."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run a management command; a setting that is missing or wrong ends in one clear line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "locksite.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Locksite cannot start: {error}")


if __name__ == "__main__":
    main()
