"""`limner bench`: how fast each model is in each tier on this machine, and what it takes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from limner.cli.borrowing import borrowed_studio
from limner.cli.failure import CommandFailed
from limner.cli.measuring import Measurement, measure
from limner.cli.options import (
    DEFAULT_HOME,
    DEFAULT_HOST,
    DEFAULT_PORT,
    HomeOption,
    HostOption,
    JsonOption,
    PortOption,
    UrlOption,
)
from limner.cli.refusal import BAD_INPUT, refusals
from limner.cli.sizes import in_words
from limner.cli.trials import NothingToTry, Trial, plan_trials
from limner.client import AsyncClient
from limner.home import locate
from limner.machine.notebook import note

_INTERRUPTED = 130  # what shells report for Ctrl-C: 128 + SIGINT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a round of trials."""

    measurements: list[Measurement]
    was_interrupted: bool = False
    unkept: str = ""  # why what was measured could not be written down; empty when it was


def bench(
    model: Annotated[str, typer.Argument(help="Only this model; default: all that are here.")] = "",
    tier: Annotated[str, typer.Option(help="Only this tier; default: all that fit.")] = "",
    home: HomeOption = DEFAULT_HOME,
    host: HostOption = DEFAULT_HOST,
    port: PortOption = DEFAULT_PORT,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Measure each model in each tier on this machine; Ctrl-C keeps what was measured."""
    place = locate(home)
    console = Console(stderr=as_json)
    with refusals():
        if url:
            # Of another home, and perhaps of another machine.
            found = asyncio.run(_measure(url.rstrip("/"), model, tier, console, None))
        else:
            with borrowed_studio(place, host, port, os.environ) as address:
                found = asyncio.run(_measure(address, model, tier, console, place.profiles))
    if as_json:
        print(json.dumps([asdict(measurement) for measurement in found.measurements], indent=2))
    else:
        console.print(tabulate(found.measurements))
    if found.unkept:
        raise CommandFailed(f"What was measured could not be kept: {found.unkept}")
    if not found.was_interrupted and all(each.step_s is None for each in found.measurements):
        raise CommandFailed("Nothing ran; the table says why.")
    if found.was_interrupted:
        raise CommandFailed("Interrupted; what was measured is kept.", _INTERRUPTED)


async def _measure(url: str, model: str, tier: str, console: Console, notes: Path | None) -> Outcome:
    measurements: list[Measurement] = []
    work = asyncio.ensure_future(_try_all(url, model, tier, console, notes, measurements))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return Outcome(measurements, was_interrupted=True)
    except OSError as error:
        return Outcome(measurements, unkept=str(error))
    except NothingToTry as nothing:
        raise CommandFailed(str(nothing), BAD_INPUT) from nothing
    return Outcome(measurements)


async def _try_all(
    url: str, model: str, tier: str, console: Console, notes: Path | None, measurements: list[Measurement]
) -> None:
    async with AsyncClient(url) as client:
        device = (await client.gpu())["devices"][0]["id"]
        trials = plan_trials(await client.capabilities(), model, tier)
        for number, trial in enumerate(trials, start=1):
            console.print(Text(f"{number} of {len(trials)}: {_name(trial)} …", style="dim"))
            found = await measure(client, trial, measurements[-1] if measurements else None)
            measurements.append(found)
            if notes is not None and (row := found.to_row(time.time())) is not None:
                note(notes, device, dict(trial.libraries), row)


def _name(trial: Trial) -> str:
    return f"{trial.model}, {trial.tier}, {trial.width_px}×{trial.height_px}"


def tabulate(measurements: Sequence[Measurement]) -> Table:
    """Returns a line for each trial."""
    headers = ("model", "tier", "size", "load", "s/step", "decode", "peak", "charged", "")
    table = Table(*headers, box=None, pad_edge=False)
    for found in measurements:
        trial = found.trial
        seconds = (found.load_s, found.step_s, found.decode_s)
        sizes = (found.peak_bytes, found.charged_bytes)
        table.add_row(
            *(Text(word) for word in (trial.model, trial.tier, f"{trial.width_px}×{trial.height_px}")),
            *(Text("" if spent is None else f"{spent:.3g}") for spent in seconds),
            *(Text(in_words(size) if size else "") for size in sizes),
            Text(found.problem),
        )
    return table
