"""A service behind a guard, and how it answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from grpc import aio

from limner.capability.v1.capability_pb2 import (
    DescribeMemoryRequest,
    DescribeMemoryResponse,
    DescribeRequest,
    DescribeResponse,
    QuoteRequest,
    QuoteResponse,
)
from limner.capability.v1.capability_pb2_grpc import (
    CapabilityServiceServicer,
    CapabilityServiceStub,
    add_CapabilityServiceServicer_to_server,
)
from limner.channel import connect
from limner.trust import Trust
from services.rpc.guard import Guard
from services.rpc.server import open_server

NAME = "limner.capability.v1.CapabilityService"


class Answering(CapabilityServiceServicer):
    async def Describe(self, request: DescribeRequest, context: object) -> DescribeResponse:
        return DescribeResponse(running_jobs=7)

    async def Quote(self, request: QuoteRequest, context: object) -> QuoteResponse:
        return QuoteResponse()

    async def DescribeMemory(self, request: DescribeMemoryRequest, context: object) -> DescribeMemoryResponse:
        return DescribeMemoryResponse()


@asynccontextmanager
async def serving(guard: Guard | None, address: str = "127.0.0.1:0") -> AsyncGenerator[str]:
    register = partial(add_CapabilityServiceServicer_to_server, Answering())
    async with open_server(address, [register], [NAME], guard=guard, grace_s=0) as bound:
        yield bound


async def describe(address: str, trust: Trust | None) -> int:
    async with connect(address, trust) as channel:
        return (await CapabilityServiceStub(channel).Describe(DescribeRequest(), timeout=10)).running_jobs


async def refusal(address: str, trust: Trust | None) -> aio.AioRpcError:
    with pytest.raises(aio.AioRpcError) as caught:
        await describe(address, trust)
    return caught.value
