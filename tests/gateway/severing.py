"""A way to a PostgreSQL server that can be cut where it hurts most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa

_READ_BYTES = 65_536


class Severing:
    """Passes everything on; once armed, it swallows the answer to the next commit and hangs up."""

    def __init__(self, server: sa.URL) -> None:
        self._server = server
        self.is_armed = False

    async def serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        server, requests = await self._connect()
        try:
            async with asyncio.TaskGroup() as group:
                cut = asyncio.Event()
                asking = group.create_task(self._ask(client, requests, cut))
                answering = group.create_task(self._answer(server, answers, cut))
                asking.add_done_callback(lambda _: answering.cancel())
                answering.add_done_callback(lambda _: asking.cancel())
        except* ConnectionError:
            pass
        finally:
            for writer in (requests, answers):
                writer.close()

    async def _ask(
        self, client: asyncio.StreamReader, requests: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        while asked := await client.read(_READ_BYTES):
            if self.is_armed and b"COMMIT" in asked:
                self.is_armed = False
                cut.set()
            requests.write(asked)

    async def _answer(
        self, server: asyncio.StreamReader, answers: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        while said := await server.read(_READ_BYTES):
            if cut.is_set():
                return
            answers.write(said)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host = str(self._server.query.get("host") or self._server.host or "127.0.0.1")
        port = self._server.port or 5432
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)


@asynccontextmanager
async def severed(url: str, folder: Path) -> AsyncGenerator[tuple[Severing, str]]:
    """Yields a way to the database of `url`, and its URL that way."""
    server = sa.make_url(url)
    way = Severing(server)
    async with await asyncio.start_unix_server(way.serve, folder / ".s.PGSQL.5432"):
        through = server.set(host=None, port=None).update_query_dict({"host": str(folder)})
        yield way, through.render_as_string(hide_password=False)
