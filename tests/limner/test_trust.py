"""What a client is told by its environment, and what it does not send."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner.channel import connect
from limner.endpoint import Insecure
from limner.trust import Trust, read_token


def test_nothing_set_is_nothing_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_TLS_CA", "")
    assert Trust().credentials() is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"TLS_CA": "/ca", "TLS_CERT": "/c"}, "LIMNER_TLS_CERT is set without LIMNER_TLS_KEY"),
        ({"TLS_CA": "/ca", "TLS_KEY": "/k"}, "LIMNER_TLS_KEY is set without LIMNER_TLS_CERT"),
        ({"GRPC_TOKEN_FILE": "/t"}, "LIMNER_GRPC_TOKEN_FILE is /t, but it only travels under TLS"),
        ({"TLS_CERT": "/c", "TLS_KEY": "/k"}, "LIMNER_TLS_CERT is /c, but it only travels under TLS"),
    ],
)
def test_half_a_trust_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], says: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"LIMNER_{name}", value)
    with pytest.raises(Insecure, match=says):
        Trust()


@pytest.mark.parametrize("content", [None, "", "not a certificate", "-----BEGIN CERTIFICATE-----\n"])
def test_an_unusable_authority_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Insecure, match=r"ca\.pem"):
        Trust(tls_ca=file).credentials()


@pytest.mark.parametrize("content", ["", "two words", "two\nlines", "ümlaut"])
def test_an_unusable_token_is_named_by_its_file_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    with pytest.raises(Insecure, match="does not hold one token") as caught:
        read_token(file)
    assert not content or content not in str(caught.value)


async def test_plain_text_does_not_leave_this_machine() -> None:
    with pytest.raises(Insecure, match=r"studio\.example:7011 would leave this machine .* LIMNER_TLS_CA"):
        async with connect("studio.example:7011", Trust()):
            pass
