"""The durable ledger: cut at every byte, it still says everything that was answered before."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path

import pytest

from services.arbiter.demands import Charge
from services.arbiter.journal import Journal, read, recall
from services.arbiter.leases import Key, Lease, State
from services.arbiter.records import Charged, Freed, Gone, Met, Opened, Record, decode, encode, replay

KEY = Key("t2i-0", "5e3a")


def lease(token: int, state: State = State.LOADING) -> Lease:
    charges = (Charge("cpu:0", 600, 100, 50, 5), Charge("host:pinned", 10))
    return Lease(token, f"ticket {token}", KEY, "shapes", "full", charges, state, 12.5, job="déjà")


HISTORY: list[Record] = [
    Met(KEY, "t2i", 4711, 99, "t2i-0.5e3a"),
    Charged(lease(1)),
    Charged(lease(1, State.RESIDENT)),
    Charged(lease(2)),
    Freed(1),
    Charged(lease(2, State.ACTIVE)),
    Charged(lease(3)),
    Freed(2),
]


def test_every_record_survives_its_encoding() -> None:
    for record in [Opened(3, "boot"), Gone(KEY), *HISTORY]:
        assert decode(encode(record)) == record


def test_cut_at_every_byte_the_ledger_says_what_was_answered_before(tmp_path: Path) -> None:
    """S6: what is replayed holds every charge whose record was written whole, and nothing that was freed."""
    path = tmp_path / "ledger"
    ends: list[int] = []
    with Journal(path, "boot") as journal:
        journal.rewrite(1, [])
        for record in HISTORY:
            journal.append(record)
            ends.append(_written_bytes(path))
    data = path.read_bytes()
    for cut in range(ends[-1] + 1):
        whole = [record for record, end in zip(HISTORY, ends, strict=True) if end <= cut]
        assert recall(data[:cut], "boot").leases == replay(whole).leases


def test_a_torn_tail_of_any_bytes_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Journal(path, "boot") as journal:
        journal.rewrite(1, [Charged(lease(1))])
    data = path.read_bytes()[: _written_bytes(path)]
    for tail in (b"\xff" * 8, b"\x10\0\0\0", b"\x05\0\0\0\0\0\0\0[1,2]", bytes(64)):
        assert recall(data + tail, "boot").leases == {1: lease(1)}


def test_a_reboot_empties_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Journal(path, "boot") as journal:
        journal.rewrite(7, [Charged(lease(1))])
    with Journal(path, "another boot") as journal:
        assert not journal.past.leases
    with Journal(path, "boot") as journal:
        assert (journal.past.epoch, journal.past.leases) == (7, {1: lease(1)})


def test_a_full_ledger_is_rewritten_shorter_and_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Journal(path, "boot", compact_at_bytes=4096) as journal:
        journal.rewrite(1, [])
        while not journal.is_full:
            journal.append(Charged(lease(1)))
        before = _written_bytes(path)
        journal.rewrite(1, [Charged(lease(1))])
        assert _written_bytes(path) < before
        journal.append(Charged(lease(2)))
    assert set(recall(path.read_bytes(), "boot").leases) == {1, 2}


def test_a_disk_that_is_full_stops_compaction_but_not_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Journal(path, "boot", compact_at_bytes=4096) as journal:
        journal.rewrite(1, [Charged(lease(1))])
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, limit[1]))
        try:
            journal.append(Charged(lease(2)))
            with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
                journal.rewrite(1, [Charged(lease(n)) for n in range(200)])
            journal.append(Charged(lease(3)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert set(recall(path.read_bytes(), "boot").leases) == {1, 2, 3}


def _written_bytes(path: Path) -> int:
    data = path.read_bytes()
    return sum(8 + len(encode(record)) for record in read(data))
