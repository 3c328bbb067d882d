"""The schema of catalogue.toml: what may be said of a model, and what must."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from limner.models.entry import Kind, Mode, Tier

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_DIGEST = r"^([0-9a-f]{64})?$"
_REVISION = r"^(main|[0-9a-f]{40})$"
_Px = Annotated[int, Field(ge=16, le=16_384)]
_Size = tuple[_Px, _Px]
_Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileSchema(_Strict):
    """A file of a repository."""

    path: str
    size_bytes: _Count = 0
    sha256: Annotated[str, Field(pattern=_DIGEST)] = ""

    @field_validator("path")
    @classmethod
    def _is_inside(cls, path: str) -> str:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
            raise ValueError("a path stays inside its repository")
        return path


class FileSetSchema(_Strict):
    """Files that several repositories have alike."""

    files: tuple[FileSchema, ...] = ()
    patterns: tuple[str, ...] = ()


class SourceSchema(FileSetSchema):
    """A repository."""

    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(pattern=_REVISION)] = "main"
    filesets: tuple[str, ...] = ()
    folder: str = ""


class PresetSchema(_Strict):
    """What a mode means."""

    name: Mode
    steps: Annotated[int, Field(ge=1, le=200)]
    guidance_scale: Annotated[float, Field(ge=0, le=30)]
    adapter: str = ""


class WeightsSchema(_Strict):
    """Parameters by part."""

    transformer: _Count = 0
    text_encoder: _Count = 0
    vae: _Count = 0
    control: _Count = 0
    adapter: _Count = 0


class FamilySchema(_Strict):
    """What an entry need not say itself."""

    license: Annotated[str, Field(min_length=1)]
    license_url: Annotated[str, Field(pattern=r"^https://")]
    commercial_use: bool
    opt_in: bool = False
    native_px: _Size
    further_native_px: tuple[_Size, ...] = ()
    min_side_px: _Px = 256
    max_side_px: _Px = 2048
    size_multiple_px: _Px = 16
    tiers: tuple[Tier, ...] = ()
    weights: WeightsSchema = WeightsSchema()
    obstacle: str = ""
    presets: tuple[PresetSchema, ...] = ()


class EntrySchema(FamilySchema):
    """A model."""

    name: Annotated[str, Field(pattern=f"^{_NAME.pattern}$")]
    title: Annotated[str, Field(min_length=1)]
    family: str
    kind: Kind = Kind.CHECKPOINT
    note: str = ""
    skills: tuple[str, ...]
    bases: tuple[str, ...] = ()
    slot: str = ""
    sources: tuple[SourceSchema, ...] = ()

    @model_validator(mode="after")
    def _is_sound(self) -> EntrySchema:
        if not self.commercial_use and not self.opt_in:
            raise ValueError("a model without commercial use is opt-in")
        if (self.kind is Kind.CHECKPOINT) == bool(self.bases):
            raise ValueError("what is no checkpoint names its bases, and a checkpoint none")
        if self.kind is Kind.CHECKPOINT and [preset.name for preset in self.presets] != list(Mode):
            raise ValueError("a checkpoint has the presets draft, normal and best, in that order")
        return self
