"""Between the values of `jobs.job` and the rows of `jobs.tables`."""

from __future__ import annotations

import unicodedata
from dataclasses import fields
from typing import Any, cast

import sqlalchemy as sa

from gateway.jobs.job import Fault, Job, Kind, Picture, Progress, Stage, State
from gateway.jobs.performance import Performance

_FIELDS = tuple(field.name for field in fields(Job))
# dataclasses.asdict copies what lies deeper, of which there is nothing here, and takes five times as long.
_INNER = {
    kind: tuple(field.name for field in fields(kind)) for kind in (Progress, Fault, Picture, Performance)
}
SNAPSHOT = ("progress", "images", "fault", "performance", "started_at", "finished_at")


def to_row(job: Job) -> dict[str, Any]:
    """Returns the columns of `job`."""
    columns = {name: to_column(getattr(job, name)) for name in _FIELDS}
    return {**columns, "prompt": to_searchable(str(job.request.get("prompt", "")))}


def to_searchable(text: str) -> str:
    """Returns a text as it is searched: databases know no letters but ASCII's in any case."""
    return unicodedata.normalize("NFKC", text).casefold()


def to_column(value: Any) -> Any:
    """Returns what a JSON or plain column keeps of one field's value."""
    if isinstance(value, (Progress, Fault, Performance)):
        return _to_dict(value)
    if isinstance(value, tuple):
        return [_to_dict(picture) for picture in cast("tuple[Picture, ...]", value)]
    return value


def _to_dict(value: Progress | Fault | Picture | Performance) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _INNER[type(value)]}


def to_job(row: sa.RowMapping | dict[str, Any]) -> Job:
    """Returns the job of a row of `jobs`."""
    return Job(**{**{name: row[name] for name in _FIELDS}, **_read_values(row)})


def to_snapshot(job: Job) -> dict[str, Any]:
    """Returns the part of `job` that an event keeps."""
    return {name: to_column(getattr(job, name)) for name in SNAPSHOT}


def to_past_job(row: sa.RowMapping | dict[str, Any]) -> Job:
    """Returns the job as it was at an event, of a row of `jobs` with the event's columns as `event_…`."""
    then = {**row, **row["event_snapshot"], "state": row["event_state"], "attempt": row["event_attempt"]}
    return to_job(then)


def _read_values(row: sa.RowMapping | dict[str, Any]) -> dict[str, Any]:
    progress: dict[str, Any] = {**row["progress"], "stage": Stage(row["progress"]["stage"])}
    fault, performance = row["fault"], row["performance"]
    return {
        "kind": Kind(row["kind"]),
        "state": State(row["state"]),
        "progress": Progress(**progress),
        "images": tuple(Picture(**picture) for picture in row["images"]),
        "fault": Fault(**fault) if fault else None,
        "performance": Performance(**performance) if performance else None,
    }
