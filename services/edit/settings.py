from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from services.pipelines.settings import ReplicaSettings


class Settings(ReplicaSettings):
    """Those of the edit service; each from LIMNER_EDIT_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_EDIT_", frozen=True)

    listen: str = "127.0.0.1:7012"
    holder: str = "edit"
    worker_module: str = "services.edit.engine"
