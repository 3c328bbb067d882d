"""Options that several commands share; each is also an environment variable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.addresses import studio_url
from limner.cli.failure import CommandFailed

HostOption = Annotated[str, typer.Option(envvar="LIMNER_HOST", help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(envvar="LIMNER_PORT", help="Port to listen on.", min=1, max=65_535)]
HomeOption = Annotated[Path, typer.Option(envvar="LIMNER_HOME", help="Folder of jobs, images and logs.")]
ReplicasOption = Annotated[
    int,
    typer.Option(
        envvar="LIMNER_T2I_REPLICAS",
        help="Text-to-image services; they take turns on one card, and each may keep a model warm.",
        min=1,
        max=16,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
UrlOption = Annotated[
    str,
    typer.Option(
        envvar="LIMNER_URL", help="Address of the studio; by default from LIMNER_HOST and LIMNER_PORT."
    ),
]

OutputOption = Annotated[Path, typer.Option("--output", "-o", help="PNG file to write.")]
WidthOption = Annotated[int | None, typer.Option(help="Pixels; default: the model's, or the picture's.")]
HeightOption = Annotated[int | None, typer.Option(help="Pixels; default: the model's, or the picture's.")]
QualityOption = Annotated[
    str | None,
    typer.Option(help="draft, normal or best: what steps and guidance stand for; default: normal."),
]
StepsOption = Annotated[int | None, typer.Option(help="Denoising steps; default: by quality.")]
GuidanceOption = Annotated[float | None, typer.Option(help="How closely to follow the prompt.")]
SeedOption = Annotated[int | None, typer.Option(help="Of the first picture; default: random.")]
CountOption = Annotated[int, typer.Option(help="How many pictures; their files are numbered.", min=1)]
ModelOption = Annotated[str | None, typer.Option(help="Default: the studio's first.")]
NegativeOption = Annotated[str | None, typer.Option(help="What to avoid.")]
ForceOption = Annotated[bool, typer.Option("--force", "-f", help="Overwrite existing files.")]
MaskOption = Annotated[Path | None, typer.Option(help="Picture of the same size; white is repainted.")]
FeatherOption = Annotated[int | None, typer.Option(help="Width of the mask's soft edge in pixels.")]
GrowOption = Annotated[int | None, typer.Option(help="Pixels by which the mask grows; negative shrinks.")]
StrengthOption = Annotated[float | None, typer.Option(help="How far to leave the picture, above 0 to 1.")]
TileOption = Annotated[int | None, typer.Option(help="Pixels of a tile; default: the model's side.")]
OverlapOption = Annotated[int | None, typer.Option(help="Pixels; default: a quarter of a tile.")]
EntityOption = Annotated[
    list[str] | None,
    typer.Option(
        "--entity",
        metavar="PROMPT@LEFT,TOP,RIGHT,BOTTOM",
        help="A region in pixels with its own prompt; repeat for more.",
    ),
]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
DEFAULT_HOME = Path("~/.limner")


def resolve(url: str, given: Mapping[str, str]) -> str:
    """Returns `url`, or when it is empty the address that `limner run` has in the environment `given`."""
    if url:
        return url.rstrip("/")
    port = given.get("LIMNER_PORT", str(DEFAULT_PORT))
    if not port.isdecimal():
        raise CommandFailed(f"LIMNER_PORT is {port!r}; it must be a number.", exit_code=2)
    return studio_url(given.get("LIMNER_HOST", DEFAULT_HOST), int(port))
