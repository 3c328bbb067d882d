from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from limner.trust import Trust

_HOME = Path.home() / ".limner"


class Settings(BaseSettings):
    """What the gateway is told by its environment, each name prefixed with LIMNER_GATEWAY_."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_GATEWAY_", frozen=True)

    host: str = Field(
        default="127.0.0.1", description="Address to listen on; only loopback while there are no tokens."
    )
    port: int = Field(default=8000, ge=0, le=65_535, description="TCP port; 0 takes a free one.")
    database: str = Field(
        default=f"sqlite:///{_HOME}/jobs.db", description="SQLAlchemy URL of the job database."
    )
    images: str = Field(default=f"{_HOME}/images", description="Folder of the images, or s3://bucket/prefix.")
    t2i: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(f"unix:{_HOME}/run/t2i.sock",),
        description="Addresses of the text-to-image replicas, separated by commas.",
    )
    edit: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(f"unix:{_HOME}/run/edit.sock",),
        description="Addresses of the edit replicas, separated by commas; empty switches editing off.",
    )
    tiling: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(f"unix:{_HOME}/run/tiling.sock",),
        description="Addresses of the tiling replicas, separated by commas; empty switches tiling off.",
    )
    arbiter: str = Field(
        default=f"unix:{_HOME}/run/arbiter.sock", description="Address of this host's arbiter."
    )
    trust: Trust = Field(
        default_factory=Trust, description="Whom to believe over a network; from LIMNER_TLS_… and its like."
    )
    results: Path = Field(
        default=_HOME / "tiling" / "results",
        description="Folder in which the tiling service leaves results that are too large to be sent.",
    )
    frontend: Path = Field(
        default=Path(__file__).parent.parent / "frontend" / "dist",
        description="Folder of the built page; may be absent.",
    )
    body_limit_bytes: int = Field(default=1024 * 1024, gt=0, description="Largest request body.")

    @field_validator("t2i", "edit", "tiling", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the gateway."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False
