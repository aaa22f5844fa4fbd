"""What a deed changed, old → new, in words. Pure: the detail of an audit entry in, a line out."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from accesscodes.web import wall_time
from properties.stamps import read_stamp

_LABELS: Mapping[str, str] = {
    "name": "Name",
    "door": "Door",
    "use_backup_access_code_pool": "Backup codes",
    "is_external_modification_allowed": "Changes at the lock allowed",
    "prefer_native_scheduling": "Dates kept by the lock",
}
_ENDS: Mapping[str, str] = {"starts_at": "From", "ends_at": "Until"}


def what_changed(
    detail: Mapping[str, Any], zone: tzinfo, now: datetime, *, in_full: bool = False
) -> str:
    """Return "Until: Fri 11:00 → Sat 11:00. PIN changed.", or "" where nothing was.

    `in_full`: with dates, for what is read on another day. Entries from before values were kept
    name what was asked for. A PIN is in none of them. Of a file that was taken along it says how
    much is in it.
    """
    if "rows" in detail:
        lines = "1 line" if detail["rows"] == 1 else f"{detail['rows']} lines"
        return f"{str(detail.get('format', '')).upper()}, {lines}."
    changed = [str(name) for name in detail.get("changed", ())]
    old, new = detail.get("from") or {}, detail.get("to") or {}
    if not new and changed != ["pin"]:
        return ", ".join(changed)
    told = wall_time.full_moment if in_full else wall_time.moment

    def moment(at: str) -> str:
        return told(read_stamp(at), zone, now)

    parts = list(_parts(old, new, moment))
    if "pin" in changed:
        parts.append("PIN changed")
    return " ".join(f"{part.removesuffix('.')}." for part in parts)


def _parts(
    old: Mapping[str, Any], new: Mapping[str, Any], moment: Callable[[str], str]
) -> Iterator[str]:
    def window(values: Mapping[str, Any]) -> str:
        if values.get("ends_at") is None:
            return "until removed"
        return f"{moment(values['starts_at'])} to {moment(values['ends_at'])}"

    for key, label in _LABELS.items():
        if key in new:
            yield f"{label}: {_plain(old.get(key))} → {_plain(new[key])}"
    if "ends_at" in new and (old["ends_at"] is None) is not (new["ends_at"] is None):
        yield f"Dates: {window(old)} → {window(new)}"
        return
    for key, label in _ENDS.items():
        if key in new:
            yield f"{label}: {moment(old[key])} → {moment(new[key])}"


def _plain(value: Any) -> str:
    """Return a value as people say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
