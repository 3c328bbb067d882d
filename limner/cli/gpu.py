"""`limner gpu`: who holds how much memory on which machine, who waits for it, what the last jobs took."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from limner.answers import Performance
from limner.cli.options import JsonOption, UrlOption, resolve
from limner.cli.refusal import refusals
from limner.cli.sizes import in_words
from limner.client import Client, Job

_REFRESH_S = 1.0
_RELEASES_SHOWN = 5
_JOBS_SHOWN = 5
_JOBS_SEARCHED = 20  # The newest may have no picture yet.


def gpu(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep showing it until Ctrl-C.")] = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Show devices, leases, the queue for memory, and what the last jobs took."""
    with refusals(), Client(resolve(url, os.environ)) as client:
        if as_json:
            jobs = [job.model_dump(mode="json") for job in _measured(client)]
            print(json.dumps({**client.gpu(), "last_jobs": jobs}, indent=2))
        elif watch:
            _follow(client)
        else:
            Console().print(view(client.gpu(), _measured(client)))


def _follow(client: Client) -> None:
    try:
        with Live(view(client.gpu(), _measured(client)), auto_refresh=False) as live:
            while True:
                time.sleep(_REFRESH_S)
                live.update(view(client.gpu(), _measured(client)), refresh=True)
    except KeyboardInterrupt:
        return


def _measured(client: Client) -> list[Job]:
    return [job for job in client.jobs(_JOBS_SEARCHED) if job.performance is not None][:_JOBS_SHOWN]


def view(book: dict[str, Any], jobs: Sequence[Job]) -> Group:
    """Returns the arbiters' books and the `jobs` that were measured as tables; empty ones are left out."""
    machines = [book, *book["others"]]
    measured = _table(
        ("last jobs", "kind", "tier", "waited", "swap", "s/step", "peak", "charged", "share"),
        (_job(job.id, job.kind, job.performance) for job in jobs if job.performance is not None),
    )
    is_named = len(machines) + len(book["silent"]) > 1
    swaps = sum(machine["swaps_last_hour"] for machine in machines)
    return Group(
        *(part for machine in machines for part in _machine(machine, is_named=is_named)),
        *(Text(f"{name} does not answer", style="red") for name in book["silent"]),
        *([measured] if measured.row_count else []),
        Text(f"{swaps} swaps of models in the last hour"),
    )


def _machine(book: dict[str, Any], *, is_named: bool) -> Iterable[Table | Text]:
    """Yields the name of a machine, where there are several, and what its arbiter says."""
    if is_named:
        yield Text(book["machine"] or "this machine", style="bold")
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
    yield from (table for table in tables if table.row_count)


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


def _job(job_id: str, kind: str, cost: Performance) -> tuple[str, ...]:
    swap = f"{cost.swap_s:.1f} s" if cost.swap_s else ""
    step = f"{cost.step_s:.3g}" if cost.step_s is not None else ""
    share = f"{cost.peak_bytes / cost.charged_bytes:.0%}" if cost.peak_bytes and cost.charged_bytes else ""
    sizes = (in_words(size) if size else "" for size in (cost.peak_bytes, cost.charged_bytes))
    return (job_id, kind, cost.tier, f"{cost.waiting_s:.1f} s", swap, step, *sizes, share)


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
