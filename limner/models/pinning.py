"""Chooses what to fetch: what the catalogue names, as the hub has it now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from limner.models.entry import Entry, File, Source
from limner.models.failure import ModelFailure, Reason
from limner.models.plan import Piece, Plan, is_inside

# What can be read without running it; weights in other formats are pickled, or for other programs.
_SAFE_SUFFIXES = {".safetensors", ".json", ".txt", ".model", ".jinja", ".tiktoken"}
_LICENSES = ("LICENSE*", "LICENCE*", "NOTICE*")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at one commit."""

    commit: str
    files: tuple[Piece, ...]


def to_plan(entry: Entry, listings: Sequence[Listing]) -> Plan:
    """Returns what to fetch for `entry`, of whose sources the hub has given `listings`.

    Raises ModelFailure when the hub has something else than the catalogue names.
    """
    pieces = [
        piece
        for source, listing in zip(entry.sources, listings, strict=True)
        for piece in _choose(source, listing)
    ]
    if repeated := _first_repeated([piece.path for piece in pieces]):
        raise ModelFailure(Reason.MOVED, f"Two files of {entry.name} would both be {repeated}.")
    return Plan(entry.name, tuple(pieces))


def _choose(source: Source, listing: Listing) -> Iterator[Piece]:
    found = {piece.source_path: piece for piece in listing.files}
    chosen = [_verify(source, file, found.get(file.path)) for file in source.files]
    if source.patterns or not source.files:
        named = {file.path for file in source.files}
        further = (path for path in found if path not in named and _is_wanted(path, source.patterns))
        chosen += [found[path] for path in further]
    if not chosen:
        text = f"{source.repository} has no file at revision {source.revision} that could be used."
        raise ModelFailure(Reason.MOVED, text)
    for piece in chosen:
        path = f"{source.folder}/{piece.source_path}" if source.folder else piece.source_path
        if not is_inside(path):
            text = f"{source.repository} names a file {path!r} that would lie outside the model's folder."
            raise ModelFailure(Reason.CORRUPT, text)
        yield replace(piece, path=path)


def _verify(source: Source, file: File, found: Piece | None) -> Piece:
    where = f"{file.path} of {source.repository}"
    if found is None:
        text = f"{where} is not there at revision {source.revision}; the repository was changed."
        raise ModelFailure(Reason.MOVED, text)
    if file.sha256 and found.sha256 and file.sha256 != found.sha256:
        raise ModelFailure(
            Reason.MOVED,
            f"{where} is another file at revision {source.revision} than the catalogue names: its SHA-256 is "
            f"{found.sha256} and must be {file.sha256}; a newer Limner may know the change.",
        )
    if file.size_bytes and found.size_bytes != file.size_bytes:
        raise ModelFailure(
            Reason.MOVED,
            f"{where} has {found.size_bytes} bytes at revision {source.revision} and the catalogue names "
            f"{file.size_bytes}; a newer Limner may know the change.",
        )
    return replace(found, sha256=file.sha256 or found.sha256)


def _is_wanted(path: str, patterns: Sequence[str]) -> bool:
    name = PurePosixPath(path).name
    if any(fnmatchcase(name, pattern) for pattern in _LICENSES):
        return True
    is_chosen = not patterns or any(fnmatchcase(path, pattern) for pattern in patterns)
    return is_chosen and PurePosixPath(path).suffix in _SAFE_SUFFIXES


def _first_repeated(paths: Sequence[str]) -> str:
    seen = set[str]()
    for path in paths:
        if path in seen:
            return path
        seen.add(path)
    return ""
