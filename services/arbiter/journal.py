"""The durable ledger file: it outlives the process, not the boot, because a reboot empties every memory.

A record is its length and CRC-32 (little-endian, 4 bytes each) and its payload; a length of zero ends it.
Space is claimed ahead, so that a disk that fills up later cannot stop a release from being noted.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from services.arbiter.records import Opened, Past, Record, decode, encode, replay

COMPACT_AT_BYTES = 4 * 1024 * 1024
_SPARE_BYTES = 64 * 1024
_FRAME = struct.Struct("<II")


class JournalInUse(Exception):
    """Another arbiter already keeps this ledger."""


def read(data: bytes) -> Iterator[Record]:
    """Yields the whole records at the beginning of `data`; a torn tail is dropped."""
    offset = 0
    while offset + _FRAME.size <= len(data):
        length, checksum = _FRAME.unpack_from(data, offset)
        payload = data[offset + _FRAME.size : offset + _FRAME.size + length]
        if length == 0 or len(payload) < length or zlib.crc32(payload) != checksum:
            return
        yield decode(payload)
        offset += _FRAME.size + length


def recall(data: bytes, boot_id: str) -> Past:
    """Returns what `data` remembers; nothing when it was written in another boot of the machine."""
    records = list(read(data))
    if records and isinstance(records[0], Opened) and records[0].boot_id == boot_id:
        return replay(records)
    return Past()


class Journal:
    """Appends before anyone is answered; no fsync, since only the death of the process has to be survived."""

    def __init__(self, path: Path, boot_id: str, *, compact_at_bytes: int = COMPACT_AT_BYTES) -> None:
        """Takes the ledger for this process alone; raises JournalInUse. `past` is what it says."""
        self._path, self._boot_id = path, boot_id
        self._compact_at_bytes = compact_at_bytes
        self._lock_fd = _lock(path.with_suffix(".lock"))
        self._fd = -1
        self._offset = 0
        self.past = recall(path.read_bytes() if path.exists() else b"", boot_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_full(self) -> bool:
        """Whether `rewrite` is due."""
        return self._offset >= self._compact_at_bytes

    def append(self, record: Record) -> None:
        """Writes `record`; when this returns, a successor of this process will see it."""
        frame = _frame(record)
        if os.pwrite(self._fd, frame, self._offset) != len(frame):
            raise OSError(f"The ledger {self._path} took only a part of a record; is the disk full?")
        self._offset += len(frame)

    def rewrite(self, epoch: int, records: Iterable[Record]) -> None:
        """Replaces the file by the shortest one that says the same; a crash leaves one or the other."""
        fresh = self._path.with_suffix(".new")
        data = b"".join(_frame(record) for record in (Opened(epoch, self._boot_id), *records))
        fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, len(data) + self._compact_at_bytes + _SPARE_BYTES)
            os.pwrite(fd, data, 0)
            os.rename(fresh, self._path)
        except OSError:
            os.close(fd)
            raise
        self._close_file()
        self._fd, self._offset = fd, len(data)

    def close(self) -> None:
        """Lets another arbiter take over."""
        self._close_file()
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    def _close_file(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _frame(record: Record) -> bytes:
    payload = encode(record)
    return _FRAME.pack(len(payload), zlib.crc32(payload)) + payload


def _lock(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise JournalInUse(
            f"Another arbiter already runs in {path.parent}; stop it or use another folder."
        ) from None
    return fd
