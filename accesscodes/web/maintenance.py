"""A note for whoever goes to a door with a screwdriver: plain text, no PINs. Pure."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import quote, urlencode

from accesscodes.web import wall_time
from accesscodes.web.lock_presenters import CheckLine, VerdictPanel
from accesscodes.web.states import Tone


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of a door that somebody is sent to. `since`: aware, or not known."""

    door: str
    model: str
    house: str
    panel: VerdictPanel
    since: datetime | None
    checks: tuple[CheckLine, ...]


def mail_link(job: Job, note: str) -> str:
    """Return the address that opens an e-mail with the note in it, to be sent to anybody."""
    what = job.panel.heading if job.panel.main is None else job.panel.main.headline
    subject = f"{job.door}: {what} ({job.house})"
    body = note.replace("\n", "\r\n")
    return f"mailto:?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"


def note_for(job: Job, zone: tzinfo, now: datetime) -> str:
    """Return the note: door, what is wrong, since when, evidence, steps, who comes next."""
    panel = job.panel
    lines = [f"{job.door}, {job.house} ({job.model})", ""]
    lines.append(panel.heading + ("" if panel.main is None else f": {panel.main.headline}"))
    if panel.main is not None:
        lines.append(" ".join(text for text in (panel.main.sentence, panel.main.likely) if text))
    if job.since is not None:
        lines.append(f"Since {wall_time.full_moment(job.since, zone, now)}.")
    bad = [check for check in job.checks if check.tone in {Tone.BAD, Tone.WARN}]
    if bad:
        lines += ["", "What we checked:"]
        lines += [f"- {check.label}: {check.lead}{check.rest}".rstrip() for check in bad]
    if panel.main is not None and panel.main.steps:
        lines += ["", "What to do:"]
        lines += [f"{number}. {step}" for number, step in enumerate(panel.main.steps, start=1)]
    for cause in panel.also:
        lines += ["", f"Also: {cause.sentence}"]
        lines += cause.steps[:1]
    if panel.affected:
        lines += ["", panel.affected]
    lines += ["", f"Written {wall_time.full_moment(now, zone, now)} by Locksite."]
    return "\n".join(lines)
