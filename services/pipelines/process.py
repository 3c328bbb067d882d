"""The front's side of a worker: start it, talk to it, kill it, know at once when it died."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import sys
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import structlog

from limner.cli.tether import PARENT
from limner.machine.footprint import Footprint
from limner.worker.v1.worker_pb2 import Command, Event, Ready
from services.pipelines.framing import AsyncEnd, Closed
from services.pipelines.worker import SOCKET_FD_VARIABLE
from services.rpc.errors import WorkerLost

log = structlog.get_logger(__name__)

# How long a thread of OpenMP spins before it sleeps. Seconds a picture on two cores, alone and two at
# once: 0.94 and 3.7 with its own count, 1.33 and 1.2 without spinning, 0.93 and 2.1 with this one.
SHORT_SPIN = {"GOMP_SPINCOUNT": "4000"}


@dataclass(frozen=True, slots=True)
class Identity:
    """What proves to the arbiter that this worker, and no later process of its pid, is alive or dead."""

    incarnation: str
    pid: int
    start_time_ticks: int  # field 22 of /proc/<pid>/stat
    lock_file: str  # name in the arbiter's holders folder, locked while the worker lives


class WorkerProcess:
    """One worker process. Its death ends `events` with WorkerLost."""

    def __init__(self, process: asyncio.subprocess.Process, end: AsyncEnd, identity: Identity) -> None:
        self._process, self._end = process, end
        self.identity = identity
        self._is_on_card = False
        self._said_bytes = 0
        self._footprint = Footprint(identity.pid)

    @classmethod
    async def start(cls, module: str, holder: str, holders_dir: Path) -> WorkerProcess:
        """Starts `python -m module`; it dies with this process, and only its death frees its lock file."""
        incarnation = uuid.uuid4().hex
        ours, theirs = socket.socketpair()
        lock_file = f"{holder}.{incarnation}"
        lock_fd = _lock(holders_dir / lock_file)
        try:
            process = await asyncio.create_subprocess_exec(
                # Not by preexec_fn: it would fork, and a fork of a process whose threads call gRPC may crash.
                *(sys.executable, "-m", "limner.cli.tether", f"limner-{holder}-worker", "SIGKILL", module),
                pass_fds=(theirs.fileno(), lock_fd),
                env={
                    **SHORT_SPIN,
                    **os.environ,
                    SOCKET_FD_VARIABLE: str(theirs.fileno()),
                    PARENT: str(os.getpid()),
                },
            )
            start_time_ticks = _start_time_ticks(process.pid)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(lock_fd)
        identity = Identity(incarnation, process.pid, start_time_ticks, lock_file)
        log.info("worker started", worker_pid=process.pid, incarnation=incarnation)
        return cls(process, await AsyncEnd.open(ours), identity)

    async def ready(self) -> Ready:
        """Waits until the libraries are imported."""
        event = await self._receive()
        if not event.HasField("ready"):
            raise WorkerLost(f"The worker said {event.WhichOneof('kind')} before it was ready.")
        return event.ready

    def send(self, command: Command) -> None:
        """Sends `command`; a dead worker is noticed by the reader of `events`."""
        if command.HasField("load"):
            self._is_on_card = not command.load.device.startswith("cpu")
        self._end.send(command)

    async def events(self) -> AsyncGenerator[Event]:
        """Yields what the worker tells, up to and including `loaded` or `ended`."""
        while True:
            event = await self._receive()
            if event.HasField("loaded"):
                self._said_bytes = event.loaded.observed_bytes
            if event.HasField("resized"):
                self._said_bytes = event.resized.observed_bytes
            yield event
            if event.HasField("ended") or event.HasField("loaded"):
                return

    @property
    def alive(self) -> bool:
        """True until the process has been waited for."""
        return self._process.returncode is None

    def observed_bytes(self) -> int:
        """Returns what the worker holds on its device; 0 when it is gone.

        Anybody can measure a process on the host; on a card its own word of the last load counts.
        """
        if self._is_on_card:
            return self._said_bytes if self.alive else 0
        try:
            return self._footprint.held_bytes()
        except OSError:
            return 0

    async def kill(self) -> None:
        """Ends the process at once and returns when the kernel has taken its memory back."""
        if self.alive:
            self._process.kill()
        await self.lost()

    async def lost(self) -> WorkerLost:
        """Waits for the end of the process and returns how it came."""
        code = await self._process.wait()
        self._end.close()
        return WorkerLost(f"The worker {_describe(code)}.", exit_code=code)

    async def _receive(self) -> Event:
        try:
            return await self._end.receive(Event)
        except Closed:
            raise await self.lost() from None


def _describe(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"


def _lock(path: Path) -> int:
    # Whoever starts first makes the folder: arbiter and fronts start in any order.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return fd


def _start_time_ticks(pid: int) -> int:
    # The command name in field 2 may contain spaces; everything after its closing bracket is regular.
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError as error:
        raise WorkerLost("The worker died while it was being started.") from error
    return int(stat.rpartition(")")[2].split()[19])
