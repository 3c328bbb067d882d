from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.jobs.database import DatabaseUnusable, migrate, open_database, using_database
from gateway.jobs.tables import metadata
from gateway.server import GatewayServer
from gateway.settings import Settings
from gateway.studio import CannotOpen
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import submit, until_status
from tests.gateway.scripted import ScriptedService
from tests.gateway.test_dispatch import Gate

IMAGE = "ab" * 32


@pytest.fixture
def engine(database: str) -> Iterator[sa.Engine]:
    engine = open_database(database)
    yield engine
    engine.dispose()


def insert(engine: sa.Engine, table: str, **values: Any) -> None:
    """Inserts a row as it was at a version of the tables, whatever columns they have now."""
    row = sa.table(table, *map(sa.column, values))
    with engine.begin() as connection:
        connection.execute(row.insert().values(values))


def read(engine: sa.Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def old_job(job_id: str, **more: Any) -> dict[str, Any]:
    picture = {"index": 0, "id": IMAGE, "width": 16, "height": 16, "seed": 7}
    return {
        "id": job_id,
        "owner": "",
        "capability": "t2i",
        "state": "succeeded",
        "priority": 2,
        "request": json.dumps({"prompt": "A Red circle"}),
        "request_hash": "",
        "attempt": 1,
        "losses": 0,
        "progress": "{}",
        "images": json.dumps([picture]),
        "created_at": 1.5,
        **more,
    }


def test_rows_survive_every_migration_up_and_down(engine: sa.Engine) -> None:
    migrate(engine, "base")
    migrate(engine, "0001")
    insert(engine, "jobs", **old_job("old"))
    insert(engine, "job_events", job_id="old", attempt=1, state="queued", snapshot="{}", created_at=1.5)
    migrate(engine, "0003")
    assert read(engine, "SELECT kind, prompt, holder FROM jobs") == [("text-to-image", "a red circle", None)]
    assert read(engine, "SELECT image_id, job_id FROM image_refs") == [(IMAGE, "old")]
    assert read(engine, "SELECT job_id FROM job_events") == [("old",)]
    more = {"kind": "image-edit", "prompt": "", "is_favourite": False}
    insert(engine, "jobs", **old_job("edit", capability="edit", **more))
    insert(engine, "job_events", job_id="edit", attempt=1, state="queued", snapshot="{}", created_at=1.5)
    migrate(engine, "0002")
    assert read(engine, "SELECT id FROM jobs ORDER BY id") == [("edit",), ("old",)]
    migrate(engine, "0001")
    assert read(engine, "SELECT id FROM jobs") == [("old",)]
    assert read(engine, "SELECT job_id FROM job_events") == [("old",)]
    migrate(engine)
    assert read(engine, "SELECT image_id, job_id FROM image_refs") == [(IMAGE, "old")]
    migrate(engine, "base")
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]


def test_what_jobs_cost_comes_and_goes_without_them(engine: sa.Engine) -> None:
    migrate(engine, "base")
    migrate(engine, "0003")
    newer = {"kind": "text-to-image", "prompt": "a red circle", "is_favourite": False}
    insert(engine, "jobs", **old_job("before", **newer))
    migrate(engine, "0004")
    insert(engine, "jobs", **old_job("after", **newer, performance=json.dumps({"tier": "full", "steps": 4})))
    assert read(engine, "SELECT id FROM jobs WHERE performance IS NULL") == [("before",)]
    migrate(engine, "0003")
    assert read(engine, "SELECT id FROM jobs ORDER BY id") == [("after",), ("before",)]
    migrate(engine)
    assert read(engine, "SELECT performance FROM jobs") == [(None,), (None,)]


def test_a_migration_that_breaks_off_changes_nothing(engine: sa.Engine) -> None:
    migrate(engine, "base")
    migrate(engine, "0001")
    insert(engine, "jobs", **old_job("old", request="[]"))  # no request, so the last migration fails
    with pytest.raises(AttributeError):
        migrate(engine)
    assert read(engine, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert "kind" not in {column["name"] for column in sa.inspect(engine).get_columns("jobs")}


def test_the_migrations_make_the_tables_that_are_used(engine: sa.Engine) -> None:
    found = sa.inspect(engine)
    for table in metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        indexes = {each["name"] for each in found.get_indexes(table.name) if not each.get("unique")}
        assert indexes == {index.name for index in table.indexes}


def test_gateways_that_start_at_once_migrate_once(postgres: str) -> None:
    together = threading.Barrier(4)
    failures: list[BaseException] = []

    def start() -> None:
        together.wait()
        try:
            open_database(postgres).dispose()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "postgresql://limner:secret@127.0.0.1:1/jobs?password=secret",
            "postgresql://limner:***@127.0.0.1:1",
        ),
        ("mysql://limner:secret@127.0.0.1/jobs", "mysql://limner:***@127.0.0.1/jobs; it must be like sqlite"),
        ("secret", "is no URL of a database"),
    ],
)
async def test_a_database_that_cannot_be_used_is_one_clear_sentence(
    settings: Settings, url: str, said: str
) -> None:
    with pytest.raises(CannotOpen) as caught:
        async with GatewayServer.open(settings.model_copy(update={"database": url})):
            pass
    assert said in str(caught.value)
    assert "LIMNER_GATEWAY_DATABASE" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_sqlite_file_has_one_gateway(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/jobs.db"
    with using_database(url), pytest.raises(DatabaseUnusable, match="in use by another gateway"):
        using_database(url).__enter__()
    with using_database(url):
        pass


def test_the_driver_in_the_url_does_not_matter(tmp_path: Path) -> None:
    engine = open_database(f"sqlite+aiosqlite:///{tmp_path}/deep/down/jobs.db")
    assert engine.driver == "pysqlite"
    engine.dispose()


class Outage:
    """Takes a database away from everybody, and gives it back."""

    def __init__(self, database: str) -> None:
        url = sa.make_url(database)
        self._name = url.database
        self._server = url.set(database="postgres", drivername="postgresql+psycopg")

    async def begin(self) -> None:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        await asyncio.to_thread(self._run, f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false', query)

    async def end(self) -> None:
        await asyncio.to_thread(self._run, f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true')

    def _run(self, *statements: str) -> None:
        engine = sa.create_engine(self._server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement), {"name": self._name})


async def test_a_gateway_answers_again_when_its_database_does(settings: Settings, postgres: str) -> None:
    outage = Outage(postgres)
    async with running_gateway(settings.model_copy(update={"database": postgres})) as client:
        await outage.begin()
        away = await client.get("/jobs")
        assert (away.status_code, away.json()["code"]) == (503, "DATABASE_UNAVAILABLE")
        await outage.end()
        assert (await client.get("/jobs")).status_code == 200


async def test_a_job_in_hand_waits_for_a_database_that_is_away(
    service: ScriptedService, settings: Settings, postgres: str
) -> None:
    service.usual = gate = Gate()
    outage = Outage(postgres)
    async with running_gateway(settings.model_copy(update={"database": postgres})) as client:
        running = await submit(client, seed=7)
        await gate.reached.wait()
        await outage.begin()
        gate.go_on.set()
        assert (await client.get("/jobs")).status_code == 503
        await outage.end()
        done = await until_status(client, running["id"], "succeeded")
    assert [image["seed"] for image in done["images"]] == [7]
    assert len(service.calls) == 1
