"""Between the values of `jobs.job` and the rows of `jobs.tables`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from gateway.jobs.job import Fault, Job, Picture, Progress, Stage, State

SNAPSHOT = ("progress", "images", "fault", "started_at", "finished_at")


def to_row(job: Job) -> dict[str, Any]:
    """Returns the columns of `job`."""
    return {field.name: to_column(getattr(job, field.name)) for field in fields(job)}


def to_column(value: Any) -> Any:
    """Returns what a JSON or plain column keeps of one field's value."""
    if isinstance(value, (Progress, Fault)):
        return asdict(value)
    if isinstance(value, tuple):
        return [asdict(picture) for picture in value]
    return value


def to_job(row: Mapping[str, Any]) -> Job:
    """Returns the job of a row of `jobs`."""
    return Job(**{**{field.name: row[field.name] for field in fields(Job)}, **_read_values(row)})


def to_snapshot(job: Job) -> dict[str, Any]:
    """Returns the part of `job` that an event keeps."""
    return {name: to_column(getattr(job, name)) for name in SNAPSHOT}


def to_past_job(row: Mapping[str, Any]) -> Job:
    """Returns the job as it was at an event, of a row of both tables joined (columns of the event: `event_…`)."""
    then = {**row, **row["event_snapshot"], "state": row["event_state"], "attempt": row["event_attempt"]}
    return to_job(then)


def _read_values(row: Mapping[str, Any]) -> dict[str, Any]:
    progress, fault = row["progress"], row["fault"]
    return {
        "state": State(row["state"]),
        "progress": Progress(**{**progress, "stage": Stage(progress["stage"])}),
        "images": tuple(Picture(**picture) for picture in row["images"]),
        "fault": Fault(**fault) if fault else None,
    }
