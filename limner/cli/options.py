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
