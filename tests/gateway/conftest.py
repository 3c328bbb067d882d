from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from gateway.server import GatewayServer, listen
from gateway.settings import Settings
from tests.gateway.postgres import fresh_database, running_postgres
from tests.gateway.scripted import ScriptedArbiter, ScriptedService, serve_arbiter, serve_images


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder whose name is short enough for unix sockets, whatever the name of the test."""
    with tempfile.TemporaryDirectory(prefix="limner-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: sa.URL) -> Iterator[str]:
    """The URL of an empty database that gateways can share."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.db"
    return request.getfixturevalue("postgres")


@pytest.fixture
def settings(tmp_path: Path, sockets: Path) -> Settings:
    return Settings(
        port=0,
        database=f"sqlite:///{tmp_path}/jobs.db",
        images=f"{tmp_path}/images",
        t2i=(f"unix:{sockets}/t2i",),
        edit=(),
        tiling=(),
        arbiter=f"unix:{sockets}/arbiter",
        models_dir=tmp_path / "models",
        frontend=tmp_path / "page",
    )


@pytest.fixture
async def service(sockets: Path) -> AsyncIterator[ScriptedService]:
    service = ScriptedService()
    async with serve_images(sockets / "t2i", service):
        yield service


@pytest.fixture
async def arbiter(sockets: Path) -> AsyncIterator[ScriptedArbiter]:
    arbiter = ScriptedArbiter()
    async with serve_arbiter(sockets / "arbiter", arbiter):
        yield arbiter


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running gateway; a test that wants a service asks for it before."""
    async with running_gateway(settings) as client:
        yield client


@asynccontextmanager
async def running_gateway(settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    listener = listen(settings)
    listener.listen()  # so that a client may come before the server's first turn
    port = listener.getsockname()[1]
    async with GatewayServer.open(settings) as server:
        serving = asyncio.create_task(server.serve([listener]))
        try:
            # There is no TLS here, and loading certificates takes longer than most tests.
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=60, verify=False
            ) as client:
                yield client
        finally:
            server.should_exit = True
            await serving
