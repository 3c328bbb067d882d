"""`limner certs`, by what real servers make of its files."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from grpc import aio

from limner.channel import connect
from limner.trust import Trust
from services.rpc.guard import Guard
from services.rpc.server import open_server


def certs(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "limner.cli", "certs", "--out", str(out), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def guard(folder: Path) -> Guard:
    return Guard(
        folder / "server.pem", folder / "server-key.pem", folder / "tokens", client_ca=folder / "ca.pem"
    )


def trust(folder: Path) -> Trust:
    return Trust(
        tls_ca=folder / "ca.pem",
        tls_cert=folder / "client.pem",
        tls_key=folder / "client-key.pem",
        grpc_token_file=folder / "token",
    )


async def is_let_in(server: Path, client: Path) -> bool:
    async with (
        open_server("127.0.0.1:0", [], [], guard=guard(server), grace_s=0) as address,
        connect(address, trust(client)) as channel,
    ):
        try:
            await channel.unary_unary("/no.Such/Method")(b"", timeout=10)
        except aio.AioRpcError as error:
            return error.code().name == "UNIMPLEMENTED"
    return False


async def test_services_and_callers_that_share_a_folder_understand_each_other(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        answer = certs(folder, "--host", "studio.example", "--host", "10.1.2.3")
        assert answer.returncode == 0, answer.stderr
        assert (folder / "token").read_text().strip() not in answer.stdout
    assert await is_let_in(ours, ours)
    assert not await is_let_in(ours, theirs)
    alternatives = (
        x509.load_pem_x509_certificate((ours / "server.pem").read_bytes())
        .extensions.get_extension_for_class(x509.SubjectAlternativeName)
        .value
    )
    assert alternatives.get_values_for_type(x509.DNSName) == ["studio.example", "localhost"]
    assert [str(each) for each in alternatives.get_values_for_type(x509.IPAddress)] == [
        "10.1.2.3",
        "127.0.0.1",
        "::1",
    ]


async def test_renewed_certificates_fit_those_in_use(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    certs(folder)
    kept = {name: (folder / name).read_bytes() for name in ("ca.pem", "token", "tokens")}
    old = (folder / "server.pem").read_bytes()
    again = certs(folder)
    assert (again.returncode, "renew it with --force" in again.stderr) == (2, True)
    assert (folder / "server.pem").read_bytes() == old
    assert certs(folder, "--force").returncode == 0
    assert (folder / "server.pem").read_bytes() != old
    assert {name: (folder / name).read_bytes() for name in kept} == kept
    assert await is_let_in(folder, folder)


def test_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    certs(folder)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    private = {name for name, mode in modes.items() if mode == 0o600}
    assert private == {"ca-key.pem", "server-key.pem", "client-key.pem", "token"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("host", ["studio:7011", "https://studio", "a b", "-x", ""])
def test_what_is_no_host_is_refused(tmp_path: Path, host: str) -> None:
    answer = certs(tmp_path / "papers", f"--host={host}")
    assert (answer.returncode, answer.stderr.count("\n")) == (2, 1)
    assert f"--host is {host!r}" in answer.stderr
    assert not (tmp_path / "papers").exists()


def test_half_an_authority_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("somebody's")
    answer = certs(tmp_path)
    assert (answer.returncode, "without ca-key.pem" in answer.stderr) == (2, True)
    assert [file.name for file in tmp_path.iterdir()] == ["ca.pem"]


def test_an_authority_that_is_none_is_refused(tmp_path: Path) -> None:
    for name in ("ca.pem", "ca-key.pem"):
        (tmp_path / name).write_text("junk")
    answer = certs(tmp_path)
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert "cannot be used" in answer.stderr
