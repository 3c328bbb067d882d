"""`limner retry`: sends the request of a job again."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from limner.cli.options import UrlOption, resolve
from limner.cli.refusal import refusals
from limner.client import Client


def retry(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="From `limner jobs`.")], url: UrlOption = ""
) -> None:
    """Do a job again, with the same seed; prints the id of the new one."""
    with refusals(), Client(resolve(url, os.environ)) as client:
        print(client.retry(job_id).id)
