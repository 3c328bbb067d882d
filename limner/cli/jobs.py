"""`limner jobs`: the newest jobs as a table."""

from __future__ import annotations

import json
import os
from contextlib import closing
from itertools import islice
from typing import Annotated

import typer
from rich.console import Console

from limner.cli.jobtable import tabulate
from limner.cli.options import JsonOption, UrlOption, resolve
from limner.cli.refusal import refusals
from limner.client import Client


def jobs(
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 20,
    search: Annotated[str, typer.Option(help="Only those whose prompt has all of these words.")] = "",
    favourites: Annotated[bool, typer.Option("--favourites", help="Only starred ones.")] = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """List jobs, the newest first."""
    with (
        refusals(),
        Client(resolve(url, os.environ)) as client,
        closing(client.search(search, favourite=favourites)) as matching,
    ):
        found = list(islice(matching, limit))
    if as_json:
        print(json.dumps([job.model_dump(mode="json") for job in found], indent=2))
    elif found:
        Console().print(tabulate(found))
    elif search or favourites:
        print("No job is like that.")
    else:
        print("No jobs yet; `limner generate` makes one.")
