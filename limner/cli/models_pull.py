"""`limner models pull`: fetches a model of the catalogue."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.fetchbar import FetchBar
from limner.cli.model_refusal import model_refusals
from limner.cli.options import DEFAULT_HOME, HomeOption
from limner.home import locate, prepare
from limner.models.catalogue import read_catalogue
from limner.models.hub_settings import read_hub_settings
from limner.models.library import Library

if TYPE_CHECKING:
    from limner.models.download import Outcome


def pull(
    name: Annotated[str, typer.Argument(help="A model of `limner models list`.", show_default=False)],
    hub: Annotated[
        str,
        typer.Option(
            "--from", metavar="URL", help="Hub or mirror; default: LIMNER_HUB, HF_ENDPOINT, Hugging Face's."
        ),
    ] = "",
    accept_licence: Annotated[
        bool,
        typer.Option(
            "--accept-licence", help="I have read the model's licence and accept it, where it demands that."
        ),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Download a model; what an interrupted download has fetched is kept, and it goes on from there.

    A gated model wants a token of the hub in HF_TOKEN. A running studio offers the model without a restart.
    """
    place = locate(home)
    prepare(place)
    library = Library(place.models, read_catalogue())
    with model_refusals():
        outcome = _fetch(library, name, hub, accept_licence)
    for note in outcome.notes:
        print(note)
    if not outcome.was_there:
        print(
            f"{outcome.plan.name} is at {library.shelf_of(library.find(name)).finished(outcome.plan.name)}."
        )


def _fetch(library: Library, name: str, hub: str, accept_licence: bool) -> Outcome:
    # What speaks with the hub takes a moment to load: only now, and after what may be refused at once.
    entry, settings = library.find(name), read_hub_settings(os.environ, hub)
    from limner.models.download import pull_into

    with FetchBar() as bar:
        return pull_into(library, entry, settings, bar.show, is_accepted=accept_licence)
