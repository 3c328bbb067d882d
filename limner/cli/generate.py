"""`limner generate`: a prompt in, picture files out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.options import (
    CountOption,
    ForceOption,
    GuidanceOption,
    HeightOption,
    JsonOption,
    ModelOption,
    NegativeOption,
    OutputOption,
    SeedOption,
    StepsOption,
    UrlOption,
    WidthOption,
    resolve,
)
from limner.cli.painting import make, output_files
from limner.client import AsyncClient
from limner.requests import TextToImage


def generate(
    prompt: Annotated[str, typer.Argument(help="What to paint.")],
    output: OutputOption = Path("limner.png"),
    width: WidthOption = None,
    height: HeightOption = None,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    seed: SeedOption = None,
    count: CountOption = 1,
    model: ModelOption = None,
    negative: NegativeOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Paint a picture in the running studio; Ctrl-C cancels it."""
    files = output_files(output, count, force)
    request = TextToImage(
        prompt=prompt,
        negative_prompt=negative,
        width=width,
        height=height,
        steps=steps,
        guidance_scale=guidance,
        seed=seed,
        count=count,
        model=model,
    )

    async def prepare(_client: AsyncClient) -> TextToImage:
        return request

    make(resolve(url, os.environ), prepare, files, as_json)
