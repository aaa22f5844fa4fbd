"""Seam's own fake of its server: a real process with real sockets."""

import os

import pytest

from locksite.http import CallFailed, bounded_sessions
from tests.node_modules import node
from tests.processes import Process, free_port, wait_until

SERVER = "@seamapi/fake-seam-connect/dist/server.js"


@pytest.fixture(scope="session")
def fake_seam(node_modules, tmp_path_factory):
    """Return the address of a server with two August locks, a Schlage and two things besides."""
    port = free_port()
    url = f"http://localhost:{port}"
    process = Process(
        "fake-seam",
        [str(node(node_modules)), str(node_modules / SERVER), "--seed"],
        {"PATH": os.environ["PATH"], "PORT": str(port), "NODE_ENV": "production"},
        tmp_path_factory.mktemp("fake-seam"),
    )
    session = bounded_sessions()()

    def is_up():
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
