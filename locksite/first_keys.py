"""Write a first settings file with fresh secrets.

Called as `python -m locksite.first_keys PATH [NAME=VALUE …]`.

Used by `make demo` and `make run`. An existing file is never changed, so keys are never lost. It
needs nothing but the standard library, because it runs before any setting is there.
"""

import base64
import os
import secrets
import sys
from pathlib import Path


def text_of(extra: list[str]) -> str:
    """Return the file's text: one `NAME=VALUE` a line, secrets drawn anew."""
    lines = [
        "# Made once by `python -m locksite.first_keys`. Keep it safe and never commit it:",
        "# without LOCKSITE_PIN_KEYS no stored PIN can be read again.",
        f"LOCKSITE_SECRET_KEY={secrets.token_urlsafe(50)}",
        f"LOCKSITE_PIN_KEYS={base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}",
        f"LOCKSITE_PIN_INDEX_KEY={secrets.token_hex(32)}",
        *extra,
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file unless it is there; return the exit code."""
    if not arguments or any("=" not in pair for pair in arguments[1:]):
        sys.stderr.write("usage: python -m locksite.first_keys PATH [NAME=VALUE …]\n")
        return 2
    path = Path(arguments[0])
    if path.exists():
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text_of(arguments[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
