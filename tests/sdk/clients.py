"""The clients that walk through the scenario, each in the way of its own."""

import asyncio
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from inspect import isawaitable
from pathlib import Path
from typing import Any

import requests
from seam.seam import AsyncSeam, Seam

from locksite.wire.endpoints import endpoints
from tests.node_modules import node
from tests.sdk.scenario import SCENARIO, Step, as_json, filled, fits, found_at

WALK = Path(__file__).with_name("walk_all.mjs")


@dataclass(frozen=True)
class Where:
    """Where a client is sent, with which key; `kept` are its locks and the times, by name."""

    url: str
    key: str
    kept: Mapping[str, Any]
    folder: Path


Client = Callable[[Where], list[str]]
"""Walks through the scenario and returns the paths that this client cannot call."""


def _method(seam: Any, path: str) -> Any:
    for part in path.strip("/").split("/"):
        seam = getattr(seam, part, None)
    return seam


async def _walk(where: Where, method_of: Callable[[Step], Any]) -> list[str]:
    """Walk, call by call; `method_of` gives what calls the endpoint of a step, or `None`."""
    kept, missing = dict(where.kept), []
    for step in SCENARIO:
        method = method_of(step)
        if method is None:
            missing.append(step.path)
            continue
        async with asyncio.timeout(60):
            while True:
                thing = method(**filled(step.params, kept))
                thing = await thing if isawaitable(thing) else thing
                if fits(thing, step, kept):
                    break
                await asyncio.sleep(0.05)
        kept |= {name: found_at(thing, path) for name, path in step.keep.items()}
    return missing


def python(where: Where) -> list[str]:
    """The official Python SDK."""
    with Seam(api_key=where.key, endpoint=where.url) as seam:
        return asyncio.run(_walk(where, lambda step: _method(seam, step.path)))


def python_async(where: Where) -> list[str]:
    """The same SDK, its asynchronous client."""

    async def walk() -> list[str]:
        async with AsyncSeam(api_key=where.key, endpoint=where.url) as seam:
            return await _walk(where, lambda step: _method(seam, step.path))

    return asyncio.run(walk())


def javascript(modules: Path, package: str) -> Client:
    """Return the official JavaScript SDK that is installed under this name."""

    def walk(where: Where) -> list[str]:
        # Node looks for packages from where a script lies.
        script = where.folder / WALK.name
        script.write_text(WALK.read_text())
        (where.folder / "node_modules").symlink_to(modules)
        done = subprocess.run(
            [node(modules), script],
            env={"SEAM_ENDPOINT": where.url, "SEAM_API_KEY": where.key},
            input=json.dumps({"package": package, "steps": as_json(), "kept": where.kept}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        missing: list[str] = json.loads(done.stdout)
        return missing

    return walk


def _raw(
    where: Where, send: Callable[[requests.Session, Step, dict], requests.Response]
) -> list[str]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {where.key}"

        def method_of(step: Step) -> Callable[..., Any]:
            def call(**params: Any) -> Any:
                answer = send(session, step, params)
                assert answer.status_code == 200, f"{step.path}: {answer.text}"
                return answer.json().get(step.thing)

            return call

        return asyncio.run(_walk(where, method_of))


def php(where: Where) -> list[str]:
    """What the PHP SDK puts on the wire: POST for everything, JSON, and an empty body for none."""

    def send(session: requests.Session, step: Step, params: dict) -> requests.Response:
        return session.post(
            f"{where.url}{step.path}",
            data=json.dumps(params) if params else b"",
            headers={
                "Content-Type": "application/json",
                "User-Agent": "Seam PHP Client 3.5.1",
                "seam-sdk-name": "seamapi/php",
                "seam-sdk-version": "3.5.1",
                "seam-lts-version": "1.0.0",
            },
            timeout=60,
        )

    return _raw(where, send)


def curl(where: Where) -> list[str]:
    """The guide's cURL calls: real verbs, and a JSON body also with GET and DELETE."""
    verbs = {f"/{path}": view.verbs for path, view in endpoints()}

    def send(session: requests.Session, step: Step, params: dict) -> requests.Response:
        verb = next((each for each in verbs[step.path] if each != "POST"), "POST")
        return session.request(verb, f"{where.url}{step.path}", json=params, timeout=60)

    return _raw(where, send)


def clients(modules: Path) -> dict[str, Client]:
    """Return all clients by their names in the table."""

    def of_package(name: str) -> str:
        found: str = json.loads((modules / name / "package.json").read_text())["version"]
        return found

    return {
        f"JavaScript {of_package('seam')}": javascript(modules, "seam"),
        f"JavaScript {of_package('seam-old')}": javascript(modules, "seam-old"),
        f"Python {version('seam')}": python,
        f"Python {version('seam')} async": python_async,
        "As PHP sends": php,
        "cURL": curl,
    }
