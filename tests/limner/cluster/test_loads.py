"""What the gateway tells Prometheus is what the scaling reads."""

from __future__ import annotations

from gateway.jobs.census import Count, Group
from gateway.jobs.job import Kind, State
from gateway.metrics import Metrics
from limner.cluster.loads import ask_loads, read_loads
from limner.cluster.scaling import Load
from tests.studio import free_port


def test_every_service_has_a_load_and_what_waits_counts() -> None:
    groups = [
        Group(Kind.TEXT_TO_IMAGE, State.QUEUED, priority=2, count=3, oldest_at=940),
        Group(Kind.TEXT_TO_IMAGE, State.QUEUED, priority=1, count=1, oldest_at=990),
        Group(Kind.TEXT_TO_IMAGE, State.RUNNING, priority=1, count=1, oldest_at=900),
        Group(Kind.CONTROLNET, State.QUEUED, priority=1, count=1, oldest_at=999),
    ]
    text = Metrics().render([], Count(groups), 1000).decode()
    assert read_loads(text) == {"t2i": Load(4, 60), "edit": Load(1, 1), "tiling": Load(0, 0)}


def test_what_waits_in_a_paused_queue_waits_for_no_replica() -> None:
    groups = [Group(Kind.TEXT_TO_IMAGE, State.QUEUED, priority=2, count=3, oldest_at=940)]
    text = Metrics().render([], Count(groups, is_paused=True), 1000).decode()
    assert read_loads(text) == {"t2i": Load(), "edit": Load(), "tiling": Load()}


def test_without_a_database_nothing_is_known() -> None:
    assert read_loads(Metrics().render([], None, 1000).decode()) is None


async def test_a_gateway_that_does_not_answer_tells_nothing() -> None:
    assert await ask_loads(f"http://127.0.0.1:{free_port()}", "secret") is None
