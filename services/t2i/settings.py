from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the text-to-image service listens and what it may use; each from LIMNER_T2I_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_T2I_", frozen=True)

    listen: str = "127.0.0.1:7011"  # or unix:/path
    arbiter: str = "127.0.0.1:7010"
    holder: str = "t2i"  # unique among the replicas of one host
    holders_dir: Path = Path("holders")  # the arbiter's own folder of lock files
    models_dir: Path | None = None  # folders in diffusers layout; the built-in model needs none
    checkpoint_every_steps: int = 5
    worker_module: str = "services.t2i.engine"  # what `python -m` starts as the worker
