"""What a worker says that it holds, by where it holds it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from services.pipelines.card_memory import CardMeter


def test_a_card_counts_what_is_reserved_and_its_peak_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = {"now": 5_000, "peak": 9_000}
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: counters["now"])
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: counters["peak"])
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: counters.update(peak=0))
    card = CardMeter()
    assert card.held_bytes() == 5_000
    card.reset_peak()
    counters["peak"] = 7_000
    assert card.peak_bytes() == 7_000


# In a process of its own: what else this one gives back at that moment would count.
TOUCHING = """
from services.pipelines.memory import HostMeter

host = HostMeter()
before_bytes = host.held_bytes()
host.reset_peak()
block = bytearray(b"x") * (64 * 2**20)
grown_bytes = host.held_bytes() - before_bytes
del block
print(grown_bytes, host.peak_bytes() - host.held_bytes())
"""


def test_the_host_counts_what_the_process_touches() -> None:
    said = subprocess.run(
        [sys.executable, "-c", TOUCHING], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    grown_bytes, above_bytes = map(int, said.split())
    assert grown_bytes > 0.9 * 64 * 2**20
    assert above_bytes > 0.5 * 64 * 2**20
