from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from limner.endpoint import Insecure
from services.rpc.errors import Unauthenticated
from services.rpc.tokens import check_caller, read_digests

DIGESTS = tuple(hashlib.sha256(token).digest() for token in (b"one", b"two"))


@pytest.mark.parametrize("header", ["Bearer one", "bearer two", "BEARER  two"])
def test_any_of_the_tokens_is_enough(header: str) -> None:
    check_caller([("user-agent", "x"), ("authorization", header)], DIGESTS)


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        [("authorization", "")],
        [("authorization", "one")],
        [("authorization", "Basic one")],
        [("authorization", "Bearer")],
        [("authorization", "Bearer three")],
        [("authorization", "Bearer one two")],
        [("authorization", "Bearer one"), ("authorization", "Bearer two")],
        [("authorization-bin", b"Bearer one")],
        [("authorization", f"Bearer {DIGESTS[0].hex()}")],
    ],
)
def test_everything_else_is_refused(metadata: list[tuple[str, str | bytes]]) -> None:
    with pytest.raises(Unauthenticated):
        check_caller(metadata, DIGESTS)


def test_digests_have_names_and_comments_beside_them(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# callers\n\n{DIGESTS[0].hex()}\n{DIGESTS[1].hex().upper()}  gateway # since May\n")
    assert read_digests(file) == DIGESTS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no digest"),
        ("# nothing\n", "no digest"),
        (f"{DIGESTS[0].hex()}\ntwo\n", "Line 2"),
        (f"{DIGESTS[0].hex()[:-1]}\n", "Line 1"),
    ],
)
def test_a_file_without_digests_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(text)
    with pytest.raises(Insecure, match=says):
        read_digests(file)
