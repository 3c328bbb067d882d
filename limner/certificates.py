"""Certificates and keys as files, tried before gRPC gets them, for it does not say what is wrong with one."""

from __future__ import annotations

import ssl
from pathlib import Path

from limner.endpoint import Insecure


def read_authority(file: Path) -> bytes:
    """Returns the PEM certificates in `file`; raises Insecure when there are none."""
    pem = _read(file)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError) as error:
        raise Insecure(
            f"{file} holds no PEM certificate of an authority; `limner certs` makes one."
        ) from error
    return pem


def read_identity(chain: Path, key: Path) -> tuple[bytes, bytes]:
    """Returns key and certificate chain as PEM; raises Insecure unless they belong together."""
    pems = _read(key), _read(chain)
    try:
        # An empty password, for otherwise an encrypted key would be asked for at a terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise Insecure(
            f"{chain} and {key} are no PEM certificate with its unencrypted key; `limner certs` makes a pair."
        ) from error
    return pems


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Insecure(f"{file} cannot be read: {(error.strerror or str(error)).lower()}.") from error
