"""`limner jobs`: the newest jobs as a table."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from limner.cli.options import JsonOption, UrlOption, resolve
from limner.cli.refusal import refusals
from limner.cli.stepbar import describe
from limner.client import Client, Job

_ID_CHARACTERS = 36
_PROMPT_CHARACTERS = 48
_STYLES = {"running": "cyan", "succeeded": "green", "failed": "red", "cancelled": "dim"}


def jobs(
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=100)] = 20,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """List the newest jobs."""
    with refusals(), Client(resolve(url, os.environ)) as client:
        found = client.jobs(limit)
    if as_json:
        print(json.dumps([job.model_dump(mode="json") for job in found], indent=2))
    elif found:
        Console().print(_table(found))
    else:
        print("No jobs yet; `limner generate` makes one.")


def _table(found: list[Job]) -> Table:
    table = Table(box=None, pad_edge=False)
    # Never shortened: it is what `limner cancel` takes.
    table.add_column("id", min_width=_ID_CHARACTERS)
    for header in ("status", "prompt", "pictures", "created"):
        table.add_column(header)
    for job in found:
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
