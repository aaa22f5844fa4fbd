"""What the official SDKs were measured to do here: written by tests, shown by the reference."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("conformance.json")

# Where answers differ from the published description, as Seam's own answers or guides do.
NOTES: Mapping[str, str] = {
    "/access_codes/generate_code": "The description calls the answer a whole access code. Nothing "
    "is created, so there is only the lock and the PIN; Seam answers the same two.",
    "/access_codes/unmanaged/delete": "The attempt is called `DELETE_UNMANAGED_ACCESS_CODE`, as "
    "in Seam's guide. The description does not list that name.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One endpoint; `cells` in the order of the clients, empty where a client lacks it."""

    path: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Endpoints by clients. A cell is the verb that the client sent, once all was well."""

    clients: tuple[str, ...]
    rows: tuple[Row, ...]


@cache
def measured() -> Table:
    """Return the table as it was written last."""
    return table_of(json.loads(FILE.read_text()))


def table_of(found: Mapping[str, Any]) -> Table:
    """Return the table that a file of results holds."""
    clients = tuple(found["clients"])
    rows = tuple(
        Row(path, tuple(cells.get(client, "") for client in clients))
        for path, cells in found["endpoints"].items()
    )
    return Table(clients, rows)
