"""What the rows of a site must show after a rough day. Pure; every function returns complaints.

The rows are read past Django (`Site.rows`), and the functions judge them without asking the
engine. `tests/test_evidence.py` shows that each of them notices.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

COMMANDS = """
SELECT id, device_id, installation_id, action, revision, lease_token,
       asked_at, answered_at, outcome
FROM accesscodes_lockcommand ORDER BY id
"""
TRANSITIONS = """
SELECT t.id, t.code_id, c.device_id, t.from_status, t.to_status, k.lease_token
FROM accesscodes_transition t
JOIN accesscodes_accesscode c ON c.id = t.code_id
LEFT JOIN accesscodes_lockcommand k ON k.id = t.command_id
ORDER BY t.id
"""
STATUSES = "SELECT id, status FROM accesscodes_accesscode"
TOKENS = "SELECT id, lease_token FROM properties_device"


@dataclass(frozen=True, slots=True)
class Command:
    """One row of what a lock was asked to do. `outcome` "" : nobody has closed it."""

    id: int
    device: int
    installation: int
    action: str
    revision: int
    token: int
    asked_at: datetime
    answered_at: datetime | None
    outcome: str

    @classmethod
    def of(cls, row: tuple) -> "Command":
        """Read a row of `COMMANDS`; SQLite gives times as text."""
        number, device, entry, action, revision, token, asked_at, answered_at, outcome = row
        return cls(
            number,
            device,
            entry,
            action,
            revision,
            token,
            _time(asked_at),
            answered_at and _time(answered_at),
            outcome,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One transition of a code. `token` is that of the command that caused it, if one did."""

    id: int
    code: int
    device: int
    before: str
    after: str
    token: int | None = None


def _time(value: datetime | str) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=None)


def stale_commits(
    commands: Sequence[Command], steps: Iterable[Step], newest: Mapping[int, int]
) -> list[str]:
    """Return what was written by an engine whose lease was no longer the newest of its lock.

    Tokens grow with every lease and rows are written under the lock's own row lock, so along the
    ids of one lock no token may fall, none may be above the lock's own, and nothing of a token may
    be answered once a command of a higher one was begun.
    """
    said = []
    for device, mine in _by_device(commands).items():
        highest = 0
        for command in mine:
            if command.token < highest:
                said.append(f"command {command.id} has token {command.token} after {highest}")
            if command.token > newest.get(device, 0):
                said.append(f"command {command.id} has a token that its lock never gave")
            highest = max(highest, command.token)
        for command in mine:
            taken_over = [later.asked_at for later in mine if later.token > command.token]
            if command.outcome in {"", "lost"} or command.answered_at is None:
                continue  # closed by another engine, or by none
            if taken_over and command.answered_at > min(taken_over):
                said.append(f"command {command.id} was answered after a takeover")
    tokens: dict[int, int] = defaultdict(int)
    for step in steps:
        if step.token is not None:
            if step.token < tokens[step.device]:
                said.append(f"transition {step.id} comes of an old lease")
            tokens[step.device] = max(tokens[step.device], step.token)
    return said


def double_commands(commands: Sequence[Command]) -> list[str]:
    """Return the commands that were under way on one lock at the same time."""
    said = []
    for mine in _by_device(commands).values():
        for before, after in pairwise(mine):
            if before.answered_at is None or before.answered_at > after.asked_at:
                said.append(f"command {after.id} was sent while {before.id} was under way")
    return said


def needless_commands(commands: Sequence[Command]) -> list[str]:
    """Return the commands that an entry was sent though it had had them, done, before."""
    done: set[tuple] = set()
    said = []
    for command in commands:
        what = (command.installation, command.action, command.revision)
        if what in done:
            said.append(f"command {command.id} repeats what was done")
        if command.outcome == "accepted":
            done.add(what)
    return said


def broken_chains(steps: Iterable[Step], statuses: Mapping[int, str]) -> list[str]:
    """Return the codes whose transitions do not lead in one chain from nothing to their status."""
    said: list[str] = []
    at: dict[int, str] = {}
    for step in steps:
        if at.get(step.code, "") != step.before:
            said.append(f"transition {step.id} of code {step.code} starts at {step.before!r}")
        at[step.code] = step.after
    said += [
        f"code {code} is {status}, its last transition says {at.get(code, '')!r}"
        for code, status in statuses.items()
        if at.get(code, "") != status
    ]
    return said


@dataclass(frozen=True, slots=True)
class Promise:
    """What a partner was told of one code: all that may be on the lock in the end.

    `may_be` holds PINs, and ``None`` for "not there". More than one: an answer was lost.
    """

    may_be: frozenset[str | None]


def broken_promises(promises: Iterable[Promise], on_lock: Sequence[str]) -> list[str]:
    """Return how one lock's memory (a PIN per slot) differs from what partners were promised."""
    said = [
        f"a PIN is in {on_lock.count(pin)} slots"
        for pin in sorted(set(on_lock))
        if on_lock.count(pin) > 1
    ]
    explained: set[str] = set()
    for promise in promises:
        found = [pin for pin in promise.may_be if pin is not None and pin in on_lock]
        explained.update(found)
        if len(found) > 1:
            said.append("a code is there with its old and its new PIN")
        if not found and None not in promise.may_be:
            said.append("a code is lost")
    orphans = set(on_lock) - explained
    return said + ["an orphan is on the lock"] * len(orphans)


def _by_device(commands: Iterable[Command]) -> dict[int, list[Command]]:
    found: dict[int, list[Command]] = defaultdict(list)
    for command in sorted(commands, key=lambda command: command.id):
        found[command.device].append(command)
    return found
