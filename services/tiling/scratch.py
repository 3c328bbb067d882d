"""The service's own folder: unfinished pictures, and results too large to be sent."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from limner.image.v1.image_pb2 import Image

KEPT_S = 24 * 3600.0
_RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Scratch:
    """Files by what they are of; what nobody comes back for is deleted after a day."""

    folder: Path
    inline_limit_bytes: int

    def unfinished(self, fingerprint: str) -> Path:
        """Returns the folder of the tiles of a request."""
        return self.folder / fingerprint[:32]

    def hand_over(self, file: Path) -> Image:
        """Returns the picture in a file: its bytes or, when they are too many to be sent, its digest.

        In that case the file is moved to `results` and named by the digest. Raises OSError.
        """
        if file.stat().st_size <= self.inline_limit_bytes:
            data = file.read_bytes()
            return Image(data=data, sha256=hashlib.sha256(data).hexdigest())
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        results = self.folder / _RESULTS
        results.mkdir(parents=True, exist_ok=True)
        file.replace(results / digest)
        return Image(uri=f"sha256:{digest}", sha256=digest)

    def sweep(self, now_s: float) -> None:
        """Deletes tiles of pictures that were given up, and results that nobody has taken."""
        for entry in [*self.folder.glob("*"), *(self.folder / _RESULTS).glob("*")]:
            # What is taken meanwhile is gone without a word.
            with suppress(FileNotFoundError):
                if entry.name != _RESULTS and _touched_s(entry) < now_s - KEPT_S:
                    _delete(entry)


def _touched_s(entry: Path) -> float:
    return max(path.stat().st_mtime for path in [entry, *entry.rglob("*")])


def _delete(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry)
    else:
        entry.unlink()
