"""A thin holder over real gRPC: it says exactly what a test tells it to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from grpc import aio

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceStub

if TYPE_CHECKING:
    from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceAsyncStub as Stub

MIB = 1024 * 1024


class Holder:
    """One open session."""

    def __init__(self, call: Any, name: str, incarnation: str) -> None:
        self._call, self.name, self.incarnation = call, name, incarnation
        self.seq = 0
        self.heard: list[pb.SessionResponse] = []

    async def say(self, *, seq: int | None = None, **message: Any) -> None:
        """Sends one request, numbered after the last unless `seq` says otherwise."""
        self.seq += 1
        request = pb.SessionRequest(
            holder=self.name,
            incarnation=self.incarnation,
            seq=seq if seq is not None else self.seq,
            **message,
        )
        await self._call.write(request)

    async def hear(self, kind: str, within_s: float = 5.0) -> Any:
        """Returns the next response of `kind`, passing over others; raises the call's error when it ends."""
        async with asyncio.timeout(within_s):
            while True:
                response = await self._call.read()
                if response is aio.EOF:
                    raise EOFError(f"the session ended with {await self._call.code()}")
                self.heard.append(response)
                if response.WhichOneof("message") == kind:
                    return getattr(response, kind)

    async def silence(self, for_s: float = 0.1) -> list[str]:
        """Returns the kinds of responses that arrive within a while."""
        kinds: list[str] = []
        try:
            async with asyncio.timeout(for_s):
                while (response := await self._call.read()) is not aio.EOF:
                    kinds.append(response.WhichOneof("message"))
        except TimeoutError:
            return kinds
        return kinds

    async def hello(self, **hello: Any) -> Any:
        """Opens the session and returns the Welcome."""
        await self.say(hello=pb.Hello(**hello))
        return await self.hear("welcome")

    async def acquire(self, ticket: str, resident: int, working: int = 0, **acquire: Any) -> None:
        """Asks for memory, in MiB."""
        charge = pb.Charge(resident_bytes=resident * MIB, working_bytes=working * MIB)
        alternative = pb.Alternative(tier="full", profile="shapes", charges=[charge])
        await self.say(acquire=pb.Acquire(ticket=ticket, alternatives=[alternative], **acquire))

    async def take(self, ticket: str, resident: int, working: int = 0) -> int:
        """Goes all the way to a resident lease and returns its token."""
        await self.acquire(ticket, resident, working)
        offer = await self.hear("offer")
        await self.say(confirm=pb.Confirm(token=offer.token))
        await self.hear("confirm_accepted")
        await self.say(loaded=pb.Loaded(token=offer.token, observed_bytes=resident * MIB))
        return int(offer.token)

    async def begin(self, token: int, job: str = "job") -> None:
        """Starts to compute."""
        await self.say(begin=pb.Begin(token=token, job=job))
        await self.hear("begin_accepted")

    async def end(self, token: int, job: str = "job") -> None:
        """Stops to compute."""
        await self.say(end=pb.End(token=token, job=job))

    async def release(self, token: int) -> None:
        """Gives a lease back."""
        await self.say(release=pb.Release(token=token))
        await self.hear("release_accepted")

    async def error(self) -> aio.AioRpcError:
        """Returns the error that the session ends with."""
        try:
            while True:
                await self.hear("none of them")
        except aio.AioRpcError as error:
            return error


def to_stub(channel: aio.Channel) -> Stub:
    """Returns the arbiter behind `channel`."""
    return ArbiterServiceStub(channel)


@asynccontextmanager
async def session(stub: Stub, name: str, incarnation: str = "1") -> AsyncGenerator[Holder]:
    """Opens a stream and hangs up at the end."""
    call = stub.Session()
    try:
        yield Holder(call, name, incarnation)
    finally:
        call.cancel()


async def charged_bytes(stub: Stub, device: str = "cpu:0") -> int:
    """Returns what the ledger says is held."""
    snapshot = await stub.Snapshot(pb.SnapshotRequest())
    return next(d.charged_bytes for d in snapshot.devices if d.id == device)
