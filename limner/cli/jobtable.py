"""Jobs as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from limner.cli.stepbar import describe
from limner.client import Job

_ID_CHARACTERS = 36
_PROMPT_CHARACTERS = 48
_STYLES = {"running": "cyan", "succeeded": "green", "failed": "red", "cancelled": "dim"}


def tabulate(jobs: Sequence[Job]) -> Table:
    """Returns a line for each job."""
    table = Table(box=None, pad_edge=False)
    # Never shortened: it is what other commands take.
    table.add_column("id", min_width=_ID_CHARACTERS)
    for header in ("status", "prompt", "pictures", "created"):
        table.add_column(header)
    for job in jobs:
        status = describe(job) if job.status in {"queued", "running"} else job.status
        table.add_row(
            Text(job.id),
            Text(status, style=_STYLES.get(job.status, "")),
            Text(_shorten(str(job.request.get("prompt", "")))),
            str(len(job.images)),
            f"{job.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
        )
    return table


def _shorten(prompt: str) -> str:
    line = " ".join(prompt.split())
    return line if len(line) <= _PROMPT_CHARACTERS else line[: _PROMPT_CHARACTERS - 1] + "…"
