"""What the arbiters of all machines say of memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from grpc import aio

from gateway.replicas import Replica
from limner.arbiter.v1 import arbiter_pb2
from limner.capability.v1 import capability_pb2

_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class MachineBook:
    """What one arbiter says; None where it does not answer."""

    machine: str  # empty where nothing names it
    snapshot: arbiter_pb2.SnapshotResponse | None


async def read_books(
    own: arbiter_pb2.SnapshotResponse | None, replicas: Iterable[Replica]
) -> list[MachineBook]:
    """Returns what every arbiter says, each once: the gateway's own first, then the others by their names.

    The others are asked through a replica of their machine.
    """
    named = sorted((each for each in replicas if each.host != each.address), key=lambda each: each.host)
    machines = {host: list(each) for host, each in groupby(named, key=lambda each: each.host)}
    told = await asyncio.gather(*map(_ask, machines.values()))
    books = [MachineBook(machine, snapshot) for machine, snapshot in zip(machines, told, strict=True)]
    known = {book.snapshot.arbiter_id: book for book in reversed(books) if book.snapshot is not None}
    ours = known.pop(own.arbiter_id, None) if own is not None else None
    others = [book for book in books if book.snapshot is None or known.get(book.snapshot.arbiter_id) is book]
    return [MachineBook(ours.machine if ours is not None else "", own), *others]


async def _ask(replicas: Sequence[Replica]) -> arbiter_pb2.SnapshotResponse | None:
    """Returns what the first says that knows."""
    request = capability_pb2.DescribeMemoryRequest()
    for replica in replicas:
        try:
            answer = await replica.capability.DescribeMemory(request, timeout=_TIMEOUT_S)
        except aio.AioRpcError:
            continue
        return answer.snapshot
    return None
