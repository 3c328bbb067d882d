"""What an operator may set, as LIMNER_ARBITER_<NAME>."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.arbiter.discovery import Kind
from services.arbiter.static import StaticCard
from services.rpc.settings import ServingSettings


class Settings(ServingSettings):
    """Settings of the arbiter."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_ARBITER_")

    listen: str = Field(
        default="unix:arbiter.sock", description="Address to serve on: unix:/path or host:port."
    )
    run_dir: Path = Field(
        default=Path("run"), description="Folder of the ledger and of holders/, the lock files."
    )
    batch_s: float = Field(
        default=30.0,
        ge=0,
        description="How long a busy model at least keeps a device that another waits for.",
    )
    ram_budget_bytes: int | None = Field(
        default=None,
        ge=0,
        description="What cpu:0 may grant; by default 70 % of the memory this machine lets us use.",
    )
    state_dir: Path | None = Field(
        default=None,
        description="Folder of what was learnt about models, kept across reboots; by default run_dir.",
    )
    probe: Kind = Field(
        default="auto",
        description="Whose cards to look for: auto (NVIDIA, else host memory), nvidia, amd, apple or ram.",
    )
    cards: tuple[StaticCard, ...] = Field(
        default=(),
        description='Cards nobody can look at, as JSON: [{"id": "GPU-…", "total_bytes": 17179869184}].',
    )
