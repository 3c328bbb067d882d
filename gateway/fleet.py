"""The replicas as they come and go while the gateway runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress

import structlog
from grpc import aio

from gateway.members import Members, Membership
from gateway.replicas import Replica, Service, to_replica
from limner.channel import connect
from limner.endpoint import Insecure
from limner.trust import Trust

log = structlog.get_logger(__name__)

_PARTING_S = 10.0  # For whoever asks a replica something (Describe, Quote) while it leaves.

Connect = Callable[[str], AbstractAsyncContextManager[aio.Channel]]


class Fleet:
    """Every replica that there is; one that leaves stays in it until it has done what it was given."""

    def __init__(self, services: Sequence[Service], connect: Connect) -> None:
        self.services = tuple(services)
        self._connect = connect
        self._connections: dict[Replica, AsyncExitStack] = {}
        self._listeners: list[Callable[[], None]] = []
        self._partings: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Replica]:
        """Yields the replicas in the order in which they came."""
        return iter(tuple(self._connections))

    def of(self, service: Service) -> list[Replica]:
        """Returns those of a service that stay."""
        return [each for each in self if each.service is service and not each.is_leaving]

    def listen(self, on_change: Callable[[], None]) -> None:
        """Has `on_change` called whenever a replica has come or is to leave."""
        self._listeners.append(on_change)

    async def take_in(self, membership: Membership) -> None:
        """Connects to the replicas that are new, and lets those leave that are no longer named.

        Raises Insecure, after all else, where one of them cannot be spoken to safely.
        """
        wanted = {
            (service, each) for service, addresses in membership.addresses.items() for each in addresses
        }
        known = {(each.service, each.address): each for each in self}
        for place, replica in known.items():
            if replica.is_leaving != (place not in wanted):
                replica.is_leaving = not replica.is_leaving
                log.info("replica is to leave" if replica.is_leaving else "replica stays", address=place[1])
        refusals: list[Insecure] = []
        for service, address in sorted(wanted - known.keys(), key=lambda each: (each[0].name, each[1])):
            try:
                await self._join(service, address, membership.host_of(address))
            except Insecure as refusal:
                refusals.append(refusal)
        self.let_go()
        for on_change in self._listeners:
            on_change()
        if refusals:
            raise refusals[0]

    async def _join(self, service: Service, address: str, host: str) -> None:
        connection = AsyncExitStack()
        channel = await connection.enter_async_context(self._connect(address))
        self._connections[to_replica(service, address, channel, host)] = connection

    def let_go(self) -> None:
        """Parts with replicas that leave and have nothing more to do."""
        for replica in self:
            if replica.is_leaving and not replica.jobs:
                log.info("replica has left", address=replica.address)
                parting = asyncio.create_task(self._connections.pop(replica).aclose())
                self._partings.add(parting)
                parting.add_done_callback(self._partings.discard)

    async def follow(self, memberships: AsyncIterator[Membership]) -> None:
        """Takes in every membership that comes, as far as it can be; never returns."""
        async for membership in memberships:
            try:
                await self.take_in(membership)
            except Insecure as refusal:
                log.warning("a replica is passed over", reason=str(refusal))

    async def close(self) -> None:
        """Closes all connections."""
        await asyncio.gather(*self._partings)
        for connection in self._connections.values():
            await connection.aclose()


@asynccontextmanager
async def running_fleet(
    members: Members, trust: Trust | None = None, interceptors: Sequence[aio.ClientInterceptor] = ()
) -> AsyncGenerator[Fleet]:
    """Yields the replicas that `members` name, of which none needs to be running yet, and follows changes.

    Raises Insecure where one of the first of them cannot be spoken to safely.
    """
    fleet = Fleet(members.services, lambda address: connect(address, trust, interceptors, _PARTING_S))
    memberships = members.watch()
    await fleet.take_in(await anext(memberships))
    following = asyncio.create_task(fleet.follow(memberships))
    try:
        yield fleet
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await fleet.close()
