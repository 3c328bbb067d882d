"""A studio on a cluster on this machine, and the means to hurt it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from limner.client import Client
from limner.cluster.studio import ROLL
from limner.cluster.wanted import WANTED, Span, write_wanted
from limner.requests import TextToImage
from limner.wire import StudioUnreachable
from tests.studio import Studio, limner, running_studio, until

REPLACE_S = 120.0  # A new service imports torch and loads the model, on cores that others use too.
JOB_S = 300.0


@contextmanager
def running_cluster(root: Path, nodes: int, t2i: int) -> Generator[Studio]:
    """Yields a studio of text-to-image services alone; Ray's own files are gone afterwards."""
    root.mkdir(parents=True, exist_ok=True)
    write_wanted(root / WANTED, {"t2i": Span(t2i, t2i)})
    command = ("up", "--cluster", "--nodes", str(nodes))
    # A folder in which no Ray ever ran, as on a new machine; short, for the sockets in it.
    with TemporaryDirectory(prefix="t-") as folder:
        with running_studio(root, settings={"TMPDIR": folder}, command=command) as studio:
            yield studio
        assert not list(Path(folder).glob("ray*"))


def addresses(studio: Studio) -> list[str]:
    """Returns where text-to-image services are, as gateways are told."""
    return json.loads((studio.home.run / ROLL).read_text())["t2i"]


def until_replicas(studio: Studio, count: int, other_than: Sequence[str] = ()) -> list[str]:
    """Returns the addresses as soon as there are so many, and not all of those."""

    def look() -> list[str] | None:
        found = addresses(studio)
        return found if len(found) == count and found != other_than else None

    return until(look, f"{count} replicas", REPLACE_S)


def until_machines(client: Client, count: int) -> None:
    """Returns as soon as the gateway, too, knows of so many machines, and of the memory of each."""

    def look() -> bool | None:
        shown = client.gpu()
        machines = {each["machine"] for each in [shown, *shown["others"]]}
        return (len(machines) == count and not shown["silent"]) or None

    until(look, f"the memory of {count} machines", JOB_S)


def scale(studio: Studio, count: int) -> None:
    """Types the command."""
    answer = limner(studio, "scale", f"t2i={count}")
    assert answer.returncode == 0, answer.stderr


def nodes_of(studio: Studio) -> list[psutil.Process]:
    """Returns the process of every node, the head first."""
    raylets = [each for each in studio.members() if each.name() == "raylet"]
    return sorted(raylets, key=lambda each: each.create_time())


def kill_node(node: psutil.Process) -> None:
    """Ends a node and all that it holds at one instant, as a power cut would."""
    everyone = [node, *node.children(recursive=True)]
    for process in everyone:
        process.suspend()
    for process in everyone:
        process.kill()


def kill_replica(studio: Studio) -> None:
    """Ends one service, as the kernel's out-of-memory killer would."""
    next(each for each in studio.members() if title_of(each) == "limner-t2i").kill()


@contextmanager
def joined_node(studio: Studio) -> Generator[psutil.Process]:
    """Yields another node, which has joined by Ray's own command."""
    (address,) = _said(studio, "cluster has started", "address")
    known = len(_said(studio, "node has come", "node"))
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(studio.home.run / "ray-token")}
    command = [str(Path(sys.executable).parent / "ray"), "start", "--address", address, "--block"]
    with subprocess.Popen(
        [*command, "--node-ip-address", "127.0.0.2", "--num-cpus", "2"],
        env=studio.environment() | token,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        starter = psutil.Process(process.pid)
        try:
            until(lambda: _said(studio, "node has come", "node")[known:] or None, "a node to join", REPLACE_S)
            yield next(each for each in starter.children(recursive=True) if each.name() == "raylet")
        finally:
            everyone = [starter, *starter.children(recursive=True)]
            for each in everyone:
                each.kill()


def _said(studio: Studio, event: str, fact: str) -> list[str]:
    """Returns a fact of every such event that the conductor has told."""
    lines = (studio.home.root / "limner-run.log").read_text().splitlines()
    return [json.loads(line)[fact] for line in lines if f'"event": "{event}"' in line]


def holds_replica(node: psutil.Process) -> bool:
    """Tells whether a text-to-image service runs there."""
    return any(title_of(each).startswith("limner-t2i") for each in node.children(recursive=True))


def send(client: Client, seeds: Sequence[int], steps: int = 8) -> list[str]:
    """Has a picture made for each seed; returns the jobs."""
    requests = [
        TextToImage(prompt="a red circle, white background", width=64, height=64, steps=steps, seed=seed)
        for seed in seeds
    ]
    return [client.submit(request).id for request in requests]


def count_ended(client: Client, ids: Sequence[str]) -> int:
    """Returns how many of the jobs are over; none while the gateway is away."""
    try:
        return sum(client.job(each).finished for each in ids)
    except StudioUnreachable:
        return 0


def finish(client: Client, ids: Sequence[str]) -> list[str]:
    """Returns the picture of each job."""
    jobs = [client.wait(each, JOB_S) for each in ids]
    assert [(job.status, job.error) for job in jobs] == [("succeeded", None)] * len(jobs)
    return [image.id for job in jobs for image in job.images]


def title_of(process: psutil.Process) -> str:
    """Returns the first word of a command; empty when the process is gone."""
    try:
        return (process.cmdline() or [""])[0]
    except psutil.Error:
        return ""
