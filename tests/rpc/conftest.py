from __future__ import annotations

from pathlib import Path

import pytest

from tests.rpc.papers import Papers, issue


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    return issue(tmp_path / "papers")
