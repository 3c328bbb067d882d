"""What a process holds, by the kernel's own count of a real one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import psutil
import pytest

from limner.machine.footprint import Footprint

MIB = 2**20
# Answers each line with the megabytes that it holds by then.
HOLDING = """
import sys
held = bytearray()
for line in sys.stdin:
    held = bytearray(b"x") * (int(line) * 2**20)
    print("held", flush=True)
"""


@contextmanager
def holding() -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def hold(process: subprocess.Popen[str], mib: int) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{mib}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "held\n"


def test_shared_pages_count_by_their_share() -> None:
    with holding() as process:
        hold(process, 1)
        full = psutil.Process(process.pid).memory_full_info()
        assert Footprint(process.pid).held_bytes() == pytest.approx(full.pss, abs=MIB)
        assert full.pss < full.rss


def test_what_a_process_takes_and_gives_back_is_seen_at_once() -> None:
    with holding() as process:
        hold(process, 1)
        footprint = Footprint(process.pid)
        before_bytes = footprint.held_bytes()
        hold(process, 50)
        assert footprint.held_bytes() - before_bytes == pytest.approx(49 * MIB, abs=2 * MIB)
        hold(process, 1)
        assert footprint.held_bytes() - before_bytes == pytest.approx(0, abs=2 * MIB)
        assert footprint.peak_bytes() - before_bytes >= 47 * MIB


def test_a_process_that_is_gone_holds_nothing_that_could_be_told() -> None:
    with holding() as process:
        footprint = Footprint(process.pid)
        footprint.held_bytes()
    with pytest.raises(OSError, match=r"No such process|gone|No such file"):
        footprint.held_bytes()
