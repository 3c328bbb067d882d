"""Asks a gRPC service whether it serves: `python -m limner.probe ADDRESS NAME`, for containers and units."""

from __future__ import annotations

import asyncio
import sys

import grpc
from grpc_health.v1 import health_pb2

from limner.channel import connect
from limner.endpoint import Insecure
from limner.trust import Trust

_TIMEOUT_S = 3.0


async def is_serving(address: str, service: str, trust: Trust | None = None) -> bool:
    """Returns whether `service`, by its full name, is served at `address`; raises Insecure or AioRpcError."""
    async with connect(address, trust) as channel:
        # By its name: the generated stub of grpcio-health-checking has no types.
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        answer = await check(health_pb2.HealthCheckRequest(service=service), timeout=_TIMEOUT_S)
        return answer.status == health_pb2.HealthCheckResponse.SERVING


def main(arguments: list[str]) -> str | None:
    """Returns why the service does not serve, None when it does."""
    if len(arguments) != 2:
        return "usage: python -m limner.probe unix:/run/limner/t2i.sock limner.t2i.v1.TextToImageService"
    address, service = arguments
    try:
        serves = asyncio.run(is_serving(address, service, Trust()))
    except Insecure as refusal:
        return f"{address} cannot be asked: {refusal}"
    except grpc.aio.AioRpcError as error:
        return f"{service} at {address} does not answer: {error.code().name}, {error.details()}"
    return None if serves else f"{service} at {address} answers, but does not serve yet."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
