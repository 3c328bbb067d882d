"""How a client opens a connection; the only place where message limits and keepalive are set."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import grpc
from grpc import aio

# Of an image inside a message (limner.image.v1.Image.data), and with room for its envelope.
INLINE_LIMIT_BYTES = 64 * 1024 * 1024
MESSAGE_LIMIT_BYTES = INLINE_LIMIT_BYTES + 4 * 1024 * 1024

LIMITS: list[tuple[str, int | str]] = [
    ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
]

# Local sockets never lose peers silently; the keepalive is for networks (gRPC's own guidance: 30 s and 10 s).
_CLIENT_OPTIONS: list[tuple[str, int | str]] = [
    *LIMITS,
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A restarted service is found again within a blink, not after gRPC's default of up to 120 s.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]


@asynccontextmanager
async def connect(address: str) -> AsyncGenerator[aio.Channel]:
    """Yields a channel to `address` (`unix:/path` or `host:port`) and closes it.

    It connects on first use and again after every loss, so that processes may start in any order.
    """
    channel = aio.insecure_channel(address, options=_CLIENT_OPTIONS)
    try:
        yield channel
    finally:
        await channel.close()


def is_unavailable(error: aio.AioRpcError) -> bool:
    """Tells whether the peer was down or went away, so that the call may be made again."""
    return error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
