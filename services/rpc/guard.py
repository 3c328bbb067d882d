"""What a service on a network shows of itself and demands of its callers."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog

from limner.certificates import read_authority, read_identity
from limner.endpoint import Insecure, is_loopback, is_socket

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Guard:
    """The files by which callers know a service, and it them."""

    cert: Path  # PEM, with the chain
    key: Path
    tokens: Path  # as services.rpc.tokens reads it
    client_ca: Path | None = None  # when set, callers must show a certificate of this authority

    def credentials(self) -> grpc.ServerCredentials:
        """Returns TLS that reads its files for every connection; raises Insecure when they are unusable."""
        return grpc.dynamic_ssl_server_credentials(
            self._read(),
            self._read_again,  # pyright: ignore[reportArgumentType]  # gRPC's documentation has None, too.
            self.client_ca is not None,
        )

    def _read(self) -> grpc.ServerCertificateConfiguration:
        authority = read_authority(self.client_ca) if self.client_ca is not None else None
        return grpc.ssl_server_certificate_configuration([read_identity(self.cert, self.key)], authority)

    def _read_again(self) -> grpc.ServerCertificateConfiguration | None:
        try:
            return self._read()
        except Insecure as error:
            # None keeps the last one: a certificate and its key cannot be replaced in one instant.
            log.error("certificate not read again", problem=str(error))
            return None


def check_reach(address: str, guard: Guard | None) -> None:
    """Raises Insecure unless whoever reaches `address` is held off by TLS and tokens, or by this machine."""
    if is_socket(address):
        if guard is not None:
            raise Insecure(
                f"{address} is guarded by its file mode and takes no TLS; listen on host:port or leave the "
                "certificate, the key and the tokens out."
            )
    elif guard is None and not is_loopback(address):
        raise Insecure(
            f"{address} can be reached from other machines: set the service's TLS_CERT, TLS_KEY and "
            "TOKENS_FILE (`limner certs` makes the files), or listen on unix:/path or 127.0.0.1."
        )


def check_folder(socket: str) -> None:
    """Raises Insecure when others could put a socket of theirs in the place of `socket`."""
    folder = os.path.dirname(socket) or "."
    mode = stat.S_IMODE(os.stat(folder).st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX:
        raise Insecure(
            f"Others may write to {folder} (mode {mode:04o}), where the socket would lie; chmod it to 0700."
        )
