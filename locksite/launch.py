"""Start web and engine as two processes that live and die together.

`python -m locksite.launch demo` builds the demo hotel once, in a folder of its own, and says how
to get in; `python -m locksite.launch run` starts what stands in the settings file. Both are behind
`make`. Needs nothing but the standard library, and no settings, before it starts others.
"""

import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path

from locksite import first_keys

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 90.0
STOP_WITHIN = 15.0
KEY = re.compile(r"seam_ls_\w+_[\w-]+")


class CannotStart(Exception):  # noqa: N818
    """Something is missing; the message is one sentence for whoever typed the command."""


def main(arguments: list[str]) -> int:
    """Run the named mode until a signal or the end of a process; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in {"demo", "run"}:
        sys.stderr.write("usage: python -m locksite.launch demo|run\n")
        return 2
    os.umask(0o077)  # what is written holds keys and sealed PINs
    try:
        return (demo if arguments[0] == "demo" else run)(os.environ)
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


# ---- The two modes ------------------------------------------------------------------------------


def demo(given: Mapping[str, str]) -> int:
    """Build the demo once, start it, and say how to get in.

    Everything is kept in the folder `demo` of the data folder; `FRESH=1` empties that one folder.
    What the environment says of another installation does not count here, but `PORT` and
    `LOCKSITE_DATA_DIR` do.
    """
    folder = _data_folder(given) / "demo"
    port = _free_port(given)
    if given.get("FRESH", "") not in {"", "0"}:
        shutil.rmtree(folder, ignore_errors=True)
    settings = folder / "locksite.env"
    first_keys.main([str(settings), "LOCKSITE_HTTPS=0"])
    env = {
        **{name: value for name, value in given.items() if not name.startswith("LOCKSITE_")},
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "locksite.settings",
        "LOCKSITE_DATA_DIR": str(folder),
        "LOCKSITE_ENV_FILE": str(settings),
        "LOCKSITE_LOG_LEVEL": given.get("LOCKSITE_LOG_LEVEL", "WARNING"),
        # Whoever tries webhooks receives them on this machine.
        "LOCKSITE_WEBHOOK_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DATABASE_URL": f"sqlite:///{folder / 'locksite.sqlite3'}",
    }
    _say("Preparing the demo …")
    _prepare(env)
    seeded = _manage(env, "seed_demo")
    key = _kept_key(folder / "api-key.txt", seeded, env)
    logins = [
        line for line in seeded.splitlines() if line.startswith(" ") and not KEY.search(line)
    ]
    address = f"http://127.0.0.1:{port}"
    log = folder / "log.txt"
    greeting = "\n".join(
        [
            "",
            f"Locksite is ready: {address}",
            *(f"  {line.strip()}" for line in logins),
            "",
            f"API key: {key}",
            "Try it in another terminal:",
            f"  curl -s {address}/devices/list -H 'Authorization: Bearer {key}' -H "
            "'Content-Type: application/json' -d '{\"limit\": 2}'",
            "",
            f"Ctrl-C stops it. Everything is kept; `make demo FRESH=1` starts over. Log: {log}",
            "",
        ]
    )
    return _together(env, port, "127.0.0.1", greeting, log)


def run(given: Mapping[str, str]) -> int:
    """Start what the settings file says, and make that file with fresh keys the first time."""
    folder = _data_folder(given)
    port = _free_port(given)
    settings = Path(given.get("LOCKSITE_ENV_FILE", folder / "locksite.env"))
    if not settings.exists() and "LOCKSITE_PIN_KEYS" not in given:
        first_keys.main([str(settings), "LOCKSITE_HTTPS=0"])
        _say(f"Wrote {settings} with fresh keys, for plain http on this machine.")
    env = {**given, "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "locksite.settings"}
    _prepare(env)
    host = given.get("HOST", "127.0.0.1")
    return _together(env, port, host, f"Locksite is ready: http://{host}:{port}\n")


# ---- Preparing ----------------------------------------------------------------------------------


def _data_folder(given: Mapping[str, str]) -> Path:
    return Path(given.get("LOCKSITE_DATA_DIR") or ROOT / "var").resolve()


def _free_port(given: Mapping[str, str]) -> int:
    text = given.get("PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT is not a port: {text}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError:
            raise CannotStart(
                f"Port {text} is in use. Choose another one: make demo PORT=8001"
            ) from None
    return int(text)


def _prepare(env: Mapping[str, str]) -> None:
    _manage(env, "migrate", "--verbosity=0")
    _manage(env, "collectstatic", "--no-input", "--verbosity=0")


def _manage(env: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603  (our own commands)
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotStart(f"manage.py {arguments[0]} failed:\n{done.stderr.strip()}")
    return done.stdout


def _kept_key(path: Path, seeded: str, env: Mapping[str, str]) -> str:
    """Return the demo's API key, kept in a file that only its owner can read."""
    if path.exists():
        return path.read_text().strip()
    found = KEY.search(seeded)
    key = found[0] if found else _manage(env, "create_api_key", "Demo").strip()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key}\n")
    return key


# ---- Running ------------------------------------------------------------------------------------


def _together(
    env: Mapping[str, str], port: int, host: str, greeting: str, log: Path | None = None
) -> int:
    """Run web and engine until one ends or a signal comes; return the exit code.

    A signal to stop is a good end: 0. When a process ends by itself the other is stopped, and its
    exit code is ours (1 where it was 0: it should not have ended). What they print goes into
    `log`, where one is given; its last lines are shown when a process ends by itself.
    """
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: stopping.append(number))
    commands = {
        "web": [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
            *("--host", host, "--port", str(port)),
            *("--workers", env.get("WEB_PROCESSES", "1"), "--blocking-threads", "4"),
            *("--log-level", "warning", "locksite.wsgi:application"),
        ],
        "engine": [sys.executable, "manage.py", "run_engine"],
    }
    running: dict[str, subprocess.Popen] = {}
    out = None if log is None else log.open("w")
    try:
        for name, command in commands.items():
            running[name] = subprocess.Popen(  # noqa: S603
                command,
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # a Ctrl-C reaches us alone, and we stop them in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509  (there are no threads here)
            )
        deadline = time.monotonic() + READY_WITHIN
        is_ready = False
        while not stopping:
            for name, process in running.items():
                if (code := process.poll()) is not None:
                    if log is not None:
                        _say(log.read_text(errors="replace")[-3000:])
                    _say(f"The {name} process ended with code {code}; stopping the other.")
                    return (128 - code if code < 0 else code) or 1
            if not is_ready and _is_well(port):
                is_ready = True
                _say(greeting)
            if not is_ready and time.monotonic() > deadline:
                raise CannotStart(
                    f"Not ready after {READY_WITHIN:g} s; see what is printed above."
                )
            time.sleep(0.1)
        return 0
    finally:
        _stop(running.values())
        if out is not None:
            out.close()


def _die_with_parent() -> None:
    """Ask Linux to end this child when the launcher is killed without a chance to clean up."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _is_well(port: int) -> bool:
    """Return whether the web process answers and says that the engine is alive."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            services = json.load(answer)["service_health_statuses"]
    except (OSError, urllib.error.URLError, ValueError, KeyError):
        return False
    return all(service["status"] == "healthy" for service in services)


def _stop(processes: Iterable[subprocess.Popen]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_WITHIN
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        # What is left of its group goes as well.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
