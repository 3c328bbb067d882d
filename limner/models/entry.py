"""What is known of a model: where it comes from, what it may be used for and what it can do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an entry is."""

    CHECKPOINT = "checkpoint"  # paints by itself: a folder in diffusers layout
    CONTROL = "control"  # a ControlNet, beside a checkpoint
    LORA = "lora"  # changes a checkpoint's transformer; the library's, in the `loras` folder


class Tier(StrEnum):
    """How a model is held, best first."""

    FULL = "full"  # all weights resident, in the dtype of computation
    FP8 = "fp8"  # stored as float8_e4m3fn, resident, cast layer by layer
    NF4 = "nf4"  # 4 bits, prequantised once to a cache file, resident
    OFFLOAD = "offload"  # blocks come from host memory as a budget admits, prefetched
    STREAM = "stream"  # weights are read from disk block by block, and small tiles decode


class Mode(StrEnum):
    """What a picture may cost."""

    DRAFT = "draft"
    NORMAL = "normal"
    BEST = "best"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a repository."""

    path: str  # in the repository, with forward slashes
    size_bytes: int  # 0: not known
    sha256: str = ""  # empty: not known


@dataclass(frozen=True, slots=True)
class Source:
    """Files of one Hugging Face repository."""

    repository: str
    revision: str  # a commit; "main" where none could be verified
    files: tuple[File, ...]  # known by name
    patterns: tuple[str, ...] = ()  # globs of further ones; with neither files nor patterns, all safe ones
    folder: str = ""  # where they lie in the model's own folder; empty: at its root

    @property
    def is_pinned(self) -> bool:
        """Whether its revision is a commit, which never changes."""
        return len(self.revision) == _COMMIT_CHARACTERS


@dataclass(frozen=True, slots=True)
class Preset:
    """How to paint in one mode."""

    name: Mode
    steps: int
    guidance_scale: float
    adapter: str = ""  # the name of the entry of a LoRA that must be present; empty: none


@dataclass(frozen=True, slots=True)
class Weights:
    """How many parameters each part has; 0 where it has no such part."""

    transformer: int = 0
    text_encoder: int = 0
    vae: int = 0
    control: int = 0  # of one ControlNet
    adapter: int = 0  # of a LoRA

    @property
    def total(self) -> int:
        """All of them."""
        return self.transformer + self.text_encoder + self.vae + self.control + self.adapter


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalogue."""

    name: str  # also the name of its folder
    title: str
    family: str
    license: str
    license_url: str
    commercial_use: bool
    opt_in: bool  # fetched only by who accepts its licence by name
    sources: tuple[Source, ...]  # none: part of the package
    skills: frozenset[str]
    native_width_px: int
    native_height_px: int
    kind: Kind = Kind.CHECKPOINT
    note: str = ""  # one sentence for who chooses
    native_sizes_px: tuple[tuple[int, int], ...] = ()  # further ones that it was trained at: width, height
    min_side_px: int = 256
    max_side_px: int = 2048
    size_multiple_px: int = 16
    bases: tuple[str, ...] = ()  # entries beside which a ControlNet or LoRA works; none for checkpoints
    slot: str = ""  # where in a base's folder it is looked for; empty: in a folder of its own
    obstacle: str = ""  # one sentence: why this program cannot run it yet; empty: it can
    presets: tuple[Preset, ...] = ()
    tiers: tuple[Tier, ...] = ()
    weights: Weights = Weights()

    @property
    def total_bytes(self) -> int:
        """The sizes of its files together, as far as they are known."""
        return sum(file.size_bytes for source in self.sources for file in source.files)

    @property
    def expected_bytes(self) -> int:
        """What it takes on disk: as its files say, and where some do not, as 16-bit weights would."""
        files = [file for source in self.sources for file in source.files]
        is_known = all(file.size_bytes for file in files) and not any(
            pattern.endswith(_WEIGHTS_SUFFIX) for source in self.sources for pattern in source.patterns
        )
        return self.total_bytes if is_known else max(self.total_bytes, self.weights.total * _BYTES_PER_WEIGHT)

    @property
    def is_built_in(self) -> bool:
        """Whether it is part of the package, so that there is nothing to fetch."""
        return not self.sources

    def preset(self, mode: str) -> Preset | None:
        """Returns how it paints in `mode`; None when it has no such preset."""
        return next((preset for preset in self.presets if preset.name == mode), None)


_COMMIT_CHARACTERS = 40
_WEIGHTS_SUFFIX = ".safetensors"
_BYTES_PER_WEIGHT = 2
