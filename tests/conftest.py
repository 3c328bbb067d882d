from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.studio import Studio, running_studio

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

# Everything that uses the shared studio runs in one xdist worker, so that one studio is enough.
_STUDIO = (
    "tests/e2e/",
    "tests/limner/test_client.py",
    "tests/limner/test_commands.py",
    "tests/limner/test_examples.py",
    "tests/limner/test_openai_client.py",
    "tests/limner/test_queue_commands.py",
    "tests/limner/test_run.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Keeps the tests of a file together, and those of the shared studio.

    It stands in for xdist's own loadgroup, whose marks pytest 9.2 ignores: xdist 3.8 writes them into
    `Item._nodeid`, which is no more.
    """
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "studio" if nodeid.startswith(_STUDIO) else nodeid.partition("::")[0]

    return ByFile(config, log)


@pytest.fixture(scope="session")
def layered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder's only checkpoint, an untrained layered one."""
    from tests.layered import write_layered  # imports torch, which most tests do without

    return write_layered(tmp_path_factory.mktemp("models"))


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
