"""The commands by name, and how a failed one ends."""

from __future__ import annotations

import sys

import typer

from limner.cli.cancel import cancel
from limner.cli.doctor import doctor
from limner.cli.failure import CommandFailed
from limner.cli.generate import generate
from limner.cli.gpu import gpu
from limner.cli.jobs import jobs
from limner.cli.run import run as run_studio
from limner.cli.version import version
from limner.client import RequestRejected, StudioUnreachable
from limner.home import HomeUnusable


def build() -> typer.Typer:
    """Returns the application with every command."""
    app = typer.Typer(
        name="limner",
        help="An image studio on your own machine.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.command("run")(run_studio)
    app.command("up", hidden=True)(run_studio)
    for command in (generate, jobs, cancel, gpu, doctor, version):
        app.command()(command)
    return app


def run() -> None:
    """Runs the command named by the arguments; failures are one sentence on stderr and an exit code."""
    try:
        build()()
    except HomeUnusable as error:
        _fail(str(error), 1)
    except RequestRejected as error:
        _fail(str(error), 2)
    except StudioUnreachable as error:
        _fail(str(error), 3)
    except CommandFailed as error:
        _fail(str(error), error.exit_code)


def _fail(sentence: str, exit_code: int) -> None:
    print(f"limner: {sentence}", file=sys.stderr)
    sys.exit(exit_code)
