"""`limner models list`: every model of the catalogue and of this machine, and in which tier it would run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from limner.cli.candidates import find_candidates
from limner.cli.options import DEFAULT_HOME, DEFAULT_HOST, DEFAULT_PORT, HomeOption, JsonOption
from limner.cli.programs import environment
from limner.cli.sizes import in_words
from limner.home import locate
from limner.machine.machine import describe_devices, inspect
from limner.models.adapters import Lora, list_loras, read_transformer
from limner.models.catalogue import read_catalogue
from limner.models.device import DeviceFacts
from limner.models.entry import Entry, Kind
from limner.models.library import Library
from limner.models.outlook import Outlook, foresee

_UNKNOWN_LICENCE = "see the model card"


@dataclass(frozen=True, slots=True)
class Row:
    """One model as it is listed."""

    name: str
    title: str
    kind: str
    license: str
    commercial_use: bool
    size_bytes: int  # 0: not known before it is fetched
    is_exact: bool
    is_present: bool
    tier: str  # in which it would run; empty: in none, or it does not run by itself
    note: str


def list_models(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the models that can be fetched and those that are here: licence, size, and how they would run."""
    place = locate(home)
    given = environment(place, DEFAULT_HOST, DEFAULT_PORT, os.environ)
    models_dir = Path(given["LIMNER_T2I_MODELS_DIR"])
    device = describe_devices(inspect(place, models_dir))[0]
    library = Library(models_dir, read_catalogue())
    rows = [*_rows(library, device), *_loras(library)]
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    Console().print(_tabulate(rows, device))
    print(
        "`limner models pull NAME` fetches one; `limner models check` says what is wrong with what is here."
    )


def _rows(library: Library, device: DeviceFacts) -> Iterator[Row]:
    found = find_candidates(library.models, {}, with_absent=True)
    outlooks = {each.name: foresee(each, device) for each in found.candidates}
    for entry in library.entries:
        yield _of_entry(entry, library.has(entry), outlooks.pop(entry.name, None))
    for outlook in outlooks.values():
        tier = str(outlook.tier or "")
        yield Row(
            outlook.name,
            outlook.title,
            "checkpoint",
            _UNKNOWN_LICENCE,
            False,
            0,
            False,
            True,
            tier,
            outlook.sentence,
        )


def _of_entry(entry: Entry, is_present: bool, outlook: Outlook | None) -> Row:
    runs = outlook is not None and not entry.obstacle and entry.kind is Kind.CHECKPOINT
    return Row(
        name=entry.name,
        title=entry.title,
        kind=entry.kind,
        license=entry.license,
        commercial_use=entry.commercial_use,
        size_bytes=entry.expected_bytes,
        is_exact=entry.expected_bytes == entry.total_bytes,
        is_present=is_present,
        tier=str(outlook.tier or "") if runs and outlook is not None else "",
        note=entry.obstacle or (outlook.sentence if runs and outlook is not None else entry.note),
    )


def _loras(library: Library) -> Iterator[Row]:
    known = {entry.name for entry in library.entries}
    checkpoints = [entry for entry in library.entries if entry.kind is Kind.CHECKPOINT and library.has(entry)]
    transformers = {
        entry.name: read_transformer(library.shelf_of(entry).finished(entry.name))
        for entry in checkpoints
        if not entry.is_built_in
    }
    for lora in list_loras(library.loras, transformers):
        if lora.name not in known:
            yield _of_lora(lora)


def _of_lora(lora: Lora) -> Row:
    verdict = lora.verdict
    note = f"{verdict.reason} {verdict.next_step}".strip()
    size_bytes = verdict.size_bytes
    return Row(lora.name, lora.name, "lora", _UNKNOWN_LICENCE, False, size_bytes, True, True, "", note)


def _tabulate(rows: list[Row], device: DeviceFacts) -> Table:
    table = Table(box=None, pad_edge=False)
    for header in ("name", "title", "licence", "size", "here", f"tier on {device.name}"):
        table.add_column(header, overflow="fold")
    for row in rows:
        use = "" if row.commercial_use or row.license == _UNKNOWN_LICENCE else ", not commercial"
        table.add_row(
            Text(row.name),
            Text(row.title),
            Text(row.license + use),
            _size(row),
            "yes" if row.is_present else "",
            row.tier or ("cannot run yet" if row.note.startswith("This Limner") else ""),
        )
    return table


def _size(row: Row) -> str:
    if not row.size_bytes:
        return ""
    return in_words(row.size_bytes) if row.is_exact else f"≈ {in_words(row.size_bytes)}"
