from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studio import Studio, running_studio


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sends every test of the shared studio to the same xdist worker, so that one studio is enough."""
    for item in items:
        if "studio" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("studio"))


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio shared by all tests that leave it as it was."""
    with running_studio(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture
def fresh_studio(tmp_path: Path) -> Iterator[Studio]:
    """A studio for one test that hurts it."""
    with running_studio(tmp_path / "home") as running:
        yield running
