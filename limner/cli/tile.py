"""`limner tile`: a prompt in, pictures larger than the model out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.entities import read_entities
from limner.cli.options import (
    CountOption,
    EntityOption,
    ForceOption,
    GuidanceOption,
    JsonOption,
    ModelOption,
    NegativeOption,
    OutputOption,
    OverlapOption,
    QualityOption,
    SeedOption,
    StepsOption,
    TileOption,
    UrlOption,
    resolve,
)
from limner.cli.painting import make, output_files
from limner.client import AsyncClient
from limner.requests import Tiled

SideOption = typer.Option(help="Pixels, a multiple of 16 up to 8192.")


def tile(
    prompt: Annotated[str, typer.Argument(help="What to paint.")],
    width: Annotated[int, SideOption],
    height: Annotated[int, SideOption],
    output: OutputOption = Path("limner.png"),
    strength: Annotated[
        float | None, typer.Option(help="How much detail tiles add to what is enlarged, above 0 to 1.")
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            help="refine: enlarged, then tile by tile. joint: all tiles together, for regions and patterns."
        ),
    ] = None,
    tile_size: TileOption = None,
    overlap: OverlapOption = None,
    entities: EntityOption = None,
    quality: QualityOption = None,
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
    """Paint a picture larger than the model can, tile by tile."""
    files = output_files(output, count, force)
    regions = read_entities(entities)

    async def prepare(_client: AsyncClient) -> Tiled:
        return Tiled(
            prompt=prompt,
            width=width,
            height=height,
            strength=strength,
            mode=mode,
            tile_size=tile_size,
            overlap=overlap,
            entities=regions,
            negative_prompt=negative,
            quality=quality,
            steps=steps,
            guidance_scale=guidance,
            seed=seed,
            count=count,
            model=model,
        )

    make(resolve(url, os.environ), prepare, files, as_json)
