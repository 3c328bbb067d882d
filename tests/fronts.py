"""A real arbiter and a real capability service, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def starting(folder: Path, capability: str, settings: Mapping[str, str]) -> Generator[tuple[str, int]]:
    """Runs an arbiter and a service in `folder`; yields the service's address and process id."""
    with starting_all(folder, [capability], settings) as pids:
        yield f"unix:{folder}/{capability}.sock", pids[0]


@contextmanager
def starting_all(
    folder: Path, capabilities: Sequence[str], settings: Mapping[str, str]
) -> Generator[tuple[int, ...]]:
    """Runs an arbiter and services, each on the socket of its name in `folder`; yields their process ids."""
    arbiter = _start("services.arbiter", {**_arbiter_settings(folder), **settings})
    services = [
        _start(f"services.{name}", {**_service_settings(folder, name), **settings}) for name in capabilities
    ]
    processes = [*services, arbiter]
    try:
        yield tuple(service.pid for service in services)
    finally:
        for process in processes:
            process.terminate()
        codes = [process.wait(30) for process in processes]
    assert codes == [0] * len(processes)


def _start(module: str, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", module], env={**os.environ, **settings})


def _arbiter_settings(folder: Path) -> dict[str, str]:
    return {"LIMNER_ARBITER_LISTEN": f"unix:{folder}/arbiter.sock", "LIMNER_ARBITER_RUN_DIR": str(folder)}


def _service_settings(folder: Path, capability: str) -> dict[str, str]:
    prefix = f"LIMNER_{capability.upper()}"
    return {
        f"{prefix}_LISTEN": f"unix:{folder}/{capability}.sock",
        f"{prefix}_ARBITER": f"unix:{folder}/arbiter.sock",
        f"{prefix}_HOLDERS_DIR": str(folder / "holders"),
    }
