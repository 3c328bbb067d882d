"""`limner generate`: a prompt in, picture files out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.failure import CommandFailed
from limner.cli.options import (
    CountOption,
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
from limner.cli.painting import make, output_files
from limner.cli.refusal import BAD_INPUT
from limner.client import AsyncClient
from limner.requests import Lora, TextToImage


def generate(
    prompt: Annotated[str, typer.Argument(help="What to paint.")],
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
    lora: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[:WEIGHT]", help="A LoRA of the `loras` folder; may be given repeatedly."),
    ] = None,
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
        quality=quality,
        steps=steps,
        guidance_scale=guidance,
        seed=seed,
        count=count,
        model=model,
        loras=[read_lora(each) for each in lora] if lora else None,
    )

    async def prepare(_client: AsyncClient) -> TextToImage:
        return request

    make(resolve(url, os.environ), prepare, files, as_json)


def read_lora(text: str) -> Lora:
    """Returns the LoRA that `NAME` or `NAME:WEIGHT` stands for. Raises CommandFailed."""
    name, colon, weight = text.rpartition(":")
    try:
        return Lora(name=name, weight=float(weight)) if colon else Lora(name=text)
    except ValueError:
        fault = f"--lora is {text[:100]!r}; write NAME, or NAME:WEIGHT with a number such as ink:0.8."
        raise CommandFailed(fault, BAD_INPUT) from None
