"""Models about which something can be foretold: built in, on disk, and perhaps those to be fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import limner
from limner.machine.diagnosis import Finding
from limner.models.architecture import Part
from limner.models.catalogue import find_entry, read_catalogue
from limner.models.checkpoint import inspect
from limner.models.entry import Entry, Kind
from limner.models.outlook import Candidate
from limner.models.weighing import read_sizes, sizes_of

PARTS = ("transformer", "text_encoder", "vae")
# Paths, not imports: the services train and run them.
_BUILT_IN_FOLDERS = {"shapes": "checkpoint", "shapes-edit": "edit_checkpoint"}
_ROOT = Path(limner.__file__).parents[1]
_UNKNOWN_PX = 1328  # Of a model of the Qwen-Image family that the catalogue does not know.


@dataclass(frozen=True, slots=True)
class Found:
    """The models of a folder, and what is wrong with the others in it."""

    candidates: tuple[Candidate, ...]
    broken: tuple[Finding, ...]


def find_candidates(models_dir: Path, revisions: Mapping[str, str], *, with_absent: bool) -> Found:
    """Returns the built-in models, the usable ones of a folder, and perhaps those that could be fetched.

    `revisions`: of models by name, as services know them; what was measured is found by them.
    """
    verdicts = [(folder, inspect(folder)) for folder in _folders(models_dir)]
    present = [
        _present(folder.name, folder, revisions)
        for folder, verdict in verdicts
        if verdict.is_usable and verdict.part is Part.PIPELINE
    ]
    names = {candidate.name for candidate in present}
    absent = [entry for entry in read_catalogue() if _is_to_be_fetched(entry) and entry.name not in names]
    return Found(
        (*_built_in(revisions), *present, *(map(_absent, absent) if with_absent else ())),
        tuple(Finding(verdict.reason, verdict.next_step) for _, verdict in verdicts if not verdict.is_usable),
    )


def _folders(models_dir: Path) -> list[Path]:
    try:
        # What begins with a point is a download that is under way.
        return sorted(path for path in models_dir.iterdir() if path.is_dir() and path.name[0] != ".")
    except OSError:
        return []  # The diagnosis of the folder says why.


def _built_in(revisions: Mapping[str, str]) -> Iterator[Candidate]:
    for name, folder in _BUILT_IN_FOLDERS.items():
        path = _ROOT / "services" / "shapes" / folder
        if path.is_dir():
            yield _present(name, path, revisions)


def _present(name: str, folder: Path, revisions: Mapping[str, str]) -> Candidate:
    sizes = read_sizes(name, revisions.get(name, ""), folder, PARTS)
    entry = find_entry(name)
    if entry is None:
        return Candidate(name, name, True, _UNKNOWN_PX, _UNKNOWN_PX, sizes)
    return Candidate(
        name, entry.title, True, entry.native_width_px, entry.native_height_px, sizes, entry.tiers
    )


def _absent(entry: Entry) -> Candidate:
    return Candidate(
        entry.name,
        entry.title,
        False,
        entry.native_width_px,
        entry.native_height_px,
        sizes_of(entry),
        entry.tiers,
    )


def _is_to_be_fetched(entry: Entry) -> bool:
    return entry.kind is Kind.CHECKPOINT and not entry.is_built_in
