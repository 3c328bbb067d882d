"""The least that FastAPI and SQLite need to take a job on: `… PORT DATABASE ROW blocking|threaded`."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from uuid_utils import uuid7


class Wanted(BaseModel):
    """What is sent."""

    prompt: str
    seed: int


class Taken(BaseModel):
    """What is answered."""

    id: str
    status: str
    prompt: str
    seed: int
    created_at: float


@dataclass(frozen=True, slots=True)
class Table:
    """The gateway's own table, with the safety of its own commits."""

    database: sqlite3.Connection
    template: dict[str, Any]
    turn: threading.Lock = field(default_factory=threading.Lock)

    def insert(self, wanted: Wanted) -> Taken:
        """Keeps a row like the gateway's and returns what it says."""
        taken = Taken(
            id=str(uuid7()),
            status="queued",
            prompt=wanted.prompt,
            seed=wanted.seed,
            created_at=time.time(),
        )
        request = json.dumps(json.loads(self.template["request"]) | wanted.model_dump())
        row = {**self.template, "id": taken.id, "created_at": taken.created_at, "request": request}
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        with self.turn, self.database:
            self.database.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", list(row.values()))
        return taken


def create_app(table: Table, *, is_threaded: bool) -> FastAPI:
    """Returns an app that inserts in a thread, as FastAPI's handbook says, or on its event loop."""
    app = FastAPI()

    def take_in_thread(body: Wanted) -> Taken:
        return table.insert(body)

    async def take(body: Wanted) -> Taken:
        return table.insert(body)

    async def say_nothing() -> None:
        return None

    handler = take_in_thread if is_threaded else take
    app.post("/generate/text-to-image", status_code=202)(handler)
    app.get("/healthz")(say_nothing)
    return app


def open_table(path: str, template: str) -> Table:
    """Opens a job database as the gateway does."""
    database = sqlite3.connect(path, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
        database.execute(f"PRAGMA {pragma}")
    return Table(database, json.loads(template))


if __name__ == "__main__":
    _, port, path, template, mode = sys.argv
    uvicorn.run(
        create_app(open_table(path, template), is_threaded=mode == "threaded"),
        port=int(port),
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
    )
