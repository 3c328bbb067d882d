"""`limner queue`: who waits, and in which order."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from limner.cli.failure import CommandFailed
from limner.cli.jobtable import tabulate
from limner.cli.options import JsonOption, UrlOption, resolve
from limner.cli.refusal import BAD_INPUT, refusals
from limner.client import Client, Queue

_LONGEST = 1000


class Action(StrEnum):
    """What to do with the queue."""

    LIST = "list"
    PAUSE = "pause"
    RESUME = "resume"
    MOVE = "move"
    CLEAR = "clear"


def queue(
    action: Annotated[
        Action,
        typer.Argument(
            help="list: who waits. pause: start nothing more. resume: go on. move: put the jobs named by ID "
            "first, in that order. clear: cancel all that waits."
        ),
    ] = Action.LIST,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="Of `move`.")] = None,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Show the jobs that wait, or change what becomes of them; what runs goes on."""
    _check(action, ids or [])
    with refusals(), Client(resolve(url, os.environ)) as client:
        if action is Action.CLEAR:
            print(f"cancelled {client.clear()}")
            return
        found = _act(client, action, ids or [])
    if as_json:
        print(found.model_dump_json(indent=2))
    else:
        _show(found)


def _check(action: Action, ids: list[str]) -> None:
    if action is Action.MOVE and not ids:
        raise CommandFailed("`move` has no ID; name the jobs that shall come first.", BAD_INPUT)
    if action is not Action.MOVE and ids:
        raise CommandFailed(f"`{action}` takes no ID, and {ids[0]!r} is given; leave it out.", BAD_INPUT)


def _act(client: Client, action: Action, ids: list[str]) -> Queue:
    match action:
        case Action.PAUSE:
            client.pause()
        case Action.RESUME:
            client.resume()
        case Action.MOVE:
            client.order(ids)
        case _:
            pass
    return client.queue(_LONGEST)


def _show(found: Queue) -> None:
    if found.held_up_by:
        print(found.held_up_by)
    if not found.waiting:
        print("Nothing waits.")
        return
    Console().print(tabulate(found.waiting))
    if found.total > len(found.waiting):
        print(f"… and {found.total - len(found.waiting)} more")
