"""The settings of measurements inside one process: import this before anything of Django."""

import os
import tempfile
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory(prefix="locksite-bench-")
(Path(FOLDER.name) / "static").mkdir()
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "locksite.settings",
    "DATABASE_URL": f"sqlite:///{Path(FOLDER.name) / 'bench.sqlite3'}",
    "LOCKSITE_DATA_DIR": FOLDER.name,
    "LOCKSITE_ENV_FILE": "none",
    "LOCKSITE_SECRET_KEY": "measurements-only",
    "LOCKSITE_PIN_KEYS": "bWVhc3VyZW1lbnRzLW9ubHktbWVhc3VyZW1lbnRzLTE=",
    "LOCKSITE_PIN_INDEX_KEY": "measurements-only",
    "LOCKSITE_HTTPS": "0",
    "LOCKSITE_DEBUG": "0",
    "LOCKSITE_LOG_LEVEL": "CRITICAL",
    # More is asked for than a partner may.
    "LOCKSITE_RATE_LIMIT": "0",
    "LOCKSITE_DEVICE_LIMITS": "0",
}

import django  # noqa: E402  (settings are read when Django is set up)

django.setup()
