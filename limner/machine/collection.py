"""Every model of the catalogue and of a folder: what it is, what it may be used for, how it would run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from limner.machine.candidates import find_candidates
from limner.models.adapters import Lora, list_loras, read_transformer
from limner.models.device import DeviceFacts
from limner.models.entry import Entry, Kind
from limner.models.library import Library
from limner.models.outlook import Outlook, foresee

UNKNOWN_LICENCE = "see the model card"


@dataclass(frozen=True, slots=True)
class Item:
    """One model as it is listed."""

    name: str
    title: str
    kind: Kind
    license: str
    commercial_use: bool
    size_bytes: int  # 0: not known before it is fetched
    is_exact: bool
    is_present: bool
    tier: str  # in which it would run; empty: in none, or it does not run by itself
    note: str
    family: str = ""
    license_url: str = ""
    opt_in: bool = False  # fetched only by who accepts its licence
    is_built_in: bool = False
    skills: tuple[str, ...] = ()
    fetched_bytes: int = 0  # of an unfinished download


def list_items(library: Library, device: DeviceFacts) -> list[Item]:
    """Returns all models, those of the catalogue first; reads the folders."""
    return [*_list_models(library, device), *_list_loras(library)]


def _list_models(library: Library, device: DeviceFacts) -> Iterator[Item]:
    found = find_candidates(library.models, {}, with_absent=True)
    outlooks = {each.name: foresee(each, device) for each in found.candidates}
    for entry in library.entries:
        yield _of_entry(library, entry, outlooks.pop(entry.name, None))
    for outlook in outlooks.values():
        yield Item(
            name=outlook.name,
            title=outlook.title,
            kind=Kind.CHECKPOINT,
            license=UNKNOWN_LICENCE,
            commercial_use=False,
            size_bytes=0,
            is_exact=False,
            is_present=True,
            tier=str(outlook.tier or ""),
            note=outlook.sentence,
        )


def _of_entry(library: Library, entry: Entry, outlook: Outlook | None) -> Item:
    foreseen = None if entry.obstacle or entry.kind is not Kind.CHECKPOINT else outlook
    is_present = library.has(entry)
    return Item(
        name=entry.name,
        title=entry.title,
        kind=entry.kind,
        license=entry.license,
        commercial_use=entry.commercial_use,
        size_bytes=entry.expected_bytes,
        is_exact=entry.expected_bytes == entry.total_bytes,
        is_present=is_present,
        tier=str(foreseen.tier or "") if foreseen is not None else "",
        note=entry.obstacle or (foreseen.sentence if foreseen is not None else entry.note),
        family=entry.family,
        license_url=entry.license_url,
        opt_in=entry.opt_in,
        is_built_in=entry.is_built_in,
        skills=tuple(sorted(entry.skills)),
        fetched_bytes=0 if is_present else library.shelf_of(entry).fetched_bytes(entry.name),
    )


def _list_loras(library: Library) -> Iterator[Item]:
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


def _of_lora(lora: Lora) -> Item:
    verdict = lora.verdict
    return Item(
        name=lora.name,
        title=lora.name,
        kind=Kind.LORA,
        license=UNKNOWN_LICENCE,
        commercial_use=False,
        size_bytes=verdict.size_bytes,
        is_exact=True,
        is_present=True,
        tier="",
        note=f"{verdict.reason} {verdict.next_step}".strip(),
    )
