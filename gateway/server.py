from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Self, cast

import structlog
import uvicorn
from fastapi import FastAPI

from gateway.app import create_app
from gateway.events import EventHub
from gateway.settings import Settings
from limner.tracing import open_tracing

log = structlog.get_logger(__name__)

# How long open answers may go on after SIGTERM; event streams and waits end at once.
_GRACE_S = 5
# New objects between two looks of the garbage collector; requests leave hardly any cycles.
_COLLECT_AFTER = 5_000


class CannotListen(Exception):
    """The address cannot be bound; the message says why and what to do."""


class GatewayServer(uvicorn.Server):
    """Lets the endless answers end first, or a stop would wait for every open page."""

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncGenerator[Self]:
        """Yields a server whose studio works; what opening the studio's stores raises is raised here."""
        async with open_tracing("limner-gateway") as provider:
            app = create_app(settings, provider)
            config = uvicorn.Config(
                app,
                lifespan="off",  # it is entered here
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",  # there are none, and they would pass by the border
                timeout_graceful_shutdown=_GRACE_S,
            )
            async with app.router.lifespan_context(app):
                yield cls(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops accepting, ends streams and waits, and gives the other answers their time."""
        app = cast("FastAPI", self.config.app)
        cast("EventHub", app.state.hub).close()
        await super().shutdown(sockets)


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises CannotListen or CannotOpen."""
    # uvicorn stops at these signals and then raises them again: without a handler that would end the process
    # before the studio is closed.
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: None)
    listener = listen(settings)
    async with GatewayServer.open(settings) as server:
        _spare_collection()
        listener.listen()  # before it is said, not with the server's first turn
        host, port = listener.getsockname()[:2]
        log.info("serving", host=host, port=port)
        await server.serve([listener])
    log.info("stopped")


def _spare_collection() -> None:
    """Has the garbage collector look at what requests leave, and no more at what is there from the start.

    Measured: taking a job on costs a fifth less.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def listen(settings: Settings) -> socket.socket:
    """Returns a socket bound to the address of `settings`."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host.strip("[]")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, settings.port))
    except OSError as error:
        listener.close()
        is_elsewhere = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        fix = "LIMNER_HOST to an address of this machine" if is_elsewhere else "LIMNER_PORT to a free port"
        text = f"Cannot listen on {host}:{settings.port}: {error.strerror}; set {fix}."
        raise CannotListen(text) from error
    return listener
