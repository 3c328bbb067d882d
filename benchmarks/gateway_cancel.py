"""How long a card goes on with a job that nobody wants any more, in steps of that job."""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.gateway_calls import percentile
from benchmarks.table import Row
from limner.client import Client, Job
from limner.requests import TextToImage
from tests.studio import Studio, running_studio, until

SIDE_PX = 256
_FEW, _MANY = 4, 12
_FINISH_S = 300.0
_STEPS_IN = (0.0, 4.0)


def measure(cancels: int, pictures: int, seed: int = 1) -> list[Row]:
    """Cancels jobs at random instants of their steps; the service's log says when it has let go.

    Steps are the longer the more `pictures` they make together.
    """
    chance = random.Random(seed)
    took_s: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="studio") as name,
        running_studio(Path(name) / "home") as studio,
        studio.client() as client,
    ):
        client.wait(client.submit(_request(_FEW, pictures)).id, _FINISH_S)  # loads the model
        step_s = [_measure_step(client, pictures)]
        for _ in range(cancels):
            after_s = step_s[0] * chance.uniform(*_STEPS_IN)
            took_s.append(_cancel(studio, client, _request(100, pictures), after_s))
        step_s.append(_measure_step(client, pictures))
    return _report(took_s, statistics.mean(step_s))


def _report(took_s: list[float], step_s: float) -> list[Row]:
    steps = [each_s / step_s for each_s in took_s]
    p99 = percentile(steps, 99)
    return [
        Row("cancel to card free, p99", p99, "≤ 1 step", p99 <= 1, "steps"),
        Row("  median", statistics.median(steps), "", True, "steps"),
        Row("  p99", percentile(took_s, 99) * 1000, "", True, "ms"),
        Row("  a step", step_s * 1000, "", True, "ms"),
    ]


def _request(steps: int, pictures: int) -> TextToImage:
    return TextToImage(
        prompt="a red circle on the left, white background",
        width=SIDE_PX,
        height=SIDE_PX,
        steps=steps,
        seed=1,
        count=pictures,
    )


def _measure_step(client: Client, pictures: int) -> float:
    """Returns the seconds of one step: what more of them take."""
    few_s, many_s = (_duration_s(client, _request(steps, pictures)) for steps in (_FEW, _MANY))
    return (many_s - few_s) / (_MANY - _FEW)


def _duration_s(client: Client, request: TextToImage) -> float:
    job = client.wait(client.submit(request).id, _FINISH_S)
    assert job.started_at is not None
    assert job.finished_at is not None
    return (job.finished_at - job.started_at).total_seconds()


def _cancel(studio: Studio, client: Client, request: TextToImage, after_s: float) -> float:
    """Cancels a job that long after its first step, and returns the seconds until it is let go."""
    job = client.submit(request)

    def look() -> Job | None:
        now = client.job(job.id)
        return now if now.progress.step >= 1 else None

    until(look, "the first step", _FINISH_S)
    time.sleep(after_s)
    moment_s = time.time()
    client.cancel(job.id)
    return until(lambda: _let_go_at(studio, job.id), "the end of the job", _FINISH_S) - moment_s


def _let_go_at(studio: Studio, job_id: str) -> float | None:
    """Returns when the service said that the job has ended, which it does once its worker is free."""
    lines = (studio.home.logs / "limner-t2i.log").read_text().splitlines()
    events = [json.loads(line) for line in lines if job_id in line]
    moments = [event["timestamp"] for event in events if event["event"] == "job ended"]
    return datetime.fromisoformat(moments[0]).timestamp() if moments else None
