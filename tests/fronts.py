"""A real arbiter and a real capability service, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def starting(folder: Path, capability: str, settings: Mapping[str, str]) -> Generator[tuple[str, int]]:
    """Runs an arbiter and a service in `folder`; yields the service's address and process id."""
    arbiter = _start("services.arbiter", {**_arbiter_settings(folder), **settings})
    service = _start(f"services.{capability}", {**_service_settings(folder, capability), **settings})
    try:
        yield f"unix:{folder}/{capability}.sock", service.pid
    finally:
        for process in (service, arbiter):
            process.terminate()
        codes = [process.wait(30) for process in (service, arbiter)]
    assert codes == [0, 0]


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
