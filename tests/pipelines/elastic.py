"""A worker whose weights can shrink and grow, and whose jobs last until a file says so."""

from __future__ import annotations

import os
import time
from pathlib import Path

from limner.progress.v1.progress_pb2 import Checkpoint, Progress
from services.pipelines.memory import Meter
from services.pipelines.worker import Reporter, work

# A folder: `budget` in it says what the weights may hold, and `end` ends a job.
FOLDER = "LIMNER_TEST_ELASTIC"
_STEP_S = 0.005
_MOST_STEPS = 4000


class Elastic:
    """Holds nothing, and tells what it would hold."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def library_versions(self) -> dict[str, str]:
        return {}

    def load(self, model: str, tier: str, device: str, budget_bytes: int) -> Meter | None:
        self.resize(budget_bytes)
        return None

    def resize(self, budget_bytes: int) -> None:
        fresh = self._folder / "budget.new"
        fresh.write_text(str(budget_bytes))
        fresh.replace(self._folder / "budget")

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        for step in range(1, _MOST_STEPS):
            report.progress(Progress(step=step, total_steps=_MOST_STEPS))
            if (self._folder / "end").exists():
                return
            time.sleep(_STEP_S)


if __name__ == "__main__":
    work(Elastic(Path(os.environ[FOLDER])), "limner-elastic-worker")
