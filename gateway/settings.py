from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.retention import Policy
from limner.trust import Trust

_HOME = Path.home() / ".limner"
_HOST = re.compile(r"\[?[0-9A-Fa-f:.]+\]?|[A-Za-z0-9._-]+")
_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_DAY_S = 24 * 3600.0


def _find_page() -> Path:
    here = Path(__file__).parent
    packaged = here / "site"  # in a wheel; from a source tree the page is where it is built
    return packaged if packaged.is_dir() else here.parent / "frontend" / "dist"


class Settings(BaseSettings):
    """What the gateway is told by its environment, each name prefixed with LIMNER_GATEWAY_."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_GATEWAY_", frozen=True)

    host: str = Field(
        default="127.0.0.1", description="Address to listen on; only loopback while there are no tokens."
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Names and addresses, separated by commas, under which the gateway is reached besides "
        "those of loopback and `host`.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins, separated by commas, whose pages may call the gateway, e.g. https://app.example.",
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
    replicas_file: Path | None = Field(
        default=None,
        description="JSON file of the replicas of each service, read again when it changes; it is taken "
        "instead of the three before.",
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
    models_dir: Path | None = Field(
        default=_HOME / "models",
        description="Folder of the models on this machine, which services read too; empty switches the list "
        "of models and downloads off.",
    )
    frontend: Path = Field(
        default_factory=_find_page,
        description="Folder of the built page; may be absent.",
    )
    keep_days: float | None = Field(
        default=None, gt=0, description="Days after which an ended job goes, unless starred; default: never."
    )
    keep_bytes: int | None = Field(
        default=None,
        ge=0,
        description="Bytes of all images beyond which the oldest ended jobs go, unless starred; "
        "default: no limit.",
    )
    keep_uploads_hours: float = Field(
        default=24, gt=0, description="Hours after which an upload goes that no job refers to."
    )
    keep_events_days: float = Field(
        default=7, gt=0, description="Days for which the events of an ended job are kept."
    )
    body_limit_bytes: int = Field(default=1024 * 1024, gt=0, description="Largest request body.")
    body_patience_s: float = Field(
        default=20.0, gt=0, description="How long a body may take beyond what its size explains."
    )
    max_waiting_jobs: int = Field(
        default=100_000, gt=0, description="How many jobs may wait in the whole studio."
    )
    probe_secret: SecretStr | None = Field(
        default=None,
        description="What may ask for /readyz and /metrics without being a token; `limner run` draws it.",
    )

    @field_validator("t2i", "edit", "tiling", "allowed_hosts", "allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("models_dir", mode="before")
    @classmethod
    def _leave_out(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("allowed_hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host; write a name or an address, without scheme and port")
        return tuple(host.strip("[]").lower() for host in value)

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is no origin; write it like https://app.example or http://a:8080"
                )
        return tuple(origin.lower() for origin in value)

    @property
    def retention(self) -> Policy:
        """How long things are kept."""
        return Policy(
            jobs_s=self.keep_days * _DAY_S if self.keep_days is not None else None,
            images_bytes=self.keep_bytes,
            uploads_s=self.keep_uploads_hours * 3600,
            events_s=self.keep_events_days * _DAY_S,
        )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the gateway."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False
