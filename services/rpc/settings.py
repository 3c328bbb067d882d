from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from limner.endpoint import Insecure
from limner.trust import OptionalFile
from services.rpc.guard import Guard, check_reach


class ServingSettings(BaseSettings):
    """Where a service listens and how it is guarded there; Insecure is raised where that leaves it open."""

    listen: str = Field(description="Address to serve on: unix:/path or host:port.")
    tls_cert: OptionalFile = Field(
        default=None, description="Certificate of the service with its chain; PEM."
    )
    tls_key: OptionalFile = Field(default=None, description="Key of tls_cert; PEM, not encrypted.")
    tls_client_ca: OptionalFile = Field(
        default=None, description="Authority whose certificates callers must show; none need one without it."
    )
    tokens_file: OptionalFile = Field(
        default=None, description="SHA-256 digests of the tokens that callers may send, one a line."
    )

    @property
    def guard(self) -> Guard | None:
        """What callers over a network meet; None where only this machine can call."""
        if self.tls_cert is None or self.tls_key is None or self.tokens_file is None:
            return None
        return Guard(self.tls_cert, self.tls_key, self.tokens_file, self.tls_client_ca)

    @model_validator(mode="after")
    def _be_guarded(self) -> Self:
        needed = {"tls_cert": self.tls_cert, "tls_key": self.tls_key, "tokens_file": self.tokens_file}
        given = {name for name, file in {**needed, "tls_client_ca": self.tls_client_ca}.items() if file}
        missing = [self._variable(name) for name in needed if name not in given]
        if given and missing:
            names = " and ".join(self._variable(name) for name in sorted(given))
            raise Insecure(f"{names} cannot do without {' and '.join(missing)}; set all of them or none.")
        try:
            check_reach(self.listen, self.guard)
        except Insecure as error:
            raise Insecure(f"{self._variable('listen')}: {error}") from error
        return self

    def _variable(self, name: str) -> str:
        return f"{self.model_config.get('env_prefix', '')}{name.upper()}"
