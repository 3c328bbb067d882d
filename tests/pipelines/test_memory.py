"""What a worker says that it holds, by where it holds it."""

from __future__ import annotations

import os

import pytest
import torch

from services.pipelines.card_memory import CardMeter
from services.pipelines.memory import HostMeter


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


def test_the_host_counts_what_the_process_touches() -> None:
    host, block_bytes = HostMeter(), 64 * 2**20
    before_bytes = host.held_bytes()
    host.reset_peak()
    block = bytearray(os.urandom(1)) * block_bytes
    assert host.held_bytes() - before_bytes > 0.9 * len(block)
    del block
    assert host.peak_bytes() > host.held_bytes() + 0.5 * block_bytes
