from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from limner.trust import Trust
from services.rpc.settings import ServingSettings


class ReplicaSettings(ServingSettings):
    """Where a capability's replica listens and what it may use; each from the variable of that name."""

    model_config = SettingsConfigDict(frozen=True)

    arbiter: str = "127.0.0.1:7010"
    trust: Trust = Field(default_factory=Trust)  # in the arbiter
    holder: str  # unique among the replicas of one host
    holders_dir: Path = Path("holders")  # the arbiter's own folder of lock files
    models_dir: Path | None = None  # folders in diffusers layout; the built-in model needs none
    cache_dir: Path | None = None  # of weights that were converted once; None: at every load, in memory
    checkpoint_every_steps: int = 5
    worker_module: str  # what `python -m` starts as the worker
