"""The Chromium that the tests drive: Debian's, found by its path."""

import os
from pathlib import Path

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DEFAULT = "/usr/bin/chromium"


def executable() -> str:
    """Return the path of Chromium: `LOCKSITE_TEST_CHROMIUM`, or where Debian puts it, or ""."""
    path = os.environ.get("LOCKSITE_TEST_CHROMIUM") or DEFAULT
    return path if Path(path).is_file() else ""
