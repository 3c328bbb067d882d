"""A studio whose services are on the nodes of a cluster: what `limner up --cluster` puts together."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial

from limner.cluster import engine
from limner.cluster.conductor import Conductor
from limner.cluster.loads import ask_loads
from limner.cluster.placement import SERVICES
from limner.cluster.post import ARBITER, NODES, node_home
from limner.cluster.roll import Roll
from limner.cluster.wanted import WANTED, Span, read_wanted, write_wanted
from limner.home import Home, locate, tidy

Conduct = Callable[[str], Awaitable[None]]  # with the secret of the gateway

ROLL = "replicas.json"


@contextmanager
def running_on_cluster(
    home: Home, url: str, address: str, nodes: int, t2i_replicas: int | None
) -> Generator[tuple[Mapping[str, str], Conduct]]:
    """Yields what the gateway at `url` must be told, and who conducts the cluster; leaves it afterwards.

    `t2i_replicas` replaces what was wanted the last time.
    """
    wanted, roll = home.root / WANTED, home.run / ROLL
    spans = read_wanted(wanted) if wanted.exists() else {service: Span(1, 1) for service in SERVICES}
    if t2i_replicas is not None:
        spans["t2i"] = Span(t2i_replicas, t2i_replicas)
    write_wanted(wanted, spans)
    shutil.rmtree(home.root / NODES, ignore_errors=True)  # those of the last time
    with _tidied(home), engine.joined(address, nodes):
        arbiter = node_home(home.root, engine.own_node_id()).address(ARBITER)
        told = {"LIMNER_GATEWAY_REPLICAS_FILE": str(roll), "LIMNER_GATEWAY_ARBITER": arbiter}

        async def conduct(secret: str) -> None:
            await Conductor(Roll(roll), wanted, partial(ask_loads, url, secret)).conduct()

        yield told, conduct


@contextmanager
def _tidied(home: Home) -> Generator[None]:
    """Removes afterwards what the nodes of this machine have outside their folders; their logs stay."""
    try:
        yield
    finally:
        for folder in (home.root / NODES).glob("*"):
            tidy(locate(folder))
