"""Several Ray nodes on this machine, with the ordinary services: nothing is lost when they are killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.test_gateway_chaos import count_endings
from tests.limner.cluster.nodes import (
    addresses,
    count_ended,
    finish,
    holds_replica,
    joined_node,
    kill_node,
    kill_replica,
    nodes_of,
    running_cluster,
    scale,
    send,
    until_machines,
    until_replicas,
)
from tests.studio import until


@pytest.mark.timeout(600)
def test_a_cluster_loses_no_job_with_a_replica_or_a_node_and_ends_what_is_too_much(tmp_path: Path) -> None:
    with running_cluster(tmp_path / "home", nodes=2, t2i=2) as studio, studio.client() as client:
        first = until_replicas(studio, 2)
        until_machines(client, 2)
        expected = finish(client, send(client, range(4)))

        jobs = send(client, range(4))
        kill_replica(studio)
        assert finish(client, jobs) == expected
        second = until_replicas(studio, 2, other_than=first)

        jobs = send(client, range(4))
        (node,) = [each for each in nodes_of(studio)[1:] if holds_replica(each)]
        kill_node(node)
        assert finish(client, jobs) == expected
        until_replicas(studio, 2, other_than=second)  # both on the node that is left

        scale(studio, 1)
        until_replicas(studio, 1)
        assert finish(client, send(client, range(4))) == expected


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_sixty_jobs_end_once_each_whatever_is_killed_or_scaled_meanwhile(tmp_path: Path) -> None:
    with running_cluster(tmp_path / "home", nodes=3, t2i=1) as studio, studio.client() as client:
        until_replicas(studio, 1)
        expected = finish(client, send(client, range(60), steps=20))
        assert len(set(expected)) == 60

        jobs = send(client, range(60), steps=20)
        scale(studio, 4)
        until(lambda: len(addresses(studio)) == 4 or None, "four replicas", 300)
        until(lambda: count_ended(client, jobs) >= 20 or None, "twenty jobs to end", 300)
        kill_node(next(each for each in nodes_of(studio)[1:] if holds_replica(each)))
        until(lambda: count_ended(client, jobs) >= 35 or None, "thirty-five jobs to end", 300)
        studio.kill("limner-gateway")
        with joined_node(studio) as node:
            scale(studio, 5)
            until(lambda: holds_replica(node) or None, "the new node to get a replica", 300)
            until(lambda: count_ended(client, jobs) >= 45 or None, "forty-five jobs to end", 300)
        scale(studio, 1)
        assert finish(client, jobs) == expected
        until_replicas(studio, 1)
        assert count_endings(studio.url, jobs) == [1] * 60
