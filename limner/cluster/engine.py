"""Ray, as far as the studio uses it: nodes that come and go, and actors on them."""

# pyright: standard
# Ray's types are partial.
from __future__ import annotations

import os
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager, nullcontext
from tempfile import TemporaryDirectory
from typing import Any

import ray
import structlog
from ray.cluster_utils import Cluster
from ray.exceptions import RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from limner.cluster.placement import SERVICES, Node

log = structlog.get_logger(__name__)

ActorLost, EngineError = RayActorError, RayError

# Ray takes 127.0.0.1 for "find out", and would then be reachable from other machines.
_LOCAL_IP = "127.0.0.2"
# A node's label for what it may hold, joined by dots: `ray start --labels limner-services=t2i.edit`.
SERVICES_LABEL = "limner-services"
_REACH_S = 5.0
_OBJECT_STORE_BYTES = 80_000_000  # Ray's least: pictures go from service to gateway, not through it.


class Unstartable(Exception):
    """The cluster cannot be had; the message says why and what to do."""


@contextmanager
def joined(address: str, nodes: int) -> Generator[None]:
    """Joins the Ray cluster at `address`, or has one of so many nodes on this machine until it is left.

    Raises Unstartable where no cluster answers.
    """
    if address:
        _check_reach(address)
    with nullcontext(address) if address else _started(nodes) as found:
        try:
            ray.init(address=found, namespace="limner")
        except ConnectionError as error:
            raise _unreached(address) from error
        try:
            yield
        finally:
            ray.shutdown()


def _check_reach(address: str) -> None:
    """Raises Unstartable where nobody listens: Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon:
        try:
            socket.create_connection((host, int(port)), _REACH_S).close()
        except (OSError, ValueError, OverflowError) as error:
            raise _unreached(address) from error


def _unreached(address: str) -> Unstartable:
    return Unstartable(
        f"No Ray cluster answers at --address {address}; start one with `ray start --head`, or give the "
        "host:port that it prints."
    )


@contextmanager
def _started(nodes: int) -> Generator[str]:
    shape: dict[str, Any] = {
        "num_cpus": os.cpu_count(),
        "node_ip_address": _LOCAL_IP,
        "object_store_memory": _OBJECT_STORE_BYTES,
        "include_dashboard": False,
    }
    # Short, for the sockets in it; and gone afterwards, with Ray's own logs.
    with TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        # All of Ray's folder: in the usual one this cluster would pass for the user's own (`--address auto`),
        # and with the argument `temp_dir` Ray writes there, too, without making it.
        os.environ["RAY_TMPDIR"] = folder
        cluster = Cluster(initialize_head=True, head_node_args=shape)
        try:
            for _ in range(nodes - 1):
                cluster.add_node(**shape)
            # By which `ray start --address` adds another node, with the same token.
            log.info("cluster has started", address=cluster.address, nodes=nodes)
            yield str(cluster.address)
        finally:
            cluster.shutdown()


def alive_nodes() -> list[Node]:
    """Returns the nodes that Ray believes to be alive."""
    return [_to_node(each) for each in ray.nodes() if each["Alive"]]


def own_node_id() -> str:
    """Returns the node on which this process runs."""
    return ray.get_runtime_context().get_node_id()


def own_ip() -> str:
    """Returns the address under which other nodes reach this one."""
    return ray.util.get_node_ip_address()


def hire(node_id: str, kind: type, *arguments: object) -> Any:
    """Returns an actor on a node; Ray starts it again as often as its process ends, but nowhere else."""
    strategy = NodeAffinitySchedulingStrategy(node_id, soft=False)
    options: dict[str, Any] = {"num_cpus": 0, "max_restarts": -1, "scheduling_strategy": strategy}
    return ray.remote(kind).options(**options).remote(*arguments)


def dismiss(actor: Any) -> None:
    """Ends an actor and its process for good."""
    ray.kill(actor, no_restart=True)


def _to_node(told: Mapping[str, Any]) -> Node:
    services = told.get("Labels", {}).get(SERVICES_LABEL)
    held = frozenset(services.split(".")) if services is not None else frozenset(SERVICES)
    return Node(told["NodeID"], told["NodeManagerAddress"], held)
