"""Where a service listens, and where it would rather not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from limner.endpoint import Insecure
from tests.rpc.guarded import describe, serving
from tests.rpc.papers import Papers


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "studio.example:7011", "dns:///studio:7011"])
async def test_plain_text_is_not_served_to_other_machines(address: str) -> None:
    with pytest.raises(Insecure, match="TLS_CERT, TLS_KEY and TOKENS_FILE"):
        async with serving(None, address):
            pass


async def test_plain_text_stays_possible_on_this_machine() -> None:
    async with serving(None) as address:
        assert await describe(address, None) == 7


async def test_a_socket_takes_no_tls(papers: Papers, tmp_path: Path) -> None:
    with pytest.raises(Insecure, match="guarded by its file mode"):
        async with serving(papers.guard(), f"unix:{tmp_path}/s"):
            pass


async def test_a_socket_where_others_may_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(Insecure, match="mode 0777"):
        async with serving(None, f"unix:{folder}/s"):
            pass
    folder.chmod(0o700)
    async with serving(None, f"unix:{folder}/s") as address:
        assert (folder / "s").stat().st_mode & 0o777 == 0o600
        assert await describe(address, None) == 7


@pytest.mark.parametrize("missing", ["cert", "key", "tokens", "client_ca"])
async def test_an_unreadable_file_is_named_at_the_start(papers: Papers, missing: str) -> None:
    guard = replace(papers.guard(papers.ca), **{missing: papers.folder / "absent"})
    with pytest.raises(Insecure, match="absent"):
        async with serving(guard):
            pass
