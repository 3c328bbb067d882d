"""How a client opens a connection; the only place where message limits, keepalive and TLS are set."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import grpc
from grpc import aio

from limner.endpoint import Insecure, is_loopback, is_socket
from limner.trust import Trust

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
async def connect(
    address: str,
    trust: Trust | None = None,
    interceptors: Sequence[aio.ClientInterceptor] = (),
    grace_s: float = 0,
) -> AsyncGenerator[aio.Channel]:
    """Yields a channel to `address` (`unix:/path` or `host:port`) and closes it.

    Calls that are under way then have `grace_s` seconds to end. It connects on first use and again after
    every loss, so that processes may start in any order. To a
    `host:port` it speaks TLS when `trust` names an authority. Raises Insecure where plain text would leave
    this machine, or when the files of `trust` cannot be used.
    """
    channel = _open(address, trust, interceptors)
    try:
        yield channel
    finally:
        await channel.close(grace_s)


def _open(address: str, trust: Trust | None, interceptors: Sequence[aio.ClientInterceptor]) -> aio.Channel:
    if is_socket(address):
        return aio.insecure_channel(address, _CLIENT_OPTIONS, interceptors=interceptors)
    if (credentials := trust.credentials() if trust else None) is not None:
        name = trust.tls_server_name if trust is not None else ""
        options = [*_CLIENT_OPTIONS, *([("grpc.ssl_target_name_override", name)] if name else [])]
        return aio.secure_channel(address, credentials, options, interceptors=interceptors)
    if is_loopback(address):
        # A proxy of the environment would read along.
        options = [*_CLIENT_OPTIONS, ("grpc.enable_http_proxy", 0)]
        return aio.insecure_channel(address, options, interceptors=interceptors)
    raise Insecure(
        f"What is sent to {address} would leave this machine in plain text; set LIMNER_TLS_CA to the "
        "certificate of the authority that signed the service's."
    )


def is_unavailable(error: aio.AioRpcError) -> bool:
    """Tells whether the peer was down or went away, so that the call may be made again."""
    return error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
