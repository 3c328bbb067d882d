"""`limner upload`: picture files in, ids out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.options import JsonOption, UrlOption, resolve
from limner.cli.painting import read
from limner.cli.refusal import refusals
from limner.client import Client


def upload(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="PNG, JPEG or WebP.")],
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Give the studio pictures to work on; prints the id of each."""
    contents = [read(file) for file in files]
    with refusals(), Client(resolve(url, os.environ)) as client:
        uploaded = [client.upload(content) for content in contents]
    if as_json:
        print(json.dumps([image.model_dump() for image in uploaded], indent=2))
        return
    for file, image in zip(files, uploaded, strict=True):
        print(f"{image.id}  {image.width}×{image.height}  {file}")
