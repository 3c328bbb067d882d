"""One studio per home: a lock that its processes hold, and the end of those that have lost their master."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from limner.home import Home, HomeUnusable

# The programs' own grace periods, one after the other (limner.cli.programs), and some.
_STOP_S = 40.0
_POLL_S = 0.05
# Zombies have ended; only their parent has not asked how.
_DEAD_STATES = frozenset("ZX")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that cannot be mistaken for a later one with the same id."""

    pid: int
    start_ticks: int  # field 22 of /proc/<pid>/stat; 0 where there is no /proc


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who runs the studio of a home."""

    url: str
    master: Process  # `limner run`
    supervisor: Process  # supervisord


@contextmanager
def occupy(home: Home, patience_s: float = 5.0) -> Generator[int]:
    """Yields the descriptor of the home's lock; whoever inherits it holds the lock too.

    Raises HomeUnusable when another studio runs there. What a killed `limner run` left is stopped first,
    and has `patience_s` to let go of the lock.
    """
    descriptor = os.open(home.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _lock(descriptor):
            _evict(home)
            if not _lock(descriptor, patience_s):
                raise HomeUnusable(
                    f"Another studio is using LIMNER_HOME {home.root}; stop it or set another LIMNER_HOME."
                )
        try:
            yield descriptor
        finally:
            _record(home).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def record(home: Home, url: str, supervisor_pid: int) -> None:
    """Writes down who occupies `home` now; the lock must be held."""
    occupant = Occupant(url, _process(os.getpid()), _process(supervisor_pid))
    draft = _record(home).with_suffix(".new")
    draft.write_text(json.dumps(asdict(occupant)))
    draft.replace(_record(home))


def occupant(home: Home) -> Occupant | None:
    """Returns who was last recorded as occupying `home`; None when nobody is or the record is torn."""
    try:
        found = json.loads(_record(home).read_text())
        return Occupant(found["url"], Process(**found["master"]), Process(**found["supervisor"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _record(home: Home) -> Path:
    return home.run / "studio.json"


def _lock(descriptor: int, patience_s: float = 0.0) -> bool:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)


def _evict(home: Home) -> None:
    """Stops the supervisor of a studio whose `limner run` was killed; refuses while that one lives."""
    found = occupant(home)
    if found is None:
        return
    if _alive(found.master):
        raise HomeUnusable(
            f"A studio is already running with LIMNER_HOME {home.root}, at {found.url} "
            f"(process {found.master.pid}); stop it or set another LIMNER_HOME."
        )
    _stop(found.supervisor)


def _process(pid: int) -> Process:
    return Process(pid, _start_ticks(pid))


def _start_ticks(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    # The name in parentheses may hold anything; field 3, the state, follows the last one (proc_pid_stat(5)).
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] in _DEAD_STATES else int(fields[19])


def _alive(process: Process) -> bool:
    return process.start_ticks != 0 and _start_ticks(process.pid) == process.start_ticks


def _stop(process: Process) -> None:
    """Asks `process` to end, then insists."""
    try:
        handle = os.pidfd_open(process.pid)
    except (ProcessLookupError, AttributeError):
        return
    try:
        # The handle pins the process, so that what is compared is what is signalled.
        if _alive(process):
            signal.pidfd_send_signal(handle, signal.SIGTERM)
            if not select.select([handle], [], [], _STOP_S)[0]:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)
