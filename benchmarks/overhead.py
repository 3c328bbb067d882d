"""What the studio costs beyond the pipeline: throughput of real pictures, latency of instant ones."""

from __future__ import annotations

import io
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from benchmarks.studio import free_port, running_studio
from benchmarks.table import Row, report
from services.pipelines.process import SHORT_SPIN
from services.shapes.captions import scene_from_caption
from services.shapes.pictures import render

PAIRS = 12
JOBS_PER_PAIR = 4
INSTANT_CALLS = 300
WARM_UP = 20


def main() -> None:
    """Measures both and prints the table."""
    rows = [row for load in (PAINTING, EDITING) for row in measure_throughput(load)]
    report("overhead", [*rows, *measure_latency()])


@dataclass(frozen=True, slots=True)
class Load:
    """A kind of job, and the module that does the same with the library alone."""

    name: str
    kind: str
    prompt: str
    bare: str

    def words(self, number: int) -> str:
        """Returns the prompt of a picture: each has its own, since the studio remembers what prompts mean."""
        return f"{self.prompt} {number}"

    def body(self, client: httpx.Client) -> dict[str, Any]:
        """Returns what every request has; a picture that is edited is uploaded on the way."""
        return _ALL_STEPS | ({"images": [_keep(client)]} if self is EDITING else {})


# Of those that `normal` asks for some are spared, which the bare pipeline does not do.
_ALL_STEPS = {"quality": "best", "steps": 20}
_FIRSTS = range(0, (PAIRS + 1) * JOBS_PER_PAIR, JOBS_PER_PAIR)
PROMPT = "a red circle on the left and a blue square on the right, white background"
PAINTING = Load("text-to-image", "text-to-image", PROMPT, "benchmarks.bare")
EDITING = Load("edit", "image-edit", "make the circle green", "benchmarks.bare_edit")


def measure_throughput(load: Load) -> list[Row]:
    """Times back-to-back jobs through the studio against the bare pipeline, alternating pair by pair."""
    with running_studio() as url, httpx.Client(base_url=url, timeout=120) as client:
        bare = _Bare(load.bare)
        try:
            body = load.body(client)
            # The first pair is not counted: it loads.
            pairs = [
                (
                    _timed(partial(_through_studio, client, load, body, numbers)),
                    _timed(partial(bare.paint, numbers)),
                )
                for numbers in (range(first, first + JOBS_PER_PAIR) for first in _FIRSTS)
            ][1:]
        finally:
            bare.close()
    losses = sorted(1 - bare_s / studio_s for studio_s, bare_s in pairs)
    loss = statistics.median(losses)
    seconds = statistics.median(bare_s for _, bare_s in pairs) / JOBS_PER_PAIR
    return [
        Row(
            f"throughput lost against the bare pipeline, {load.name}", loss * 100, "≤ 5 %", loss <= 0.05, "%"
        ),
        Row(f"seconds per picture, bare pipeline, {load.name}", seconds, "", True, "s"),
    ]


def measure_latency() -> list[Row]:
    """Times single calls with a pipeline that answers at once, beside LitServe serving the same."""
    with running_studio({"LIMNER_T2I_WORKER_MODULE": "benchmarks.instant"}) as url:
        ours = call_times_s(f"{url}/generate/text-to-image", {"Prefer": "wait=30"}, 200)
    with _running_litserve() as url:
        theirs = call_times_s(f"{url}/predict", {}, 200)
    our_p50, our_p99 = _percentile(ours, 50), _percentile(ours, 99)
    return [
        Row("added latency, p50", our_p50 * 1000, "≤ 20 ms", our_p50 <= 0.020, "ms"),
        Row("added latency, p99", our_p99 * 1000, "≤ 50 ms", our_p99 <= 0.050, "ms"),
        Row("LitServe, same instant pipeline, p50", _percentile(theirs, 50) * 1000, "", True, "ms"),
        Row("LitServe, same instant pipeline, p99", _percentile(theirs, 99) * 1000, "", True, "ms"),
    ]


@contextmanager
def _running_litserve() -> Generator[str]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.litserve_instant", str(port)]
    peer = subprocess.Popen(command, start_new_session=True)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        # Its children outlive a SIGTERM to it alone.
        os.killpg(peer.pid, signal.SIGKILL)
        peer.wait()


class _Bare:
    """The pipeline alone, in a process of its own that is idle while the studio is timed."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            # As the studio's workers: with its own count it would lose more to whoever else is awake.
            env={**os.environ, **SHORT_SPIN},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def paint(self, numbers: range) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{numbers.start} {numbers.stop}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def _through_studio(client: httpx.Client, load: Load, body: dict[str, Any], numbers: range) -> None:
    requests = [{**body, "prompt": load.words(number), "seed": number} for number in numbers]
    # The last one is waited for as clients do: asking again and again would take the cores from the model.
    jobs = [_submit(client, load.kind, request, wait_s=0) for request in requests[:-1]]
    jobs.append(_submit(client, load.kind, requests[-1], wait_s=120))
    for job in jobs:
        status = client.get(f"/jobs/{job}").json()["status"]
        if status != "succeeded":
            raise RuntimeError(f"Job {job} is {status}.")


def _keep(client: httpx.Client) -> str:
    answer = client.post("/images", content=source_png(), headers={"Content-Type": "image/png"})
    answer.raise_for_status()
    return str(answer.json()["id"])


def source_png() -> bytes:
    """Returns the picture that is edited."""
    file = io.BytesIO()
    render(scene_from_caption(PROMPT), 128, 128, 3).save(file, "PNG")
    return file.getvalue()


def _submit(client: httpx.Client, kind: str, body: dict[str, Any], wait_s: int) -> str:
    headers = {"Prefer": f"wait={wait_s}"} if wait_s else {}
    answer = client.post(f"/generate/{kind}", json=body, headers=headers)
    answer.raise_for_status()
    return str(answer.json()["id"])


def _timed(work: Callable[[], None]) -> float:
    started_s = time.perf_counter()
    work()
    return time.perf_counter() - started_s


def call_times_s(url: str, headers: dict[str, str], status: int) -> list[float]:
    """Returns how long each of many calls took, after some that are not counted."""
    times_s: list[float] = []
    with httpx.Client(timeout=60, headers=headers) as client:
        for seed in range(WARM_UP + INSTANT_CALLS):
            started_s = time.perf_counter()
            answer = client.post(url, json={"prompt": PROMPT, "seed": seed})
            times_s.append(time.perf_counter() - started_s)
            if answer.status_code != status:
                raise RuntimeError(f"{url} answered {answer.status_code}: {answer.text}")
    return times_s[WARM_UP:]


def _wait_for(url: str) -> None:
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer.")


def _percentile(times_s: list[float], percent: int) -> float:
    return statistics.quantiles(times_s, n=100)[percent - 1]


if __name__ == "__main__":
    main()
