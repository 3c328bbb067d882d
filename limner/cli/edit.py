"""`limner edit`: pictures and a prompt in, changed pictures out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.entities import read_entities
from limner.cli.options import (
    CountOption,
    EntityOption,
    FeatherOption,
    ForceOption,
    GrowOption,
    GuidanceOption,
    HeightOption,
    JsonOption,
    MaskOption,
    ModelOption,
    NegativeOption,
    OutputOption,
    QualityOption,
    SeedOption,
    StepsOption,
    StrengthOption,
    UrlOption,
    WidthOption,
    resolve,
)
from limner.cli.painting import make, output_files, read
from limner.client import AsyncClient
from limner.requests import ImageEdit, Outpaint

MarginOption = typer.Option(help="Pixels to add on this side, a multiple of 16.", min=0)


def edit(
    prompt: Annotated[
        str, typer.Argument(help="What to change; with a mask, margins or strength, what is to be seen.")
    ],
    pictures: Annotated[
        list[Path],
        typer.Argument(metavar="PICTURE…", help="The first is edited; the prompt may refer to the others."),
    ],
    output: OutputOption = Path("limner.png"),
    mask: MaskOption = None,
    feather: FeatherOption = None,
    grow: GrowOption = None,
    left: Annotated[int, MarginOption] = 0,
    top: Annotated[int, MarginOption] = 0,
    right: Annotated[int, MarginOption] = 0,
    bottom: Annotated[int, MarginOption] = 0,
    strength: StrengthOption = None,
    entities: EntityOption = None,
    width: WidthOption = None,
    height: HeightOption = None,
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
    """Change a picture: by instruction, inside a mask, beyond its border, or altogether by some strength."""
    files = output_files(output, count, force)
    contents = [read(picture) for picture in pictures]
    white = read(mask) if mask is not None else None
    regions = read_entities(entities)

    async def prepare(client: AsyncClient) -> ImageEdit:
        return ImageEdit(
            prompt=prompt,
            images=[(await client.upload(content)).id for content in contents],
            mask=(await client.upload(white)).id if white is not None else None,
            mask_feather_px=feather,
            mask_grow_px=grow,
            outpaint=(
                Outpaint(left=left, top=top, right=right, bottom=bottom)
                if left or top or right or bottom
                else None
            ),
            strength=strength,
            entities=regions,
            negative_prompt=negative,
            width=width,
            height=height,
            quality=quality,
            steps=steps,
            guidance_scale=guidance,
            seed=seed,
            count=count,
            model=model,
        )

    make(resolve(url, os.environ), prepare, files, as_json)
