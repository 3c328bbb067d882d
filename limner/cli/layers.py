"""`limner layers`: a picture in, its layers out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.options import (
    ForceOption,
    GuidanceOption,
    HeightOption,
    JsonOption,
    ModelOption,
    NegativeOption,
    OutputOption,
    QualityOption,
    SeedOption,
    StepsOption,
    UrlOption,
    WidthOption,
    resolve,
)
from limner.cli.painting import make, output_files, read
from limner.client import AsyncClient
from limner.requests import Layers


def layers(
    picture: Annotated[Path, typer.Argument(help="What to take apart.")],
    prompt: Annotated[str, typer.Option(help="What the picture shows, with what is hidden in it.")],
    count: Annotated[
        int, typer.Option(help="How many layers; their files are numbered from the back.", min=1, max=8)
    ] = 4,
    output: OutputOption = Path("limner.png"),
    width: WidthOption = None,
    height: HeightOption = None,
    quality: QualityOption = None,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    seed: SeedOption = None,
    model: ModelOption = None,
    negative: NegativeOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Take a picture apart into layers with transparency; needs a layered model."""
    files = output_files(output, count, force)
    content = read(picture)

    async def prepare(client: AsyncClient) -> Layers:
        return Layers(
            prompt=prompt,
            image=(await client.upload(content)).id,
            layers=count,
            negative_prompt=negative,
            width=width,
            height=height,
            quality=quality,
            steps=steps,
            guidance_scale=guidance,
            seed=seed,
            model=model,
        )

    make(resolve(url, os.environ), prepare, files, as_json)
