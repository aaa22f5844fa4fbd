"""`make demo` and `make run`: two processes that live and die together."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from locksite import launch
from tests.processes import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent


class Launched:
    """A launcher as somebody's terminal sees it."""

    def __init__(self, mode, folder, **environment):
        self.port = free_port()
        self.printed = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "locksite.launch", mode],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PORT": str(self.port),
                "LOCKSITE_DATA_DIR": str(folder),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line

    def until_ready(self):
        wait_until(
            lambda: "Ctrl-C" in self.printed or self.process.poll() is not None, "ready", 120
        )
        assert self.process.poll() is None, self.printed
        return self

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.end()

    def end(self):
        code = self.process.wait(30)
        self.reader.join(10)
        return code

    def children(self):
        """Return the pids of web and engine."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def answers(self):
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/health", timeout=5).ok
        except requests.ConnectionError:
            return False


@pytest.fixture
def launched(tmp_path):
    started = []

    def start(mode="demo", **environment):
        started.append(Launched(mode, tmp_path, **environment))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()


@pytest.mark.processes
def test_a_demo_starts_says_how_to_get_in_keeps_its_data_and_stops(launched, tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "api-key.txt").write_text("of an older demo")
    (tmp_path / "locksite.sqlite3").write_text("not of the demo")

    first = launched(FRESH="1").until_ready()
    [key] = re.findall(r"API key: (\S+)", first.printed)
    [curl] = re.findall(r"  (curl .*)", first.printed)

    answer = subprocess.run(curl, shell=True, capture_output=True, text=True, check=True).stdout
    web, engine = first.children()
    code = first.stop(signal.SIGINT)

    assert key.startswith("seam_ls_")
    assert first.printed.count(" / ") == 3
    assert answer.startswith('{"devices":[{"device_id":')
    assert code == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in (web, engine))
    assert not first.answers()
    assert (tmp_path / "locksite.sqlite3").read_text() == "not of the demo"
    assert (tmp_path / "demo" / "api-key.txt").stat().st_mode & 0o077 == 0
    assert (tmp_path / "demo" / "locksite.sqlite3").stat().st_mode & 0o077 == 0

    second = launched().until_ready()
    os.kill(second.children()[1], signal.SIGKILL)
    code = second.end()

    assert f"API key: {key}" in second.printed
    assert "The engine process ended with code -9; stopping the other." in second.printed
    assert code == 137
    assert not second.answers()


@pytest.mark.processes
def test_a_port_in_use_is_said_in_one_line(launched):
    other = socket.create_server(("127.0.0.1", 0))
    port = other.getsockname()[1]

    demo = launched(PORT=str(port))

    assert demo.end() == 1
    assert demo.printed == f"Port {port} is in use. Choose another one: make demo PORT=8001\n"
    other.close()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "\uff18\uff10"])
def test_a_port_that_is_none_is_said_in_one_line(port):
    with pytest.raises(launch.CannotStart, match="PORT is not a port"):
        launch._free_port({"PORT": port})


def test_an_unknown_mode_is_an_error(capsys):
    assert launch.main(["test"]) == 2
    assert capsys.readouterr().err == "usage: python -m locksite.launch demo|run\n"
