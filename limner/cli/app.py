"""The commands by name, and how a failed one ends."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from limner.cli.failure import CommandFailed
from limner.home import HomeUnusable

# Each is the function, or the group of commands, of its own name in the module of its own name.
_COMMANDS = (
    "run",
    "up",
    "scale",
    "generate",
    "edit",
    "control",
    "layers",
    "tile",
    "upscale",
    "upload",
    "jobs",
    "queue",
    "retry",
    "cancel",
    "models",
    "gpu",
    "doctor",
    "bench",
    "token",
    "certs",
    "version",
)


def build(wanted: str = "") -> typer.Typer:
    """Returns the application with the `wanted` command, or with all when there is none of that name.

    What one command needs is not imported for another: the studio would start 0.3 s later.
    """
    app = typer.Typer(
        name="limner",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_limner)
    for name in (wanted,) if wanted in _COMMANDS else _COMMANDS:
        found = getattr(import_module(f"limner.cli.{name}"), name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def run() -> None:
    """Runs the command named by the arguments; failures are one sentence on stderr and an exit code."""
    try:
        build(sys.argv[1] if len(sys.argv) > 1 else "")()
    except HomeUnusable as error:
        _fail(str(error), 1)
    except CommandFailed as error:
        _fail(str(error), error.exit_code)


def _limner() -> None:
    """An image studio on your own machine."""


def _fail(sentence: str, exit_code: int) -> None:
    print(f"limner: {sentence}", file=sys.stderr)
    sys.exit(exit_code)
