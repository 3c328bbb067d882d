"""`limner scale`: says how many replicas of a service a cluster shall have."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.failure import CommandFailed
from limner.cli.options import DEFAULT_HOME, HomeOption
from limner.cluster.wanted import WANTED, read_wanted, to_spans, write_wanted
from limner.home import locate

CountsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SERVICE=COUNT…]", help="e.g. t2i=4, or t2i=1..4; without one, what is wanted"),
]


def scale(counts: CountsArgument = None, home: HomeOption = DEFAULT_HOME) -> None:
    """Have so many replicas of a service, or as many of 1..4 as the load demands.

    Those that are too many end when they have done their work.
    """
    path = locate(home).root / WANTED
    try:
        known = read_wanted(path)
        wanted = known | to_spans(dict(_read_count(each) for each in counts or ()))
    except FileNotFoundError as error:
        raise CommandFailed(
            f"There is no studio on a cluster at {path.parent}; start one with `limner up --cluster`."
        ) from error
    except ValueError as error:
        raise CommandFailed(f"{error}.", exit_code=2) from error
    if counts:
        write_wanted(path, wanted)
    typer.echo(" ".join(f"{service}={span}" for service, span in wanted.items()))


def _read_count(text: str) -> tuple[str, str]:
    service, equals, words = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} names no count; write it like t2i=4 or t2i=1..4")
    return service, words
