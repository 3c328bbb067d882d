"""`limner cancel`: stops one job."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from limner.cli.options import UrlOption, resolve
from limner.cli.refusal import refusals
from limner.client import Client


def cancel(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="From `limner jobs`.")], url: UrlOption = ""
) -> None:
    """Stop a job that waits or runs."""
    with refusals(), Client(resolve(url, os.environ)) as client:
        print(f"{job_id} is {client.cancel(job_id).status}")
