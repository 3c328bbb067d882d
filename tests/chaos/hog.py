"""A worker that needs no torch: it holds bytes of the pool instead, for as long as a small job takes."""

from __future__ import annotations

import os
import time
from pathlib import Path

from limner.machine.footprint import Footprint
from limner.progress.v1.progress_pb2 import Checkpoint
from services.pipelines.worker import Reporter, work
from tests.chaos.pool import LOAD_EXTRA_MIB, WORKING_MIB, Pool, Share

POOL, HOLDER = "LIMNER_CHAOS_POOL", "LIMNER_CHAOS_HOLDER"

# The policy keeps a model for five loads at least: without this it would do nothing but swap.
_LOAD_S = 0.05
_JOB_S = 0.002
_MIB = 2**20


class Meter:
    """Measures the share as if it were this process's memory, which the arbiter takes it for."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._process_bytes = Footprint().held_bytes()

    def held_bytes(self) -> int:
        return self._process_bytes + self._share.held_mib * _MIB

    def reset_peak(self) -> None:
        self._share.peak_mib = self._share.held_mib

    def peak_bytes(self) -> int:
        return self._process_bytes + self._share.peak_mib * _MIB


class Engine:
    """Holds what its lease was granted for, no moment longer. A model's name is its size in MiB."""

    def __init__(self, pool: Pool, holder: str) -> None:
        self._pool, self._holder = pool, holder
        self._share: Share | None = None
        self._resident_mib = 0

    def library_versions(self) -> dict[str, str]:
        return {}

    def load(self, model: str, tier: str, device: str, budget_bytes: int) -> Meter:
        self._share = Share.join(self._pool, self._holder)
        self._resident_mib = int(model)
        self._share.hold(self._resident_mib + LOAD_EXTRA_MIB)
        time.sleep(_LOAD_S)
        self._share.hold(self._resident_mib)
        return Meter(self._share)

    def resize(self, budget_bytes: int) -> None:
        return None

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        assert self._share is not None, "a job needs a model"
        self._share.hold(self._resident_mib + WORKING_MIB)
        time.sleep(_JOB_S)
        self._share.hold(self._resident_mib)


if __name__ == "__main__":
    work(Engine(Pool(Path(os.environ[POOL])), os.environ[HOLDER]), f"limner-{os.environ[HOLDER]}-worker")
