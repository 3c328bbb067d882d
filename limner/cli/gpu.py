"""`limner gpu`: who holds how much memory, and who waits for it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from limner.cli.options import JsonOption, UrlOption, resolve
from limner.cli.refusal import refusals
from limner.cli.sizes import in_words
from limner.client import Client

_REFRESH_S = 1.0
_RELEASES_SHOWN = 5


def gpu(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep showing it until Ctrl-C.")] = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Show devices, leases and the queue for memory."""
    with refusals(), Client(resolve(url, os.environ)) as client:
        if as_json:
            print(json.dumps(client.gpu(), indent=2))
        elif watch:
            _follow(client)
        else:
            Console().print(view(client.gpu()))


def _follow(client: Client) -> None:
    try:
        with Live(view(client.gpu()), auto_refresh=False) as live:
            while True:
                time.sleep(_REFRESH_S)
                live.update(view(client.gpu()), refresh=True)
    except KeyboardInterrupt:
        return


def view(book: dict[str, Any]) -> Group:
    """Returns the arbiter's book as tables; those without rows are left out."""
    tables = (
        _table(("device", "name", "used", "capacity", "by others", "health"), map(_device, book["devices"])),
        _table(
            ("lease", "holder", "state", "profile", "charged", "seen", "job"), map(_lease, book["leases"])
        ),
        _table(("waiting", "place", "for", "waited", "at most"), map(_ticket, book["tickets"])),
        _table(
            ("released", "by", "profile", "charged", "seen back", "because"),
            map(_release, book["last_releases"][:_RELEASES_SHOWN]),
        ),
    )
    return Group(*(table for table in tables if table.row_count))


def _device(device: dict[str, Any]) -> tuple[str, ...]:
    sizes = (in_words(device[f"{key}_bytes"]) for key in ("charged", "capacity", "foreign"))
    return (device["id"], device["name"], *sizes, "draining" if device["draining"] else device["health"])


def _lease(lease: dict[str, Any]) -> tuple[str, ...]:
    sizes = (in_words(_charged_bytes(lease)), in_words(lease["observed_bytes"]))
    words = (str(lease["token"]), lease["holder"], lease["state"], lease["profile"])
    return (*words, *sizes, lease["job"] or "")


def _ticket(ticket: dict[str, Any]) -> tuple[str, ...]:
    reason = ticket["waiting_for"] or ticket["profile"]
    bound = f"{ticket['wait_bound_s']:.0f} s" if ticket["wait_bound_s"] is not None else ""
    return ticket["holder"], str(ticket["queue_position"]), reason, f"{ticket['waited_s']:.0f} s", bound


def _release(release: dict[str, Any]) -> tuple[str, ...]:
    sizes = (in_words(release["charged_bytes"]), in_words(release["verified_bytes"]))
    words = (str(release["token"]), release["holder"], release["profile"])
    return (*words, *sizes, release["cause"])


def _charged_bytes(lease: dict[str, Any]) -> int:
    """Resident and context bytes always, working bytes while active, load bytes while loading."""
    total = 0
    for charge in lease["charges"]:
        total += charge["resident_bytes"] + charge["context_bytes"]
        total += charge["working_bytes"] if lease["state"] == "active" else 0
        total += charge["load_extra_bytes"] if lease["state"] == "loading" else 0
    return total


def _table(headers: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(*headers, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
