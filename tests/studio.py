"""A real studio for tests: the same command, programs and files as a user's."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

from limner.cli.occupancy import occupant
from limner.cli.tether import PARENT
from limner.client import Client
from limner.home import Home, locate

_T = TypeVar("_T")

START_S = 90.0
STOP_S = 40.0
RESTART_S = 30.0


@dataclass(frozen=True, slots=True)
class Studio:
    """A running studio and the means to look inside and to hurt it."""

    home: Home
    port: int
    process: subprocess.Popen[bytes]  # `limner run`

    @property
    def url(self) -> str:
        """Address of the gateway."""
        return f"http://127.0.0.1:{self.port}"

    def address(self, service: str) -> str:
        """gRPC address of `service`: arbiter or t2i."""
        return self.home.address(service)

    def client(self) -> Client:
        """A client to be used in `with`."""
        return Client(self.url)

    def environment(self) -> dict[str, str]:
        """What a command needs to find this studio."""
        return studio_environment(self.home.root, self.port)

    def members(self) -> list[psutil.Process]:
        """Every process of the studio, whoever its parent is by now."""
        return members(self.process.pid, self.home)

    def pid_of(self, title: str) -> int:
        """Process id of the one process with that title; waits while it is being restarted."""
        return until(lambda: self._pid_of(title), f"{title} to run", RESTART_S)

    def kill(self, title: str) -> int:
        """Ends a process as the kernel's out-of-memory killer would, and returns its id."""
        pid = self.pid_of(title)
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_all(self) -> None:
        """Ends every process at the same instant, as a power cut would."""
        group = self.members()
        for process in group:
            process.suspend()
        for process in group:
            process.kill()
        self.process.wait()
        psutil.wait_procs(group, timeout=STOP_S)

    def _pid_of(self, title: str) -> int | None:
        found = [process.pid for process in self.members() if _title(process) == title]
        return found[0] if len(found) == 1 else None


def limner(studio: Studio, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs one command on a studio to its end, as a user would type it."""
    return subprocess.run(
        [sys.executable, "-m", "limner.cli", *arguments],
        env=studio.environment(),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def members(master_pid: int, home: Home) -> list[psutil.Process]:
    """Returns `limner run`, its descendants, and whatever shares supervisord's session."""
    found = {process.pid: process for process in _descendants(master_pid)}
    record = occupant(home)
    if record is not None:
        for process in psutil.process_iter():
            if _session(process.pid) == record.supervisor.pid:
                found[process.pid] = process
    return list(found.values())


@contextmanager
def running_studio(
    root: Path,
    port: int | None = None,
    settings: Mapping[str, str] | None = None,
    command: Sequence[str] = ("run",),
) -> Generator[Studio]:
    """Yields a studio with its home at `root`; stops it and makes sure that nothing is left of it."""
    home, port = locate(root), port or free_port()
    root.mkdir(parents=True, exist_ok=True)
    with (root / "limner-run.log").open("ab") as errors:
        process = subprocess.Popen(
            # Tethered, so that a test run that is killed takes its studio with it.
            [sys.executable, "-m", "limner.cli.tether", "limner", "SIGTERM", "limner.cli", *command],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=studio_environment(root, port) | dict(settings or {}) | {PARENT: str(os.getpid())},
        )
    assert process.stdout is not None
    with process, process.stdout:
        studio = Studio(home, port, process)
        try:
            line = _first_line(process)
            assert line == f"Limner is ready at {studio.url}\n", (line, _log(root))
            yield studio
        finally:
            _stop(studio)


def _stop(studio: Studio) -> None:
    everyone = studio.members()
    if studio.process.poll() is None:
        studio.process.terminate()
    try:
        code = studio.process.wait(STOP_S)
        left = psutil.wait_procs(everyone, timeout=1.0)[1]
        names = [_title(process) for process in left]
    finally:
        for process in everyone:
            if process.is_running():
                process.kill()
    assert not names, f"left behind: {names}"
    assert code in {0, -signal.SIGKILL}, _log(studio.home.root)


def _first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 0.1)[0]:
            return process.stdout.readline().decode()
    return ""


def studio_environment(root: Path, port: int) -> dict[str, str]:
    """Returns this process's environment with the settings of another studio removed and these put in."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LIMNER_")}
    return clean | {"LIMNER_HOME": str(root), "LIMNER_PORT": str(port)}


def free_port() -> int:
    """Returns a port that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def until(look: Callable[[], _T | None], what: str, timeout_s: float) -> _T:
    """Returns the first result of `look` that is not None; fails after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"waited {timeout_s:g} s in vain for {what}"
        time.sleep(0.02)
    return found


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _title(process: psutil.Process) -> str:
    try:
        words = process.cmdline()
    except psutil.Error:
        return ""
    return words[0].strip() if words else ""


def _log(root: Path) -> str:
    return (root / "limner-run.log").read_text(errors="replace")
