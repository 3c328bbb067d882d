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
from limner.cluster.wanted import WANTED, Span, read_wanted, write_wanted
from limner.home import Home, locate, tidy

Conduct = Callable[[str], Awaitable[None]]  # with the secret of the gateway

ROLL = "replicas.json"


@contextmanager
def running_on_cluster(
    home: Home, url: str, address: str, nodes: int
) -> Generator[tuple[Mapping[str, str], Conduct]]:
    """Yields what the gateway at `url` must be told, and who conducts the cluster; leaves it afterwards.

    What was wanted the last time still is; the first time that is one replica of each service. Raises
    Unstartable where that cannot be read, or no cluster is at `address`.
    """
    wanted, roll = home.root / WANTED, home.run / ROLL
    if not wanted.exists():
        write_wanted(wanted, {service: Span(1, 1) for service in SERVICES})
    try:
        read_wanted(wanted)
    except ValueError as error:
        raise engine.Unstartable(
            f"{error}; mend {wanted}, or remove it to start with one of each."
        ) from error
    shutil.rmtree(home.root / NODES, ignore_errors=True)  # those of the last time
    with _tidied(home), engine.joined(address, nodes):
        arbiter = node_home(home.root, engine.own_node_id()).address(ARBITER)
        told = {"LIMNER_GATEWAY_REPLICAS_FILE": str(roll), "LIMNER_GATEWAY_ARBITER": arbiter}

        async def conduct(secret: str) -> None:
            await Conductor(roll, wanted, partial(ask_loads, url, secret)).conduct()

        yield told, conduct


@contextmanager
def _tidied(home: Home) -> Generator[None]:
    """Removes afterwards what the nodes of this machine have outside their folders; their logs stay."""
    try:
        yield
    finally:
        for folder in (home.root / NODES).glob("*"):
            tidy(locate(folder))
