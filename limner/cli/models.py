"""`limner models`: which models there are, and what is on this machine."""

from __future__ import annotations

import typer

from limner.cli.models_check import check
from limner.cli.models_list import list_models
from limner.cli.models_pull import pull
from limner.cli.models_remove import remove

models = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="See which models there are, and fetch, check or remove them.",
)
models.command("list")(list_models)
models.command("check")(check)
models.command("pull")(pull)
models.command("remove")(remove)
