"""Whether a file's content is what was promised."""

from __future__ import annotations

import hashlib
from pathlib import Path

from limner.models.plan import Piece

_CHUNK_BYTES = 4 * 2**20


class Digest:
    """The checksum of a piece, while its bytes come."""

    def __init__(self, piece: Piece) -> None:
        self._piece = piece
        self._is_git = not piece.sha256 and bool(piece.git_sha1)
        if self._is_git:
            # https://git-scm.com/book/en/v2/Git-Internals-Git-Objects; nothing secret hangs on it.
            head = f"blob {piece.size_bytes}\0".encode()
            self._hash = hashlib.sha1(head, usedforsecurity=False)
        else:
            self._hash = hashlib.sha256()

    def update(self, data: bytes) -> None:
        """Takes the next bytes."""
        self._hash.update(data)

    def read(self, path: Path) -> int:
        """Takes what is in a file, and returns how much that was. Raises OSError."""
        count_bytes = 0
        with path.open("rb", buffering=0) as file:
            while data := file.read(_CHUNK_BYTES):
                self._hash.update(data)
                count_bytes += len(data)
        return count_bytes

    def complaint(self) -> str:
        """Returns what is wrong, in words; empty when all is well, or nothing was promised but the size."""
        promised = self._piece.git_sha1 if self._is_git else self._piece.sha256
        found = self._hash.hexdigest()
        if not promised or found == promised:
            return ""
        kind = "git's SHA-1" if self._is_git else "SHA-256"
        return f"its {kind} is {found} and must be {promised}"
