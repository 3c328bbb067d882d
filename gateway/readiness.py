"""Whether a job sent now would be worked on: asked of each part, not assumed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from grpc import aio
from sqlalchemy.exc import SQLAlchemyError

from gateway.fleet import Fleet
from gateway.jobs.past import JobEvents
from gateway.replicas import Replica, Service
from gateway.schemas import Part, Readiness
from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.arbiter.v1 import arbiter_pb2_grpc

PROFILE = "readiness"
_TIMEOUT_S = 3.0


class TicketFailed(Exception):
    """The synthetic ticket was not granted; the message says where it stopped."""


async def check(
    events: JobEvents, fleet: Fleet, arbiter: arbiter_pb2_grpc.ArbiterServiceAsyncStub
) -> Readiness:
    """Asks every part at the same time; a service of which there is no replica now is no part."""
    present = [service for service in fleet.services if fleet.of(service)]
    parts = await asyncio.gather(
        _check_database(events),
        *(_check_replicas(service, fleet.of(service)) for service in present),
        _check_arbiter(arbiter),
    )
    if not present:
        parts.append(Part(name="services", ready=False, detail="no service is running yet"))
    return Readiness(ready=all(part.ready for part in parts), parts=list(parts))


async def _check_database(events: JobEvents) -> Part:
    try:
        await events.last_seq()
    except SQLAlchemyError as error:
        return Part(name="database", ready=False, detail=f"The job database does not answer: {error}.")
    return Part(name="database", ready=True, detail="answers")


async def _check_replicas(service: Service, replicas: Sequence[Replica]) -> Part:
    states = await asyncio.gather(*(_is_serving(replica) for replica in replicas))
    detail = f"{sum(states)} of {len(states)} {service.title} services answer"
    return Part(name=service.name, ready=any(states), detail=detail)


async def _is_serving(replica: Replica) -> bool:
    try:
        return await replica.is_serving(_TIMEOUT_S)
    except aio.AioRpcError:
        return False


async def _check_arbiter(arbiter: arbiter_pb2_grpc.ArbiterServiceAsyncStub) -> Part:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await take_ticket(arbiter)
    except TicketFailed as failed:
        return Part(name="arbiter", ready=False, detail=str(failed))
    except TimeoutError:
        return Part(
            name="arbiter", ready=False, detail=f"A ticket of zero bytes took more than {_TIMEOUT_S:g} s."
        )
    except aio.AioRpcError as error:
        return Part(name="arbiter", ready=False, detail=f"The arbiter does not answer ({error.code().name}).")
    return Part(name="arbiter", ready=True, detail="grants memory")


async def take_ticket(arbiter: arbiter_pb2_grpc.ArbiterServiceAsyncStub) -> None:
    """Takes a lease of zero bytes through every step of the protocol and back. Raises TicketFailed."""
    async with _conversation(arbiter) as conversation:
        await conversation.send(pb.SessionRequest(hello=pb.Hello(service="gateway")))
        await conversation.expect("welcome")
        ticket = f"readiness-{conversation.incarnation}"
        nothing = pb.Alternative(tier="full", profile=PROFILE, charges=[pb.Charge()])
        acquire = pb.Acquire(ticket=ticket, alternatives=[nothing], priority=3)
        await conversation.send(pb.SessionRequest(acquire=acquire))
        token = (await conversation.expect("offer")).offer.token
        await conversation.send(pb.SessionRequest(confirm=pb.Confirm(token=token)))
        await conversation.expect("confirm_accepted")
        await conversation.send(pb.SessionRequest(release=pb.Release(token=token)))
        await conversation.expect("release_accepted")
        await conversation.finish()


@asynccontextmanager
async def _conversation(arbiter: arbiter_pb2_grpc.ArbiterServiceAsyncStub) -> AsyncGenerator[_Conversation]:
    conversation = _Conversation(arbiter)
    try:
        yield conversation
    finally:
        conversation.hang_up()


class _Conversation:
    """One session with the arbiter, message by message."""

    def __init__(self, arbiter: arbiter_pb2_grpc.ArbiterServiceAsyncStub) -> None:
        self.incarnation = uuid.uuid4().hex
        self._seq = self._ack_seq = 0
        self._requests: asyncio.Queue[pb.SessionRequest | None] = asyncio.Queue()
        self._call = arbiter.Session(self._send_all())

    async def send(self, request: pb.SessionRequest) -> None:
        self._seq += 1
        request.holder = f"gateway-readiness-{self.incarnation}"
        request.incarnation = self.incarnation
        request.seq, request.ack_seq = self._seq, self._ack_seq
        await self._requests.put(request)

    async def expect(self, kind: str) -> pb.SessionResponse:
        """Returns the next response of that kind, passing over positions."""
        async for response in self._call:
            self._ack_seq = response.seq
            found = response.WhichOneof("message")
            if found == kind:
                return response
            if found == "rejected":
                raise TicketFailed(f"The arbiter refused a ticket of zero bytes: {response.rejected.message}")
        raise TicketFailed(f"The arbiter ended the session before {kind}.")

    async def finish(self) -> None:
        """Says that nothing more comes, and waits until the arbiter has nothing more to say."""
        await self._requests.put(None)
        async for _ in self._call:
            pass

    def hang_up(self) -> None:
        """Ends the session, if it has not ended."""
        self._call.cancel()

    async def _send_all(self) -> AsyncIterator[pb.SessionRequest]:
        while (request := await self._requests.get()) is not None:
            yield request
