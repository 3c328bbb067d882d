"""`limner upload`: picture files in, ids out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.failure import CommandFailed
from limner.cli.options import JsonOption, UrlOption, resolve
from limner.cli.refusal import BAD_INPUT, refusals
from limner.client import Client


def upload(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="PNG, JPEG or WebP.")],
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Give the studio pictures to work on; prints the id of each."""
    contents = [_read(file) for file in files]
    with refusals(), Client(resolve(url, os.environ)) as client:
        uploaded = [client.upload(content) for content in contents]
    if as_json:
        print(json.dumps([image.model_dump() for image in uploaded], indent=2))
        return
    for file, image in zip(files, uploaded, strict=True):
        print(f"{image.id}  {image.width}×{image.height}  {file}")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.", BAD_INPUT) from error
