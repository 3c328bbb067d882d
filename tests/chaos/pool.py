"""The fake device: a pool of bytes that nobody enforces, so that holding more than there is shows."""

from __future__ import annotations

import fcntl
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# What a worker keeps; what a job takes beside it, and loading for a while.
SMALL_MIB, LARGE_MIB = 512, 2048
WORKING_MIB, LOAD_EXTRA_MIB = 1024, 128
# Two small models, a large one and a job at work fit, with what the arbiter adds to what it measures (5 % and
# 128 MiB each) and three processes of up to 64 MiB. No second large model does, nor two jobs at a time.
CAPACITY_MIB = 5040
assert 2 * SMALL_MIB + LARGE_MIB + 2 * WORKING_MIB > CAPACITY_MIB < 2 * SMALL_MIB + 2 * LARGE_MIB

# Held MiB and the number of changes: eight bytes, so that a reader sees one write as a whole.
_CLAIM = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a living worker holds at the moment."""

    holder: str
    pid: int
    mib: int
    changes: int


class Pool:
    """A folder with one locked file per worker; the kernel frees the lock, and so the bytes, at its death."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def claims(self) -> list[Claim]:
        """Reads the claims of the living one after another, so perhaps of different instants."""
        found = (self._read(path) for path in sorted(self._folder.glob("*.claim")))
        return [claim for claim in found if claim is not None]

    def overdraft(self) -> list[Claim]:
        """Returns claims of one instant that are more than there is; none while everything fits."""
        before = self.claims()
        while sum(claim.mib for claim in before) > CAPACITY_MIB:
            # Equal twice, changes counted: all of them were held between the two readings.
            after = self.claims()
            if after == before:
                return after
            before = after
        return []

    def note(self, violation: str) -> None:
        """Records what must never happen."""
        with (self._folder / "violations").open("a") as file:
            file.write(violation + "\n")

    def violations(self) -> list[str]:
        """Returns what was recorded."""
        path = self._folder / "violations"
        return path.read_text().splitlines() if path.exists() else []

    def path_of(self, holder: str, pid: int) -> Path:
        """Where a worker keeps its claim."""
        return self._folder / f"{holder}.{pid}.claim"

    def _read(self, path: Path) -> Claim | None:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            # Shared, so that two who look at once do not take each other for the owner.
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            holder, pid, _ = path.name.split(".")
            return Claim(holder, int(pid), *_CLAIM.unpack(os.pread(fd, _CLAIM.size, 0)))
        finally:
            os.close(fd)
        with suppress(FileNotFoundError):
            path.unlink()
        return None


class Share:
    """The bytes of one worker, this process."""

    def __init__(self, pool: Pool, holder: str, fd: int) -> None:
        self._pool, self._holder, self._fd = pool, holder, fd
        self._changes = 0
        self.held_mib = 0
        self.peak_mib = 0

    @classmethod
    def join(cls, pool: Pool, holder: str) -> Self:
        """Takes part with no bytes, until this process ends."""
        path = pool.path_of(holder, os.getpid())
        fresh = path.with_suffix(".new")
        fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.pwrite(fd, _CLAIM.pack(0, 0), 0)
        # It appears with its lock: without one it would be taken for a dead worker's.
        fresh.rename(path)
        return cls(pool, holder, fd)

    def hold(self, mib: int) -> None:
        """Holds so much from now on; whoever makes it too much says so."""
        is_more = mib > self.held_mib
        self.held_mib, self.peak_mib = mib, max(self.peak_mib, mib)
        self._changes += 1
        os.pwrite(self._fd, _CLAIM.pack(mib, self._changes), 0)
        # Written before it looks: of two who grow at once, the later one sees both.
        if is_more and (claims := self._pool.overdraft()):
            self._pool.note(f"{self._holder} made it {sum(claim.mib for claim in claims)} MiB: {claims}")
