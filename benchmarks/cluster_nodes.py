"""What Ray costs a job, and how soon a job goes on elsewhere when its node is lost."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psutil

from benchmarks.overhead import call_times_s
from benchmarks.studio import running_studio
from benchmarks.table import Row
from limner.client import Client
from limner.cluster.conductor import is_busy
from limner.cluster.wanted import WANTED, Span, write_wanted
from limner.requests import TextToImage
from tests.limner.cluster.nodes import (
    addresses,
    kill_node,
    nodes_of,
    running_cluster,
    title_of,
    until_replicas,
)
from tests.studio import Studio

_CLUSTERS = 2
# Long enough to be met half-way.
_LONG = TextToImage(prompt="a red circle", width=128, height=128, steps=100, quality="best")
_FURTHER_STEPS = 10
_MOST_ADDED_S, _MOST_LOST_S = 0.010, 10.0
_POLL_S = 0.05
_PATIENCE_S = 120.0


def measure_added_latency() -> list[Row]:
    """Returns what a job takes beyond its work on one machine, and how much more on a node of Ray."""
    instant = {"LIMNER_T2I_WORKER_MODULE": "benchmarks.instant"}
    medians_s: list[float] = []
    for command in (("run",), ("up", "--cluster")):
        with tempfile.TemporaryDirectory(prefix="limner-bench-") as home:
            write_wanted(Path(home) / WANTED, {"t2i": Span(1, 1)})
            with running_studio(instant, command, home) as url:
                times_s = call_times_s(f"{url}/generate/text-to-image", {"Prefer": "wait=30"}, 200)
            medians_s.append(statistics.median(times_s))
    local_s, ray_s = medians_s
    added_s = ray_s - local_s
    return [
        Row("latency of an instant job, one machine, p50", local_s * 1000, "", True, "ms"),
        Row("latency added by Ray, p50", added_s * 1000, "≤ 10", added_s <= _MOST_ADDED_S, "ms"),
    ]


def measure_loss() -> list[Row]:
    """Returns how long it takes from the death of a node until its job is ten steps further elsewhere."""
    spans_s = [span_s for _ in range(_CLUSTERS) for span_s in _lose_all_but_the_head()]
    longest_s = max(spans_s)
    return [
        Row("a node dies → its job computes elsewhere, p50", statistics.median(spans_s), "", True, "s"),
        Row(f"… the longest of {len(spans_s)}", longest_s, "≤ 10", longest_s <= _MOST_LOST_S, "s"),
    ]


def _lose_all_but_the_head() -> Generator[float]:
    with (
        tempfile.TemporaryDirectory(prefix="limner-bench-") as home,
        running_cluster(Path(home), nodes=3, t2i=3) as studio,
        studio.client() as client,
    ):
        for _ in range(2):
            until_replicas(studio, 3)
            job, node = _begin_beyond_the_head(studio, client)
            met = client.job(job).progress.step
            kill_node(node)
            struck_s = time.monotonic()
            _wait_for_step(client, job, met + _FURTHER_STEPS)
            yield time.monotonic() - struck_s
            client.cancel(job)


def _begin_beyond_the_head(studio: Studio, client: Client) -> tuple[str, psutil.Process]:
    """Begins a long job, and returns it with the node that computes it.

    One that the head gets keeps it busy until the next has gone elsewhere: free, it would get that too.
    """
    others, kept, known = nodes_of(studio)[1:], list[str](), set[str]()
    while True:
        job = client.submit(_LONG).id
        _wait_for_step(client, job, _FURTHER_STEPS)
        (busy,) = {each for each in addresses(studio) if asyncio.run(is_busy(each))} - known
        if (found := next((node for node in others if _listens(node, busy)), None)) is not None:
            for each in kept:
                client.cancel(each)
            return job, found
        kept.append(job)
        known.add(busy)


def _listens(node: psutil.Process, address: str) -> bool:
    """Tells whether a service of that node is at an address."""
    port = int(address.rpartition(":")[2])
    services = [each for each in node.children(recursive=True) if title_of(each) == "limner-t2i"]
    sockets = [
        each.laddr
        for service in services
        for each in service.net_connections("tcp")
        if each.status == "LISTEN"
    ]
    return any(socket.port == port for socket in sockets)


def _wait_for_step(client: Client, job: str, step: int) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while client.job(job).progress.step < step:
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"Job {job} did not come to step {step}.")
        time.sleep(_POLL_S)
