"""Options that several commands share; each is also an environment variable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HostOption = Annotated[str, typer.Option(envvar="LIMNER_HOST", help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(envvar="LIMNER_PORT", help="Port to listen on.", min=1, max=65_535)]
HomeOption = Annotated[Path, typer.Option(envvar="LIMNER_HOME", help="Folder of jobs, images and logs.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
DEFAULT_HOME = Path("~/.limner")
