"""What can be said of a model file or folder: what it is, and whether it can be used. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from limner.models.architecture import Architecture, Part

_UNKNOWN = Architecture("", Part.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one file or folder."""

    name: str  # of the file or folder, as who asked knows it
    is_usable: bool
    reason: str  # one sentence: what it is, or why it cannot be used
    next_step: str = ""  # one sentence; empty for what is usable
    architecture: Architecture = _UNKNOWN
    dtype: str = ""  # of most weights, as safetensors names it
    parameters: int = 0
    size_bytes: int = 0
    parts: tuple[Verdict, ...] = ()  # of a folder

    @property
    def family(self) -> str:
        """The family it belongs to, also when it cannot be used; empty when nobody knows."""
        return self.architecture.family

    @property
    def part(self) -> Part:
        """What of a pipeline it is."""
        return self.architecture.part
