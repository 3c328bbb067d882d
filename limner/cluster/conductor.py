"""Makes the cluster as it is wanted, and keeps it so: an arbiter on every node, replicas where they fit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog
from grpc import aio

from limner.capability.v1 import capability_pb2, capability_pb2_grpc
from limner.channel import connect
from limner.cluster import engine
from limner.cluster.placement import Berth, Node, place
from limner.cluster.post import ARBITER, Post
from limner.cluster.roll import write_roll
from limner.cluster.scaling import Load, Scaling
from limner.cluster.wanted import Span, read_wanted
from limner.endpoint import Insecure
from limner.trust import Trust

log = structlog.get_logger(__name__)

AskLoads = Callable[[], Awaitable[Mapping[str, Load] | None]]

_LOOK_EVERY_S = 0.5
_ASK_EVERY_S = 2.0
_RETRY_MAX_S = 30.0
# Gateways read the roll four times a second; after this nobody sends anything to who is not named.
_FORGOTTEN_S = 2.0
_DRAIN_POLL_S = 0.5


class Keeper:
    """Follows one actor over its restarts: `address` is where its process serves, empty while it does not."""

    def __init__(self, name: str, actor: Any, on_change: Callable[[], None]) -> None:
        self.name, self.address = name, ""
        self._actor, self._on_change = actor, on_change
        self._following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        failures = 0
        while True:
            try:
                self._change(await self._actor.serve.remote())
                failures = 0
                await self._actor.outlast.remote()
            except engine.ActorLost as error:
                log.warning("lost", name=self.name, reason=str(error).splitlines()[0])
            except engine.EngineError as error:
                log.error("cannot serve", name=self.name, reason=str(error))
            self._change("")
            failures += 1
            await asyncio.sleep(min(0.25 * 2**failures, _RETRY_MAX_S))

    def _change(self, address: str) -> None:
        if address != self.address:
            self.address = address
            if address:
                log.info("serves", name=self.name, address=address)
            self._on_change()

    def forget(self) -> None:
        """Follows the actor no longer."""
        self._following.cancel()

    def dismiss(self) -> None:
        """Ends the actor and its process for good."""
        self.forget()
        engine.dismiss(self._actor)


class Conductor:
    """Looks twice a second at what is wanted and at what is there."""

    def __init__(self, roll: Path, wanted: Path, ask_loads: AskLoads) -> None:
        self._roll_file, self._wanted_file, self._ask_loads = roll, wanted, ask_loads
        self._spans: Mapping[str, Span] = {}
        self._complaint = ""  # of what is wanted, as it was told
        self._counts: dict[str, int] = {}
        self._scalings: dict[str, Scaling] = {}
        self._asked_s = float("-inf")
        self._nodes: Mapping[str, Node] = {}
        self._arbiters: dict[str, Keeper] = {}
        self._replicas: dict[Berth, Keeper] = {}
        self._leaving: dict[Berth, asyncio.Task[None]] = {}
        self._homeless: Mapping[str, int] = {}

    async def conduct(self) -> None:
        """Never returns."""
        self._call_roll()
        try:
            while True:
                await self.look()
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            for each in [*self._arbiters.values(), *self._replicas.values()]:
                each.forget()
            for each in self._leaving.values():
                each.cancel()

    async def look(self) -> None:
        """Starts what is missing and lets go what is too much."""
        self._read_wanted()
        await self._scale(time.monotonic())
        self._meet({node.id: node for node in await asyncio.to_thread(engine.alive_nodes)})
        moves = place(self._counts, self._nodes.values(), self._replicas.keys(), self._leaving.keys())
        for berth in moves.stop:
            self._leaving[berth] = asyncio.create_task(self._let_go(berth, self._replicas.pop(berth)))
        for berth in moves.start:
            actor = engine.hire(berth.node, Post, berth.name, berth.service)
            self._replicas[berth] = Keeper(berth.name, actor, self._call_roll)
        if moves.stop:
            self._call_roll()
        if moves.homeless != self._homeless:
            self._homeless = moves.homeless
            for service, count in moves.homeless.items():
                log.warning(
                    "replicas have no place",
                    service=service,
                    count=count,
                    next_step=f"add a node, or one whose label {engine.SERVICES_LABEL} names {service}",
                )

    def _meet(self, nodes: Mapping[str, Node]) -> None:
        """Takes in which nodes there are: each has an arbiter; one that is lost takes its replicas along."""
        for id in self._nodes.keys() - nodes.keys():
            log.warning("node is lost", node=id)
            self._arbiters.pop(id).forget()
        for berth in [berth for berth in self._replicas if berth.node not in nodes]:
            self._replicas.pop(berth).forget()
            self._call_roll()
        for id in nodes.keys() - self._nodes.keys():
            log.info("node has come", node=id, ip=nodes[id].ip)
            actor = engine.hire(id, Post, ARBITER, ARBITER)
            self._arbiters[id] = Keeper(f"{ARBITER} of {id[:6]}", actor, self._call_roll)
        self._nodes = nodes

    def _read_wanted(self) -> None:
        try:
            wanted = read_wanted(self._wanted_file)
        except (OSError, ValueError) as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.warning("what is wanted cannot be read", reason=self._complaint)
            return
        self._complaint = ""
        if wanted != self._spans:
            log.info("wanted", **{service: str(span) for service, span in wanted.items()})
            self._spans = wanted

    async def _scale(self, now_s: float) -> None:
        """Follows the load where that is wanted."""
        is_time = now_s - self._asked_s >= _ASK_EVERY_S
        follows = any(span.least < span.most for span in self._spans.values())
        if is_time:
            self._asked_s = now_s
        loads = await self._ask_loads() if follows and is_time else None
        for service, span in self._spans.items():
            count = span.clamp(self._counts.get(service, span.least))
            if loads is not None and service in loads:
                scaling = self._scalings.setdefault(service, Scaling(now_s))
                count = scaling.decide(count, span.least, span.most, loads[service], now_s)
            if count != self._counts.get(service):
                log.info("scales", service=service, count=count)
                self._counts[service] = count

    def _call_roll(self) -> None:
        """Names to the gateways who serves; who leaves is not among the replicas any more."""
        there = {berth: keeper.address for berth, keeper in self._replicas.items() if keeper.address}
        write_roll(self._roll_file, there, self._nodes)

    async def _let_go(self, berth: Berth, keeper: Keeper) -> None:
        """Ends a replica when it has done what it was given."""
        log.info("leaves", name=berth.name)
        await asyncio.sleep(_FORGOTTEN_S)
        while keeper.address and await is_busy(keeper.address):  # noqa: ASYNC110, it is told nowhere else
            await asyncio.sleep(_DRAIN_POLL_S)
        keeper.dismiss()
        log.info("has left", name=berth.name)
        del self._leaving[berth]


async def is_busy(address: str) -> bool:
    """Tells whether a service has a job; one that is out of reach has none."""
    try:
        async with connect(address, Trust()) as channel:
            told = await capability_pb2_grpc.CapabilityServiceStub(channel).Describe(
                capability_pb2.DescribeRequest(), timeout=5
            )
    except (aio.AioRpcError, Insecure):
        return False
    return bool(told.running_jobs or told.waiting_jobs)
