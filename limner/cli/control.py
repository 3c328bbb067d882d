"""`limner control`: a prompt and control pictures in, pictures out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.entities import read_entities
from limner.cli.failure import CommandFailed
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
from limner.cli.refusal import BAD_INPUT
from limner.client import AsyncClient
from limner.requests import Control, ControlNet


def control(
    prompt: Annotated[str, typer.Argument(help="What to paint.")],
    controls: Annotated[
        list[str] | None,
        typer.Option("--control", metavar="KIND=FILE", help="E.g. canny=edges.png; repeat for more."),
    ] = None,
    photo: Annotated[
        bool, typer.Option("--photo", help="The files are photographs: make the control images of them.")
    ] = False,
    scale: Annotated[float, typer.Option(help="How strongly the controls act, above 0 to 2.")] = 1.0,
    start: Annotated[float, typer.Option(help="Share of the steps after which they act.")] = 0.0,
    end: Annotated[float, typer.Option(help="Share of the steps after which they stop.")] = 1.0,
    entities: EntityOption = None,
    init: Annotated[Path | None, typer.Option(help="Picture to paint over.")] = None,
    mask: MaskOption = None,
    feather: FeatherOption = None,
    grow: GrowOption = None,
    strength: StrengthOption = None,
    output: OutputOption = Path("limner.png"),
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
    """Paint what the prompt says, kept to control pictures and region by region."""
    files = output_files(output, count, force)
    kinds = [_read_control(text) for text in controls or ()]
    regions = read_entities(entities)
    first = read(init) if init is not None else None
    white = read(mask) if mask is not None else None

    async def prepare(client: AsyncClient) -> ControlNet:
        return ControlNet(
            prompt=prompt,
            controls=[
                Control(
                    image=(await client.upload(content)).id,
                    kind=kind,
                    preprocess=photo,
                    scale=scale,
                    start=start,
                    end=end,
                )
                for kind, content in kinds
            ],
            entities=regions,
            init_image=(await client.upload(first)).id if first is not None else None,
            mask=(await client.upload(white)).id if white is not None else None,
            mask_feather_px=feather,
            mask_grow_px=grow,
            strength=strength,
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


def _read_control(text: str) -> tuple[str, bytes]:
    kind, _, file = text.partition("=")
    if not file:
        raise CommandFailed(f"--control is {text!r}; write it as KIND=FILE, e.g. canny=edges.png.", BAD_INPUT)
    return kind, read(Path(file))
