from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.jobs.census import Count
from gateway.jobs.job import Job, Kind, State
from gateway.jobs.performance import Performance
from gateway.machines import MachineBook
from gateway.metrics import Metrics
from limner.arbiter.v1 import arbiter_pb2 as pb

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "limner.json"
WORK = Performance("full", loading_s=1, denoising_s=1, steps=1, read_bytes=1, peak_bytes=1, charged_bytes=1)
_BY_TARGET = {"instance", "job"}  # labels that Prometheus adds


def panels() -> list[dict[str, Any]]:
    return json.loads(DASHBOARD.read_text())["panels"]


def queries() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel.get("targets", ())]


@pytest.fixture(scope="module")
def exposed() -> dict[str, set[str]]:
    """The labels of every sample that a gateway exposes once everything has happened."""
    metrics = Metrics()
    metrics.accepted.labels("tiled").inc()
    metrics.errors.labels("tiled", "NEVER_FITS").inc()
    metrics.failed.labels("tiled", "NEVER_FITS").inc()
    metrics.attempts.labels("tiled", "fail").inc()
    metrics.cost(Kind.TILED, WORK)
    metrics.ended(Job("1", Kind.TILED, "tiling", State.SUCCEEDED, {}, created_at=0))
    snapshot = pb.SnapshotResponse(
        devices=[pb.Device(id="cpu:0")],
        leases=[pb.Lease(holder="t2i", charges=[pb.Charge(device="cpu:0")])],
        loads={"t2i": 1},
        decisions={"lease_granted": 1},
    )
    text = metrics.render([MachineBook("gpu1", snapshot)], Count(), now=0).decode()
    families = text_string_to_metric_families(text)
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


def test_every_metric_of_the_dashboard_is_one_that_the_gateway_exposes(exposed: dict[str, set[str]]) -> None:
    asked = {name for query in queries() for name in re.findall(r"limner_\w+", query)}
    assert asked
    assert asked <= exposed.keys(), asked - exposed.keys()


def test_every_metric_that_is_ours_is_on_the_dashboard(exposed: dict[str, set[str]]) -> None:
    asked = " ".join(queries())
    ours = {
        re.sub(r"_(bucket|sum|count|created)$", "", name)
        for name in exposed
        if not name.startswith(("limner_process", "python"))
    }
    assert not {name for name in ours if re.sub(r"_total$", "", name) not in asked}


def test_the_dashboard_groups_by_labels_that_there_are(exposed: dict[str, set[str]]) -> None:
    for query in queries():
        for name, labels in _groupings(query):
            assert labels <= exposed[name] | _BY_TARGET, query


def _groupings(query: str) -> Iterator[tuple[str, set[str]]]:
    for labels, name in re.findall(r"by \(([^)]*)\) \((?:\w+\()?(limner_\w+)", query):
        yield name, set(labels.split(", "))


def test_no_two_panels_share_a_name_or_a_place() -> None:
    for facts in (
        [panel["id"] for panel in panels()],
        [panel["title"] for panel in panels()],
        [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()],
    ):
        assert len(set(facts)) == len(facts)
