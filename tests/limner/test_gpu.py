from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from limner.answers import Job, Performance, Progress
from limner.cli.gpu import view

MIB = 2**20
BOOK: dict[str, Any] = {
    "devices": [
        {
            "id": "cpu:0",
            "name": "host memory",
            "charged_bytes": 500 * MIB,
            "capacity_bytes": 700 * MIB,
            "foreign_bytes": 0,
            "draining": False,
            "health": "ok",
        }
    ],
    "leases": [],
    "tickets": [],
    "last_releases": [],
    "swaps_last_hour": 3,
    "machine": "",
    "others": [],
    "silent": [],
}
COST = Performance(
    tier="offload",
    waiting_s=1.25,
    evicting_s=0.5,
    loading_s=2,
    encoding_s=0.1,
    denoising_s=4,
    decoding_s=0.2,
    saving_s=0.1,
    swap_s=2.5,
    steps=16,
    step_s=0.25,
    read_bytes=100 * MIB,
    streamed_bytes=0,
    peak_bytes=90 * MIB,
    charged_bytes=120 * MIB,
)


def job(job_id: str, cost: Performance | None) -> Job:
    return Job(
        id=job_id,
        kind="text-to-image",
        status="succeeded",
        progress=Progress(stage="done"),
        request={},
        images=[],
        error=None,
        performance=cost,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        started_at=None,
        finished_at=None,
    )


def shown(*jobs: Job, book: dict[str, Any] = BOOK) -> list[list[str]]:
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(view(book, jobs))
    return [line.split() for line in console.export_text().splitlines()]


def test_a_measured_job_is_shown_with_its_peak_beside_its_charge() -> None:
    lines = shown(job("1", COST), job("2", None))
    (row,) = [line for line in lines if line[:1] == ["1"]]
    words = ["1", "text-to-image", "offload", "1.2", "s", "2.5", "s", "0.25"]
    assert row == [*words, "90.0", "MiB", "120", "MiB", "75%"]
    assert not [line for line in lines if line[:1] == ["2"]]


def test_swaps_are_told_even_when_no_job_was_measured() -> None:
    assert shown()[-1] == ["3", "swaps", "of", "models", "in", "the", "last", "hour"]


@pytest.mark.parametrize("unknown", ["peak_bytes", "charged_bytes"])
def test_what_was_not_measured_is_left_empty(unknown: str) -> None:
    (row,) = [line for line in shown(job("1", COST.model_copy(update={unknown: 0}))) if line[:1] == ["1"]]
    assert not [word for word in row if "%" in word]


def test_of_several_machines_each_is_named_and_their_swaps_are_added() -> None:
    other = {**BOOK, "machine": "gpu2", "swaps_last_hour": 4}
    lines = shown(book={**BOOK, "machine": "gpu1", "others": [other], "silent": ["gpu3"]})
    names = [" ".join(line) for line in lines if line[:1] in (["gpu1"], ["gpu2"], ["gpu3"])]
    assert names == ["gpu1", "gpu2", "gpu3 does not answer"]
    assert len([line for line in lines if line[:1] == ["cpu:0"]]) == 2
    assert lines[-1][0] == "7"
