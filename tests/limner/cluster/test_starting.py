"""A cluster that cannot be had is said to be so at once, with what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from limner.cluster.wanted import WANTED
from tests.studio import free_port, studio_environment


def up(home: Path, *arguments: str) -> str:
    """Returns what is said by a command that has failed."""
    home.mkdir(exist_ok=True)
    ended = subprocess.run(
        [sys.executable, "-m", "limner.cli", "up", "--cluster", *arguments],
        env=studio_environment(home, free_port()),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "nowhere.invalid:6379", "127.0.0.1:port", "127.0.0.1:99999"]
)
def test_an_address_where_no_cluster_is_is_named(address: str, tmp_path: Path) -> None:
    said = up(tmp_path / "home", "--address", address)
    assert said.startswith(f"limner: No Ray cluster answers at --address {address}; start one with")


def test_counts_that_cannot_be_read_are_named_with_their_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / WANTED).write_text('{"t2i": "many"}')
    said = up(home, "--nodes", "1")
    assert (
        said == "limner: t2i is 'many'; write a number like 4, or two like 1..4; mend "
        f"{home / WANTED}, or remove it to start with one of each."
    )
