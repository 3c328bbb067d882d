"""`limner upscale`: a picture in, a larger one with new detail out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.options import (
    CountOption,
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
from limner.cli.painting import make, output_files, read
from limner.client import AsyncClient
from limner.requests import Tiled

SideOption = typer.Option(help="Pixels, a multiple of 16 up to 8192; instead of --scale.")
_USUAL_SCALE = 2.0


def upscale(
    picture: Annotated[Path, typer.Argument(help="What to enlarge.")],
    scale: Annotated[
        float | None, typer.Option(help="How many times as wide and high, above 1 to 8; default: 2.")
    ] = None,
    prompt: Annotated[str, typer.Option(help="What the picture shows; may be left out.")] = "",
    output: OutputOption = Path("limner.png"),
    width: Annotated[int | None, SideOption] = None,
    height: Annotated[int | None, SideOption] = None,
    strength: Annotated[
        float | None, typer.Option(help="How much detail is painted anew, above 0 to 1.")
    ] = None,
    control: Annotated[
        float | None, typer.Option(help="How closely the picture's own edges are kept, 0 to 2; default: 0.")
    ] = None,
    tile_size: TileOption = None,
    overlap: OverlapOption = None,
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
    """Enlarge a picture with new detail, tile by tile."""
    files = output_files(output, count, force)
    content = read(picture)
    if scale is None and width is None and height is None:
        scale = _USUAL_SCALE

    async def prepare(client: AsyncClient) -> Tiled:
        return Tiled(
            prompt=prompt,
            image=(await client.upload(content)).id,
            scale=scale,
            width=width,
            height=height,
            strength=strength,
            control_scale=control,
            tile_size=tile_size,
            overlap=overlap,
            negative_prompt=negative,
            quality=quality,
            steps=steps,
            guidance_scale=guidance,
            seed=seed,
            count=count,
            model=model,
        )

    make(resolve(url, os.environ), prepare, files, as_json)
