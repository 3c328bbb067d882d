"""`limner models list`: every model of the catalogue and of this machine, and in which tier it would run."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from limner.cli.options import DEFAULT_HOME, DEFAULT_HOST, DEFAULT_PORT, HomeOption, JsonOption
from limner.cli.programs import environment
from limner.cli.sizes import in_words
from limner.home import locate
from limner.machine.collection import UNKNOWN_LICENCE, Item, list_items
from limner.machine.machine import describe_devices, inspect
from limner.models.catalogue import read_catalogue
from limner.models.device import DeviceFacts
from limner.models.library import Library


def list_models(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the models that can be fetched and those that are here: licence, size, and how they would run."""
    place = locate(home)
    given = environment(place, DEFAULT_HOST, DEFAULT_PORT, os.environ)
    models_dir = Path(given["LIMNER_T2I_MODELS_DIR"])
    device = describe_devices(inspect(place, models_dir))[0]
    library = Library(models_dir, read_catalogue())
    items = list_items(library, device)
    if as_json:
        print(json.dumps([asdict(item) for item in items], indent=2))
        return
    Console().print(_tabulate(items, device))
    print(
        "`limner models pull NAME` fetches one; `limner models check` says what is wrong with what is here."
    )


def _tabulate(items: list[Item], device: DeviceFacts) -> Table:
    table = Table(box=None, pad_edge=False)
    for header in ("name", "title", "licence", "size", "here", f"tier on {device.name}"):
        table.add_column(header, overflow="fold")
    for item in items:
        use = "" if item.commercial_use or item.license == UNKNOWN_LICENCE else ", not commercial"
        table.add_row(
            Text(item.name),
            Text(item.title),
            Text(item.license + use),
            _size(item),
            "yes" if item.is_present else "",
            item.tier or ("cannot run yet" if item.note.startswith("This Limner") else ""),
        )
    return table


def _size(item: Item) -> str:
    if not item.size_bytes:
        return ""
    return in_words(item.size_bytes) if item.is_exact else f"≈ {in_words(item.size_bytes)}"
