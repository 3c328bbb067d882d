"""Which files a model's download consists of, pinned. Pure.

The same text lies beside an unfinished download, so that it goes on with what it began with, and in every
finished folder, where it says what was fetched from where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a repository, and where it belongs."""

    path: str  # in the model's folder
    repository: str
    commit: str
    source_path: str  # in the repository
    size_bytes: int
    sha256: str = ""
    git_sha1: str = ""  # of the blob, as git counts it; where the hub keeps a file in git itself


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be fetched for one model."""

    name: str
    pieces: tuple[Piece, ...]

    @property
    def total_bytes(self) -> int:
        """The size of all files together."""
        return sum(piece.size_bytes for piece in self.pieces)

    def commit_of(self, repository: str) -> str:
        """Returns the commit from which that repository's files come; empty if none does."""
        return next((piece.commit for piece in self.pieces if piece.repository == repository), "")

    def to_text(self) -> str:
        """Returns the plan as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Plan | None:
        """Returns the plan that was written down; None when the text is torn or of another kind."""
        try:
            found = json.loads(text)
            plan = cls(str(found["name"]), tuple(Piece(**piece) for piece in found["pieces"]))
        except (ValueError, KeyError, TypeError):
            return None
        return plan if all(is_inside(piece.path) for piece in plan.pieces) else None


def is_inside(path: str) -> bool:
    """Tells whether `path` names something below the folder that it is put together with, on every system."""
    parts = PurePosixPath(path).parts
    is_plain = path.isprintable() and not set(path) & set("\\:")
    return bool(parts) and is_plain and not path.startswith("/") and ".." not in parts


def outdated(before: Plan, now: Plan) -> list[str]:
    """Returns the paths of `before` whose content is no longer that of `now`."""
    # Where a file lies in which repository does not matter, only what is in it.
    kept = set(_contents(now.pieces))
    pairs = zip(before.pieces, _contents(before.pieces), strict=True)
    return [piece.path for piece, content in pairs if content not in kept]


def _contents(pieces: Iterable[Piece]) -> list[Piece]:
    return [replace(piece, repository="", commit="", source_path="") for piece in pieces]
