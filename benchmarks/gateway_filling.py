"""Fills a job database with copies of one job, faster than they could be sent."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from uuid_utils import uuid7

from benchmarks.gateway_calls import calling
from benchmarks.gateway_process import running_gateway

WAITING, ENDED = "waiting", "ended"


async def make_templates(home: Path, service: Path) -> dict[str, str]:
    """Makes one job that has ended and one that waits in a paused queue, and returns their ids by name."""
    with running_gateway(home, service) as gateway:
        async with calling(gateway.port) as caller:
            await caller.paint(1)
            (ended,) = (await caller.expect(200, "GET", "/jobs")).json()["jobs"]
            await caller.pause(True)
            return {ENDED: ended["id"], WAITING: await caller.enqueue(2)}


def copy_filled(template: Path, home: Path, job_id: str, count: int) -> None:
    """Copies the home of a stopped gateway to `home`, with `count` further jobs like `job_id`."""
    shutil.copytree(template, home)
    fill(home, [job_id], count)


def fill(home: Path, job_ids: list[str], count: int) -> None:
    """Adds `count` jobs to the database of a stopped gateway, like each of those in turn."""
    ids = [str(uuid7()) for _ in range(count)]
    with closing(sqlite3.connect(home / "jobs.db")) as database, database:
        for place, job_id in enumerate(job_ids):
            its = ids[place :: len(job_ids)]
            _multiply(database, "jobs", "id", job_id, its)
            _multiply(database, "job_events", "job_id", job_id, its, without="seq")


def read_row(database: Path, job_id: str) -> dict[str, Any]:
    """Returns the row of a job, by column."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return dict(connection.execute("SELECT * FROM jobs WHERE id = ?", [job_id]).fetchone())


def _multiply(
    database: sqlite3.Connection, table: str, key: str, job_id: str, ids: list[str], without: str = ""
) -> None:
    found = database.execute(f"SELECT * FROM {table} WHERE {key} = ?", [job_id])
    names = [column[0] for column in found.description]
    kept = [index for index, name in enumerate(names) if name != without]
    place = names.index(key)
    rows = [[row[index] for index in kept] for row in found]
    spot = kept.index(place)
    marks = ", ".join("?" for _ in kept)
    database.executemany(
        f"INSERT INTO {table} ({', '.join(names[index] for index in kept)}) VALUES ({marks})",
        ([*row[:spot], each, *row[spot + 1 :]] for each in ids for row in rows),
    )
