from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from limner.channel import INLINE_LIMIT_BYTES
from services.pipelines.settings import ReplicaSettings


class Settings(ReplicaSettings):
    """Those of the tiling service; each from LIMNER_TILING_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_TILING_", frozen=True)

    listen: str = "127.0.0.1:7013"
    holder: str = "tiling"
    worker_module: str = "services.tiling.engine"
    scratch_dir: Path = Path("tiling")  # unfinished pictures, tile by tile; a worker goes on from them
    inline_limit_bytes: int = Field(default=INLINE_LIMIT_BYTES, ge=0, le=INLINE_LIMIT_BYTES)  # of results
