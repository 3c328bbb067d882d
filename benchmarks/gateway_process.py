"""A gateway of its own, with a service that answers at once: for figures that are the gateway's alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import psutil

from benchmarks.studio import free_port

START_S = 120.0
STOP_S = 60.0
_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that answers."""

    port: int
    home: Path
    process: subprocess.Popen[str]
    start_s: float  # from the start of its process to its first answer

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def resident_bytes(self) -> int:
        """What it holds at the moment."""
        return int(psutil.Process(self.process.pid).memory_info().rss)


@contextmanager
def running_gateway(
    home: Path, service: Path, module: str = "gateway", settings: Mapping[str, str] | None = None
) -> Generator[Gateway]:
    """Yields a gateway whose jobs and images are in `home`, and whose text-to-image service is at `service`.

    `module` is what is run: the gateway itself, or one that looks into it and speaks through its pipes.
    """
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LIMNER_")}
    environment |= _settings(home, service, port) | dict(settings or {})
    started_s = time.perf_counter()
    with (home / "gateway.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with process:
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
            yield Gateway(port, home, process, time.perf_counter() - started_s)
        finally:
            process.terminate()
            process.wait(STOP_S)


@contextmanager
def running_service(folder: Path, side_px: int = 16) -> Generator[Path]:
    """Yields the socket of a text-to-image service and an arbiter's beside it; its pictures cost no time."""
    with running_script("benchmarks.gateway_service", folder, side_px):
        yield folder / "t2i.sock"


@contextmanager
def running_script(module: str, *arguments: object) -> Generator[IO[str]]:
    """Runs scripted services until they are ready, and yields what they say after that."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"{module} did not start.")
            yield process.stdout
        finally:
            process.kill()


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    """Returns when `url` answers; raises RuntimeError when its process ends before that."""
    deadline_s = time.monotonic() + START_S
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline_s and process.poll() is None:
            try:
                if client.get(url).is_success:
                    return
            except httpx.TransportError:
                time.sleep(_POLL_S)
    raise RuntimeError(f"{url} does not answer; its process says {process.poll()}.")


def _settings(home: Path, service: Path, port: int) -> dict[str, str]:
    return {
        "LIMNER_GATEWAY_PORT": str(port),
        "LIMNER_GATEWAY_DATABASE": f"sqlite:///{home}/jobs.db",
        "LIMNER_GATEWAY_IMAGES": str(home / "images"),
        "LIMNER_GATEWAY_T2I": f"unix:{service}",
        "LIMNER_GATEWAY_EDIT": "",
        "LIMNER_GATEWAY_TILING": "",
        "LIMNER_GATEWAY_ARBITER": f"unix:{service.parent}/arbiter.sock",
        "LIMNER_GATEWAY_RESULTS": str(home / "results"),
        "LIMNER_GATEWAY_MAX_WAITING_JOBS": "1000000",
    }
