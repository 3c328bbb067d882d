from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from services.pipelines.settings import ReplicaSettings


class Settings(ReplicaSettings):
    """Those of the text-to-image service; each from LIMNER_T2I_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_T2I_", frozen=True)

    listen: str = "127.0.0.1:7011"
    holder: str = "t2i"
    worker_module: str = "services.t2i.engine"
    compile: bool = False  # the blocks of models that are resident as a whole; a slow start for fast steps
