"""`limner models remove`: removes a downloaded model."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.model_refusal import model_refusals
from limner.cli.options import DEFAULT_HOME, HomeOption
from limner.cli.sizes import in_words
from limner.home import locate
from limner.models.catalogue import read_catalogue
from limner.models.library import Library
from limner.models.removal import remove_from


def remove(
    name: Annotated[str, typer.Argument(help="A downloaded model, or one of which a part is there.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Remove a downloaded model from this machine, or what an interrupted download has left of it.

    A job that already works with the model goes on; one that waits for it fails.
    """
    library = Library(locate(home).models, read_catalogue())
    with model_refusals():
        freed_bytes = remove_from(library, name)
    print(f"{name} is gone, and {in_words(freed_bytes)} are free again.")
