"""The real engine in a process whose memory is limited during its first job: `python -m tests.t2i.hungry`."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from limner.logs import set_up_logs
from limner.progress.v1.progress_pb2 import Checkpoint
from services.pipelines.worker import Reporter, work
from services.t2i.engine import Engine
from services.t2i.settings import Settings

# A folder: each file in it is one job that shall run out of memory.
FAMINES = "LIMNER_TEST_FAMINES"
_LEFT_BYTES = 8 * 2**20


class Hungry(Engine):
    """Leaves itself a few MiB of address space as often as it is told to."""

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        famine = next(iter(Path(os.environ[FAMINES]).iterdir()), None)
        if famine is not None:
            famine.unlink()
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            limit_bytes = pages * resource.getpagesize() + _LEFT_BYTES
            resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
        super().run(request, resume_from, report)


if __name__ == "__main__":
    set_up_logs()
    work(Hungry(Settings()), "limner-t2i-worker")
