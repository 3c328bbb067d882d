"""Whether files are those that were promised, by the manifest of their download or by the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from limner.models.digest import Digest
from limner.models.library import Library
from limner.models.plan import Piece
from limner.models.shelf import MANIFEST, Shelf


@dataclass(frozen=True, slots=True)
class Complaint:
    """On one file."""

    file: str
    what: str  # completes a sentence that begins with the file's name


def compare(folder: Path, library: Library) -> Iterator[Complaint]:
    """Reads every file of a model of which something was promised, and says which are others.

    Yields nothing for what nobody downloaded and the catalogue does not know.
    """
    for piece in _promised(folder, library):
        try:
            if complaint := _compare(piece, folder / piece.path):
                yield Complaint(piece.path, complaint)
        except OSError as error:
            yield Complaint(piece.path, f"cannot be read: {(error.strerror or str(error)).lower()}")


def _promised(folder: Path, library: Library) -> tuple[Piece, ...]:
    manifest = Shelf(folder.parent).read_manifest(folder.name) if (folder / MANIFEST).is_file() else None
    if manifest is not None:
        return manifest.pieces
    entry = next((entry for entry in library.entries if entry.name == folder.name), None)
    if entry is None or not folder.is_dir():
        return ()
    return tuple(
        Piece(file.path, source.repository, source.revision, file.path, file.size_bytes, file.sha256)
        for source in entry.sources
        for file in source.files
    )


def _compare(piece: Piece, file: Path) -> str:
    size_bytes = file.stat().st_size
    if piece.size_bytes and size_bytes != piece.size_bytes:
        return f"has {size_bytes} bytes and should have {piece.size_bytes}"
    digest = Digest(piece)
    if piece.sha256 or piece.git_sha1:
        digest.read(file)
        return digest.complaint()
    return ""
