"""A studio to measure with: the one that runs on a home, or one of its own beside the home's models."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from limner.cli.failure import CommandFailed
from limner.cli.occupancy import occupant
from limner.cli.programs import environment
from limner.cli.tether import PARENT
from limner.home import Home

_STOP_S = 60.0
# What of the home the other studio works with; all else it has for itself.
_SHARED = ("_MODELS_DIR", "_CACHE_DIR")
_KEPT = "LIMNER_ARBITER_"


@contextmanager
def borrowed_studio(home: Home, host: str, port: int, given: Mapping[str, str]) -> Generator[str]:
    """Yields the address of the studio of `home`; where none runs, one is started and ended."""
    if (url := _running(home)) is not None:
        yield url
        return
    shared = environment(home, host, port, given)
    settings = {name: value for name, value in shared.items() if _is_for_all(name)}
    with (
        tempfile.TemporaryDirectory(prefix="limner-bench-") as folder,
        _started(Path(folder), settings) as url,
    ):
        yield url


def _is_for_all(name: str) -> bool:
    return not name.startswith("LIMNER_") or name.endswith(_SHARED) or name.startswith(_KEPT)


def _running(home: Home) -> str | None:
    found = occupant(home)
    if found is None:
        return None
    try:
        httpx.get(f"{found.url}/healthz", trust_env=False).raise_for_status()
    except httpx.HTTPError:
        return None
    return found.url


@contextmanager
def _started(folder: Path, settings: Mapping[str, str]) -> Generator[str]:
    own = {"LIMNER_HOME": str(folder), "LIMNER_PORT": str(_free_port()), "LIMNER_HOST": "127.0.0.1"}
    with (folder / "bench.log").open("w+b") as errors:
        process = subprocess.Popen(
            # Tethered, so that it does not outlive a command that is killed.
            [sys.executable, "-m", "limner.cli.tether", "limner", "SIGTERM", "limner.cli", "run"],
            env={**settings, **own, PARENT: str(os.getpid())},
            stdout=subprocess.PIPE,
            stderr=errors,
            # Ctrl-C is for the command, which ends it in its own time.
            start_new_session=True,
        )
        assert process.stdout is not None
        with process.stdout:
            try:
                if not process.stdout.readline():
                    errors.seek(0)
                    said = (errors.read().decode(errors="replace").strip() or "it says nothing").splitlines()[
                        -1
                    ]
                    raise CommandFailed(f"No studio could be started to measure with: {said}")
                yield f"http://127.0.0.1:{own['LIMNER_PORT']}"
            finally:
                _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
