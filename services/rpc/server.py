"""How a process here serves gRPC: limits, health, reflection, error translation, graceful stop."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# grpc_health and grpc_reflection ship without annotations.
from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

import structlog
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from limner.channel import LIMITS
from limner.endpoint import is_socket
from limner.tracing import open_tracing
from services.rpc.following import Begin, FollowJobs
from services.rpc.guard import Guard, check_folder, check_reach
from services.rpc.tokens import DemandToken
from services.rpc.translation import TranslateErrors

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

log = structlog.get_logger(__name__)

_SERVER_OPTIONS: list[tuple[str, int | str]] = [
    *LIMITS,
    # Clients ping every 30 s (limner.channel); gRPC's default tolerance of 5 min would answer GOAWAY.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.so_reuseport", 0),
]


class Register(Protocol):
    """Adds one servicer to a server, as the generated `add_…_to_server` functions do."""

    def __call__(self, server: aio.Server) -> None:
        """Adds the servicer to `server`."""
        ...


@asynccontextmanager
async def open_server(
    address: str,
    registers: Sequence[Register],
    names: Sequence[str],
    *,
    guard: Guard | None = None,
    grace_s: float = 5.0,
    begin_trace: Begin | None = None,
) -> AsyncGenerator[str]:
    """Serves while the context lasts, then lets running calls end for `grace_s` seconds; yields the address.

    `address` is `unix:/path` (made with mode 0600) or `host:port`, where port 0 takes a free one; `names` are
    the full service names for health and reflection. Raises Insecure where other machines could call and no
    `guard` holds them off, and when its files cannot be used.
    """
    check_reach(address, guard)
    # Strangers are turned away before anything reads what they sent.
    guarding = [] if guard is None else [DemandToken(guard.tokens)]
    interceptors = [TranslateErrors(), *guarding, FollowJobs(begin_trace)]
    server = aio.server(interceptors=interceptors, options=_SERVER_OPTIONS)
    for register in registers:
        register(server)
    checks = cast("Any", health).aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    address = _bind(server, address, guard)
    await server.start()
    for name in ["", *names]:
        await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
    log.info("serving", address=address, guarded=guard is not None)
    try:
        yield address
    finally:
        log.info("stopping", grace_s=grace_s)
        await checks.enter_graceful_shutdown()
        await server.stop(grace_s)


async def serve(
    address: str,
    registers: Sequence[Register],
    names: Sequence[str],
    *,
    guard: Guard | None = None,
    grace_s: float = 5.0,
    does_jobs: bool = True,
) -> None:
    """Serves until SIGTERM or SIGINT; what does jobs leaves traces of them, if somebody collects any."""
    program = "-".join(names[0].split(".")[:2])  # limner-t2i, of limner.t2i.v1.TextToImageService
    async with open_tracing(program) if does_jobs else nullcontext() as provider:
        begin = None if provider is None else _to_begin(provider)
        async with open_server(address, registers, names, guard=guard, grace_s=grace_s, begin_trace=begin):
            await _until_stopped()


def _to_begin(provider: TracerProvider) -> Begin:
    from services.rpc.spans import CallSpans  # OpenTelemetry, which need not be installed

    return partial(CallSpans.begin, provider.get_tracer("limner"))


def _bind(server: aio.Server, address: str, guard: Guard | None) -> str:
    if is_socket(address):
        _bind_socket(server, address)
        return address
    if guard is None:
        port = server.add_insecure_port(address)
    else:
        port = server.add_secure_port(address, guard.credentials())
    return f"{address.removesuffix(':0')}:{port}" if address.endswith(":0") else address


def _bind_socket(server: aio.Server, address: str) -> None:
    path = address.removeprefix("unix:")
    check_folder(path)
    # What a killed predecessor left behind; the supervisor runs one process per socket.
    if os.path.exists(path):
        os.unlink(path)
    previous = os.umask(0o177)
    try:
        server.add_insecure_port(address)
    finally:
        os.umask(previous)


async def _until_stopped() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
