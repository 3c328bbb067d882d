"""Whom a client of the services believes, and how it proves who it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self

import grpc
from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from limner.certificates import read_authority, read_identity
from limner.endpoint import Insecure

# RFC 6750, section 2.1.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def _to_none(value: object) -> object:
    return None if value == "" else value


# Compose files and unit files set what is not used to nothing.
OptionalFile = Annotated[Path | None, BeforeValidator(_to_none)]


class Trust(BaseSettings):
    """What a client of the services is told by its environment; each from LIMNER_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LIMNER_", frozen=True)

    tls_ca: OptionalFile = Field(
        default=None, description="Certificates of the authority that services must be signed by; PEM."
    )
    tls_cert: OptionalFile = Field(
        default=None, description="Certificate to show to services that demand one; PEM."
    )
    tls_key: OptionalFile = Field(default=None, description="Key of tls_cert; PEM, not encrypted.")
    tls_server_name: str = Field(
        default="",
        description="Name that the services' certificates carry, where their addresses come and go; by "
        "default each carries its address.",
    )
    grpc_token_file: OptionalFile = Field(
        default=None,
        description="File with the token to send; read for every call, so that it can be changed.",
    )

    @model_validator(mode="after")
    def _be_complete(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            alone, other = ("CERT", "KEY") if self.tls_key is None else ("KEY", "CERT")
            raise Insecure(f"LIMNER_TLS_{alone} is set without LIMNER_TLS_{other}; set both or neither.")
        if self.tls_ca is None:
            for name in ("tls_cert", "grpc_token_file"):
                if (file := getattr(self, name)) is not None:
                    raise Insecure(
                        f"LIMNER_{name.upper()} is {file}, but it only travels under TLS and LIMNER_TLS_CA "
                        "is not set; set that to the certificate of the services' authority."
                    )
        return self

    def credentials(self) -> grpc.ChannelCredentials | None:
        """Returns what TLS needs, None without an authority; raises Insecure for unusable files."""
        if self.tls_ca is None:
            return None
        key, chain = None, None
        if self.tls_cert is not None and self.tls_key is not None:
            key, chain = read_identity(self.tls_cert, self.tls_key)
        channel = grpc.ssl_channel_credentials(read_authority(self.tls_ca), key, chain)
        if self.grpc_token_file is None:
            return channel
        read_token(self.grpc_token_file)
        bearer = grpc.metadata_call_credentials(_Bearer(self.grpc_token_file))
        return grpc.composite_channel_credentials(channel, bearer)


def read_token(file: Path) -> str:
    """Returns the one token in `file`; raises Insecure, without quoting what it found instead."""
    try:
        token = file.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise Insecure(f"{file} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    if not _TOKEN.fullmatch(token):
        raise Insecure(
            f"{file} does not hold one token of letters, digits and -._~+/ alone; `limner certs` makes one."
        )
    return token


class _Bearer(grpc.AuthMetadataPlugin):
    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, context: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None:
        try:
            token = read_token(self._file)
        except Insecure as error:
            callback((), error)
        else:
            callback((("authorization", f"Bearer {token}"),), None)
