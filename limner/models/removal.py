"""Removes what was downloaded."""

from __future__ import annotations

from limner.models.failure import ModelFailure, Reason
from limner.models.library import Library
from limner.models.shelf import Shelf
from limner.models.space import disk_refusals


def remove_from(library: Library, name: str) -> int:
    """Removes a model of the catalogue, or a folder that an older catalogue knew; returns the freed bytes.

    Raises ModelFailure.
    """
    entry = next((entry for entry in library.entries if entry.name.lower() == name.lower()), None)
    if entry is None:
        return remove(name, Shelf(library.models))
    if entry.is_built_in:
        raise ModelFailure(Reason.BUILT_IN, f"{entry.name} is built in and cannot be removed.")
    freed_bytes = remove(entry.name, library.shelf_of(entry))
    library.detach(entry)
    return freed_bytes


def remove(name: str, shelf: Shelf) -> int:
    """Removes a downloaded model, or the beginning of one; returns how many bytes that freed.

    Raises ModelFailure.
    """
    with disk_refusals(shelf.root), shelf.held(name):
        manifest = shelf.read_manifest(name)
        if shelf.has(name) and manifest is None:
            raise ModelFailure(
                Reason.NOT_OURS,
                f"{shelf.finished(name)} was not downloaded by Limner; remove that folder yourself.",
            )
        if manifest is None and shelf.read_plan(name) is None:
            raise ModelFailure(Reason.UNKNOWN, f"There is nothing of {name} on this disk.")
        freed_bytes = shelf.fetched_bytes(name) + (manifest.total_bytes if manifest else 0)
        shelf.remove(name)
        return freed_bytes
