"""A whole Locksite as real processes: the web server and the engine, on a database of their own.

    with Site(tmp_path) as site:
        requests.get(f"{site.url}/health")

SQLite in the folder by default. Where the tests run on PostgreSQL (`LOCKSITE_TEST_DATABASE_URL`),
or where `database_url` names a PostgreSQL server, the site makes a database there and drops it at
the end.
"""

import atexit
import contextlib
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
START_DEADLINE = 60.0
STOP_DEADLINE = 15.0

_running: set["Process"] = set()


@atexit.register
def _leave_no_children() -> None:
    for process in list(_running):
        process.kill()


class DidNotStart(Exception):  # noqa: N818
    """A process ended, or was not ready in time; the message ends with what it printed."""


class Process:
    """One child process in a process group of its own; what it prints goes into a file."""

    def __init__(self, name: str, arguments: list[str], env: Mapping[str, str], folder: Path):
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as out:
            self._popen = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _running.add(self)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None

    def output(self) -> str:
        """Return everything that the process has printed so far."""
        return self.log.read_text(errors="replace")

    def signal(self, number: int) -> None:
        """Send a signal to the process alone, not to its children."""
        self._popen.send_signal(number)

    def stop(self) -> int:
        """Ask the process to end, insist after a while, and return its exit code."""
        if self.is_running:
            self._popen.send_signal(signal.SIGCONT)
            self._popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(STOP_DEADLINE)
        return self.kill()

    def kill(self) -> int:
        """End the process and all of its children with SIGKILL; return the exit code."""
        # The group outlives its leader as long as one child is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        code = self._popen.wait()
        _running.discard(self)
        return code


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(
    condition: Callable[[], bool],
    what: str,
    seconds: float = START_DEADLINE,
    pause: float = 0.05,
) -> None:
    """Return as soon as `condition` holds, asked every `pause` seconds.

    Raises `DidNotStart` naming `what` after `seconds`.
    """
    waiting = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise DidNotStart(f"not within {seconds:g} s: {what}")
        waiting.wait(pause)


