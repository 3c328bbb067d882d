"""`limner certs`: what services and their callers need to trust each other over a network."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.failure import CommandFailed
from limner.cli.options import ForceOption
from limner.cli.refusal import BAD_INPUT
from limner.endpoint import Insecure
from limner.trust import read_token

if TYPE_CHECKING:
    from limner.authority import Identity

_LOCAL = ("localhost", "127.0.0.1", "::1")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_RENEWED = ("server.pem", "server-key.pem", "client.pem", "client-key.pem")
# Browsers refuse more, and so may other clients.
_DAYS = 825


def certs(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; keep ca-key.pem in it secret.")],
    host: Annotated[
        list[str] | None,
        typer.Option("--host", metavar="NAME", help="Name or address of a host with services; repeat."),
    ] = None,
    days: Annotated[int, typer.Option(help="How long the certificates are good.", min=1, max=3650)] = _DAYS,
    force: ForceOption = False,
) -> None:
    """Make certificates and a token for services on several machines.

    An authority and a token that lie there already are kept, so that renewed certificates fit what is in use.
    """
    hosts = [*map(_check_host, host or ()), *_LOCAL]
    there = [name for name in _RENEWED if (out / name).exists()]
    if there and not force:
        raise CommandFailed(f"{out / there[0]} is there already; renew it with --force.", BAD_INPUT)
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(out, _make(out, list(dict.fromkeys(hosts)), datetime.now(UTC), timedelta(days=days)))
    except OSError as error:
        raise CommandFailed(
            f"{out} cannot be written to: {(error.strerror or str(error)).lower()}."
        ) from error
    print(
        f"A service gets server.pem, server-key.pem and tokens, a caller ca.pem and token; see {out}.\n"
        "Where services demand certificates of their callers, those get client.pem and client-key.pem too.\n"
        "ca-key.pem signs new certificates; keep it where no service runs."
    )


def _check_host(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        if _HOST.fullmatch(host) and len(host) <= 253:
            return host
    text = f"--host is {host!r}; it must be the name or the address of a machine, without port."
    raise CommandFailed(text, BAD_INPUT)


def _make(out: Path, hosts: Sequence[str], now: datetime, lasts: timedelta) -> dict[str, bytes]:
    try:
        from limner.authority import (
            certify_client,
            certify_server,
        )  # With the gateway alone it may be absent.
    except ModuleNotFoundError as error:
        raise CommandFailed(
            "`limner certs` needs the package cryptography: pip install cryptography"
        ) from error
    authority = _authority(out, now)
    try:
        server = certify_server(authority, hosts, now, lasts)
        client = certify_client(authority, "limner-client", now, lasts)
    except ValueError as error:
        raise CommandFailed(
            f"The authority in {out} cannot be used: {error}; choose another --out."
        ) from error
    token = _token(out)
    return {
        "ca.pem": authority.cert,
        "ca-key.pem": authority.key,
        "server.pem": server.cert,
        "server-key.pem": server.key,
        "client.pem": client.cert,
        "client-key.pem": client.key,
        "token": f"{token}\n".encode(),
        "tokens": f"{hashlib.sha256(token.encode()).hexdigest()}  limner-client\n".encode(),
    }


def _authority(out: Path, now: datetime) -> Identity:
    from limner.authority import Identity, found

    cert, key = out / "ca.pem", out / "ca-key.pem"
    if cert.exists() != key.exists():
        lonely, absent = (cert, key) if cert.exists() else (key, cert)
        raise CommandFailed(f"{lonely} is there without {absent.name}; choose another --out.", BAD_INPUT)
    return Identity(cert.read_bytes(), key.read_bytes()) if cert.exists() else found(now)


def _token(out: Path) -> str:
    file = out / "token"
    try:
        return read_token(file) if file.exists() else secrets.token_urlsafe(32)
    except Insecure as error:
        raise CommandFailed(str(error), BAD_INPUT) from error


def _write(out: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        # At once, for a service may be reading; what mkstemp makes is for its owner alone.
        handle, half = tempfile.mkstemp(dir=out, prefix=f".{name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if name in {"ca.pem", "server.pem", "client.pem", "tokens"}:
            os.chmod(half, 0o644)
        os.replace(half, out / name)
