from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from gateway.jobs.locks import MIGRATION, lock

_MIGRATIONS = Path(__file__).parent / "migrations"
_SETTING = "LIMNER_GATEWAY_DATABASE"
_FORMS = "sqlite:////folder/jobs.db or postgresql://user:password@host:5432/database"

# Without them a connection through a network that swallows packets is waited for in vain; in seconds.
POSTGRES_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms
    "application_name": "limner-gateway",
}
# A gateway that is halted within a transaction must not keep the others from writing.
_IDLE_LIMIT = "-c idle_in_transaction_session_timeout=10s"


class DatabaseUnusable(Exception):
    """The job database cannot be opened; the message names the setting, the cause and what to do."""


@contextmanager
def using_database(url: str) -> Generator[sa.Engine]:
    """Yields an engine for `url`; a SQLite file has one user at a time. Raises DatabaseUnusable."""
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        raise DatabaseUnusable(f"{_SETTING} is no URL of a database; write {_FORMS}.") from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise DatabaseUnusable(f"{_SETTING} is {show_url(parsed)}; it must be like {_FORMS}.")
    with _owning_file(parsed):
        try:
            engine = open_database(url)
        except (SQLAlchemyError, OSError) as error:
            raise _explain(parsed, error) from error
        try:
            yield engine
        finally:
            engine.dispose()


def open_database(url: str) -> sa.Engine:
    """Returns an engine for `url` whose tables are those of this version.

    The drivers are the plain, synchronous ones: `jobs.store` runs a whole transaction in one hop to a thread,
    which takes a quarter of the time of one hop for each statement.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "postgresql":
        engine = sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={**POSTGRES_PATIENCE, "options": _IDLE_LIMIT},
        )
    else:
        engine = sa.create_engine(parsed.set(drivername="sqlite"))
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _configure_sqlite)
    migrate(engine)
    return engine


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Brings the tables to `revision`, up or down; of several gateways one does it and the others wait."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with _migrating(engine) as connection:
        config.attributes["connection"] = connection
        if revision == "base" or _is_behind(connection, config, revision):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


@contextmanager
def _migrating(engine: sa.Engine) -> Generator[sa.Connection]:
    """Yields a connection in one transaction, whatever is done to tables in it."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            lock(connection, MIGRATION)
            yield connection
        return
    with engine.connect() as connection:
        # What SQLite cannot alter is made anew and the old table dropped, with all rows that refer to it.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
        try:
            # The driver begins none by itself for a change of tables, and half of one would be left.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            connection.commit()


def _is_behind(connection: sa.Connection, config: Config, revision: str) -> bool:
    now = MigrationContext.configure(connection).get_current_revision()
    if now is None:
        return False
    past = ScriptDirectory.from_config(config).iterate_revisions(now, "base")
    return revision in {each.revision for each in past} - {now}


def listening_parameters(url: sa.URL) -> dict[str, Any]:
    """Returns what psycopg needs to connect to the server of `url` for a long time."""
    _, parameters = sa.create_engine(url).dialect.create_connect_args(url)
    return {**parameters, **POSTGRES_PATIENCE}


def show_url(url: sa.URL) -> str:
    """Returns `url` without what may be secret in it."""
    return url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def _owning_file(url: sa.URL) -> Generator[None]:
    """Keeps a second gateway from a SQLite file: each would run every job."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        yield
        return
    path = Path(f"{url.database}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise _explain(url, error) from error
    # The system frees the lock with the process, however it ends; the file stays, or two could own it.
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DatabaseUnusable(
                f"The job database {show_url(url)} is in use by another gateway. Stop that one, or set "
                f"{_SETTING} to another file, or to a postgresql:// URL, which gateways can share."
            ) from error
        yield


def _explain(url: sa.URL, error: Exception) -> DatabaseUnusable:
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = f"The job database {show_url(url)} cannot be opened: {' '.join(str(cause).split())}."
    if url.get_backend_name() == "sqlite":
        return DatabaseUnusable(f"{said} Is its folder there and writable?")
    return DatabaseUnusable(
        f"{said} {_SETTING} must name a PostgreSQL server that answers and a database that the user owns."
    )


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # NORMAL leaves a commit in the operating system's cache: it survives kill -9 of every process, but a
    # power cut may take the last commits (never the database). FULL would flush the disk for each event.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
