"""Proof that a worker is dead, within milliseconds: a pidfd wakes the loop, a lock shows forked children."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from services.arbiter.leases import Key

_LOCK_POLL_S = (
    0.02  # Only where there is no pid to wait for, or children outlive it: a lock cannot wake a loop.
)
_NO_PID = -1


class Life(Enum):
    """What is known about a worker."""

    WATCHED = "watched"  # Its death will be told.
    DEAD = "dead"
    UNPROVABLE = "unprovable"  # It named neither a pid nor a lock that it holds.


@dataclass(slots=True)
class _Watch:
    pidfd: int
    lock_path: Path | None
    poll: asyncio.TimerHandle | None = None


class Deaths:
    """Watches workers and tells `on_death` once for each; never trusts a bare pid, since pids are reused."""

    def __init__(self, holders_dir: Path, on_death: Callable[[Key], None]) -> None:
        self._holders_dir, self._on_death = holders_dir, on_death
        self._watches: dict[Key, _Watch] = {}

    def watch(self, key: Key, pid: int, start_time_ticks: int, lock_file: str) -> Life:
        """Begins to watch a worker; watching it again with more knowledge replaces the first."""
        lock_path = self._holders_dir / lock_file if _is_plain(lock_file) else None
        is_locked = lock_path is not None and is_locked_by_someone(lock_path)
        pidfd = _open_pidfd(pid, start_time_ticks) if pid > 0 else None
        if pid > 0 and pidfd is None and not is_locked:
            return Life.DEAD
        if pidfd is None and not is_locked:
            return Life.UNPROVABLE
        self.forget(key)
        watch = _Watch(_NO_PID if pidfd is None else pidfd, lock_path if is_locked else None)
        self._watches[key] = watch
        if pidfd is None:
            self._poll(key)
        else:
            asyncio.get_running_loop().add_reader(pidfd, self._poll, key)
        return Life.WATCHED

    def forget(self, key: Key) -> None:
        """Stops watching a worker."""
        watch = self._watches.pop(key, None)
        if watch is None:
            return
        if watch.poll is not None:
            watch.poll.cancel()
        if watch.pidfd != _NO_PID:
            asyncio.get_running_loop().remove_reader(watch.pidfd)
            os.close(watch.pidfd)

    def kill(self, key: Key, *, by_force: bool) -> None:
        """Ends a worker by its pidfd, which cannot hit a stranger."""
        watch = self._watches.get(key)
        if watch is not None and watch.pidfd != _NO_PID:
            signal.pidfd_send_signal(watch.pidfd, signal.SIGKILL if by_force else signal.SIGTERM)

    def close(self) -> None:
        """Stops watching everybody."""
        for key in list(self._watches):
            self.forget(key)

    def _poll(self, key: Key) -> None:
        """Tells the death if the lock is free too; else looks again, because a child lives on."""
        watch = self._watches[key]
        if watch.lock_path is None or not is_locked_by_someone(watch.lock_path):
            self.forget(key)
            self._on_death(key)
            return
        loop = asyncio.get_running_loop()
        if watch.pidfd != _NO_PID:
            loop.remove_reader(watch.pidfd)
        watch.poll = loop.call_later(_LOCK_POLL_S, self._poll, key)


def is_locked_by_someone(path: Path) -> bool:
    """Tells whether a living process holds the lock on `path`; the kernel frees it with the last of them."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def start_time_ticks(pid: int) -> int | None:
    """Returns field 22 of /proc/<pid>/stat; None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command name in field 2 may hold spaces and brackets; what follows its last bracket does not.
    return int(stat.rpartition(")")[2].split()[19])


def _is_plain(name: str) -> bool:
    return (
        bool(name) and name not in {".", ".."} and "/" not in name and "\0" not in name and len(name) <= 255
    )


def _open_pidfd(pid: int, ticks: int) -> int | None:
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return None
    # Read after opening: a pid that was reused in between shows another start.
    if ticks and start_time_ticks(pid) != ticks:
        os.close(pidfd)
        return None
    return pidfd
