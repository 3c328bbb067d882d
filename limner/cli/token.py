"""`limner token`: who may use the studio."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from limner.cli.desk import ask
from limner.cli.failure import CommandFailed
from limner.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from limner.cli.refusal import BAD_INPUT
from limner.cli.sizes import in_words
from limner.home import locate


class Action(StrEnum):
    """What to do with tokens."""

    ADD = "add"
    LIST = "list"
    REVOKE = "revoke"


def token(
    action: Annotated[
        Action,
        typer.Argument(
            help="add: let NAME in, and print its secret, once. list: who may. revoke: let NAME in no more."
        ),
    ] = Action.LIST,
    name: Annotated[
        str, typer.Argument(help="What is made with the token belongs to its name; `admin` may pause all.")
    ] = "",
    max_waiting_jobs: Annotated[
        int | None, typer.Option(help="How many jobs may wait; default: any.", min=1)
    ] = None,
    max_image_bytes: Annotated[
        int | None, typer.Option(help="How large all kept pictures may be together; default: any.", min=1)
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Say who may use the studio; as soon as there is one token, everybody needs one."""
    if (action is Action.LIST) == bool(name):
        wants = "takes no NAME; leave it out" if name else "wants a NAME"
        raise CommandFailed(f"`limner token {action}` {wants}.", BAD_INPUT)
    words = [str(action), *([name] if name else [])]
    if action is Action.ADD:
        quotas = {"max_waiting_jobs": max_waiting_jobs, "max_image_bytes": max_image_bytes}
        words.append(json.dumps({key: value for key, value in quotas.items() if value is not None}))
    found = ask(locate(home), words, os.environ)
    if as_json:
        print(json.dumps(found, indent=2))
    elif action is Action.LIST:
        _list(found)
    elif action is Action.ADD:
        print(
            f"This is shown once; set it as LIMNER_TOKEN, or sign in with it on the page ({name}):",
            file=sys.stderr,
        )
        print(found["secret"])
    else:
        print(f"{name} is let in no more. Its jobs stay, for a new token of that name.")
        if not found["left"]:
            print("No token is left: on 127.0.0.1 everybody may use the studio again, elsewhere nobody.")


def _list(tokens: list[dict[str, Any]]) -> None:
    if not tokens:
        print("No tokens; on 127.0.0.1 everybody may use the studio. `limner token add NAME` makes one.")
        return
    table = Table(box=None, pad_edge=False)
    for header in ("name", "made", "revoked", "waiting jobs", "pictures"):
        table.add_column(header)
    for each in tokens:
        jobs, size_bytes = each["max_waiting_jobs"], each["max_image_bytes"]
        table.add_row(
            Text(each["name"]),
            _moment(each["created_at"]),
            _moment(each["revoked_at"]),
            "any" if jobs is None else f"≤ {jobs}",
            "any" if size_bytes is None else f"≤ {in_words(size_bytes)}",
        )
    Console().print(table)


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"
