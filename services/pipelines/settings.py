from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class ReplicaSettings(BaseSettings):
    """Where a capability's replica listens and what it may use; each from the variable of that name."""

    model_config = SettingsConfigDict(frozen=True)

    listen: str  # host:port or unix:/path
    arbiter: str = "127.0.0.1:7010"
    holder: str  # unique among the replicas of one host
    holders_dir: Path = Path("holders")  # the arbiter's own folder of lock files
    models_dir: Path | None = None  # folders in diffusers layout; the built-in model needs none
    checkpoint_every_steps: int = 5
    worker_module: str  # what `python -m` starts as the worker