class Site:
    """A running Locksite.

    `settings` are added to the environment of all its processes (`LOCKSITE_…` names).
    `engine=False` leaves the engine out, `static=True` gathers the static files that pages need.
    The environment of the test process is not passed on: everything is said here.
    """

    def __init__(
        self,
        tmp_path: Path,
        database_url: str | None = None,
        *,
        engine: bool = True,
        static: bool = False,
        web_processes: int = 1,
        settings: Mapping[str, str] | None = None,
    ):
        self.folder = tmp_path / "site"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.with_engine = engine
        self.with_static = static
        self.web_processes = web_processes
        self.port = free_port()
        self.web: Process | None = None
        self.engine: Process | None = None
        self.more_engines: list[Process] = []
        self._has_database = False

        server = database_url or os.environ.get("LOCKSITE_TEST_DATABASE_URL", "")
        self._postgres = server if server.startswith("postgres") else ""
        self._database = f"locksite_site_{secrets.token_hex(6)}"
        if self._postgres:
            self.database_url = urlunsplit(
                urlsplit(self._postgres)._replace(path=f"/{self._database}")
            )
        else:
            self.database_url = f"sqlite:///{self.folder / 'locksite.sqlite3'}"
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "locksite.settings",
            "DATABASE_URL": self.database_url,
            "LOCKSITE_ENV_FILE": "none",
            "LOCKSITE_DATA_DIR": str(self.folder),
            "LOCKSITE_HTTPS": "0",
            # A test asks for more within a minute than a partner may.
            "LOCKSITE_RATE_LIMIT": "0",
            "LOCKSITE_DEVICE_LIMITS": "0",
            "LOCKSITE_SECRET_KEY": "tests-only",
            "LOCKSITE_PIN_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
            "LOCKSITE_PIN_INDEX_KEY": "tests-only-index",
            **(settings or {}),
        }

    @property
    def url(self) -> str:
        """Return the address of the web server, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def engine_pid(self) -> int:
        assert self.engine is not None
        return self.engine.pid

    def start(self) -> "Site":
        """Create and migrate the database once, then start web and engine and wait for both."""
        try:
            if not self._has_database:
                self._create_database()
                self.manage("migrate", "--verbosity=0")
                if self.with_static:
                    self.manage("collectstatic", "--no-input", "--verbosity=0")
            self.start_web()
            if self.with_engine:
                self.start_engine()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End web and engine, and drop the database if it is on a server."""
        for process in (*self.more_engines, self.engine, self.web):
            if process is not None:
                process.stop()
        self.engine = self.web = None
        self.more_engines = []
        self._drop_database()

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        arguments = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi"),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", str(self.web_processes), "--blocking-threads", "4", "--no-ws"),
            "locksite.wsgi:application",
        ]
        self.web = self._started("web", arguments, lambda _: self.health() is not None)

    def start_engine(self) -> None:
        """Start the engine and wait for its first sign of life."""
        arguments = [sys.executable, "manage.py", "run_engine"]
        self.engine = self._started("engine", arguments, self._has_beaten)

    def start_another_engine(self) -> Process:
        """Start one more engine beside the first, and wait for its first sign of life."""
        arguments = [sys.executable, "manage.py", "run_engine"]
        name = f"engine-{len(self.more_engines) + 2}"
        process = self._started(name, arguments, self._has_beaten)
        self.more_engines.append(process)
        return process

    def stop_engine(self) -> None:
        """Ask the engine to end and wait for it."""
        if self.engine is not None:
            self.engine.stop()
        self.engine = None

    def kill_engine(self) -> None:
        """End the engine with SIGKILL, as a crash or a power loss would."""
        assert self.engine is not None
        self.engine.kill()
        self.engine = None

    def kill_web(self) -> None:
        """End the web server with SIGKILL."""
        assert self.web is not None
        self.web.kill()
        self.web = None

    def health(self) -> dict[str, Any] | None:
        """Return the body of `/health`, or `None` while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as response:
                body: dict[str, Any] = json.load(response)
                return body
        except (OSError, urllib.error.URLError):
            return None

    def rows(self, query: str) -> list[tuple]:
        """Return the rows of a query that is put to the database directly, past Django."""
        if self._postgres:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(query.encode()).fetchall()
        with contextlib.closing(sqlite3.connect(self.folder / "locksite.sqlite3")) as file:
            return file.execute(query).fetchall()

    def manage(self, *arguments: str, stdin: str | None = None) -> str:
        """Run `manage.py` with these arguments and return what it prints on standard output.

        Raises `AssertionError` with its standard error when it fails.
        """
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def run(self, code: str) -> str:
        """Run Python inside the site's own settings and database; return what it prints."""
        return self.manage("shell", "--no-imports", "--command", code)

    def api_key(self, name: str = "tests", *options: str) -> str:
        """Make an API key and return it. Without options it reaches every property."""
        return self.manage("create_api_key", name, *options).strip()

    def _has_beaten(self, engine: Process) -> bool:
        query = f"SELECT 1 FROM accesscodes_enginebeat WHERE pid = {engine.pid}"
        return self.rows(query) == [(1,)]

    def _started(
        self, name: str, arguments: list[str], is_ready: Callable[[Process], bool]
    ) -> Process:
        process = Process(name, arguments, self.env, self.folder)

        def ready_or_over() -> bool:
            return is_ready(process) or not process.is_running

        try:
            wait_until(ready_or_over, f"{name} ready")
            if not process.is_running:
                raise DidNotStart(f"{name} ended with code {process.kill()}")
        except DidNotStart as error:
            process.kill()
            raise DidNotStart(f"{error}\n{process.output()[-4000:]}") from None
        return process

    def _on_server(self, statement: str) -> None:
        server = urlunsplit(urlsplit(self._postgres)._replace(path="/postgres"))
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(self._database)))

    def _create_database(self) -> None:
        if self._postgres:
            self._on_server("CREATE DATABASE {}")
        self._has_database = True

    def _drop_database(self) -> None:
        if self._postgres and self._has_database:
            self._on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            self._has_database = False
