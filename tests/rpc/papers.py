"""Certificates and tokens for tests, made by trustme."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import trustme

from limner.trust import Trust
from services.rpc.guard import Guard

TOKEN = "a-token-that-must-not-be-seen-anywhere"


@dataclass(frozen=True, slots=True)
class Papers:
    """The files of one authority, of a service and of a caller."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def guard(self, client_ca: Path | None = None) -> Guard:
        return Guard(
            self.folder / "server.pem", self.folder / "server-key.pem", self.folder / "tokens", client_ca
        )

    def trust(self, *, token: Path | None = None, shows_certificate: bool = False) -> Trust:
        cert, key = self.folder / "client.pem", self.folder / "client-key.pem"
        return Trust(
            tls_ca=self.ca,
            tls_cert=cert if shows_certificate else None,
            tls_key=key if shows_certificate else None,
            grpc_token_file=token,
        )

    @property
    def token(self) -> Path:
        return self.folder / "token"

    def write_token(self, name: str, token: str) -> Path:
        file = self.folder / name
        file.write_text(token)
        return file

    def admit(self, *tokens: str) -> None:
        lines = [f"{hashlib.sha256(token.encode()).hexdigest()}  somebody\n" for token in tokens]
        (self.folder / "tokens").write_text("# who may call\n" + "".join(lines))


def issue(folder: Path, *names: str) -> Papers:
    """Returns papers of a new authority, for a service of those names, or on 127.0.0.1, that takes TOKEN."""
    folder.mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name, leaf in {
        "server": authority.issue_cert(*(names or ("localhost", "127.0.0.1"))),
        "client": authority.issue_cert("client"),
    }.items():
        leaf.private_key_pem.write_to_path(folder / f"{name}-key.pem")
        leaf.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    papers = Papers(folder)
    papers.write_token("token", f"{TOKEN}\n")
    papers.admit(TOKEN)
    return papers
