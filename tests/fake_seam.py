"""Seam's own fake of its server: a real process with real sockets."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from locksite.http import CallFailed, bounded_sessions
from tests.node_modules import node
from tests.processes import Process, free_port, wait_until

SERVER = "@seamapi/fake-seam-connect/dist/server.js"
KEY = "seam_apikey1_token"
"""What opens its first workspace."""


@contextmanager
def running(node_modules: Path, folder: Path) -> Iterator[str]:
    """Run it; give its address. It has two August locks, a Schlage and two things besides."""
    port = free_port()
    url = f"http://localhost:{port}"
    process = Process(
        "fake-seam",
        [str(node(node_modules)), str(node_modules / SERVER), "--seed"],
        {"PATH": os.environ["PATH"], "PORT": str(port), "NODE_ENV": "production"},
        folder,
    )
    session = bounded_sessions()()

    def is_up() -> bool:
        try:
            return session.get(f"{url}/health").status_code == 200
        except CallFailed:
            assert process.is_running, process.output()
            return False

    try:
        wait_until(is_up, "Seam's fake")
        yield url
    finally:
        process.kill()
