"""A PostgreSQL server of the test's own, on a free port, that may be restarted and killed.

    with OwnPostgres() as server:
        Site(tmp_path, server.url)

Never the machine's server. PostgreSQL refuses to run as root; then it runs as user `postgres`.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.processes import free_port


def binaries() -> Path | None:
    """Return the folder with `initdb` and `pg_ctl` of the newest PostgreSQL here, or `None`."""
    on_path = shutil.which("initdb")
    if on_path is not None and shutil.which("pg_ctl") is not None:
        return Path(on_path).parent
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


class OwnPostgres:
    """An empty server; its data are gone at the end."""

    def __init__(self) -> None:
        folder = binaries()
        assert folder is not None, "there is no initdb on this machine"
        self._binaries = folder
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="locksite-postgres-"))
        self._port = free_port()

    @property
    def url(self) -> str:
        """Return an address for `DATABASE_URL`."""
        return f"postgres://tests@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> "OwnPostgres":
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "--auth=trust", "--username=tests", "--encoding=UTF8", "--no-locale")
        self._control("start")
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._control("stop", "-m", "immediate")
        finally:
            shutil.rmtree(self._folder)

    def restart(self, *, crash: bool) -> None:
        """Cut all connections off and start again; `crash`: without writing anything down."""
        self._control("restart", "-m", "immediate" if crash else "fast")

    def _control(self, *arguments: str) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -k {self._folder}"
        log = self._folder / "server.log"
        self._run("pg_ctl", *arguments, "-w", "-t", "60", "-o", options, "-l", str(log))

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes into a file: a server that inherits a pipe would keep it open for ever.
        with tempfile.TemporaryFile() as out:
            done = subprocess.run(
                [str(self._binaries / program), "-D", str(self._folder / "data"), *arguments],
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=120,
                check=False,
            )
            out.seek(0)
            assert done.returncode == 0, out.read().decode(errors="replace")
