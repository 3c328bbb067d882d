"""A worker that is ready at once and can load nothing, for services on a machine where nothing fits."""

from __future__ import annotations

from limner.logs import set_up_logs
from limner.progress.v1.progress_pb2 import Checkpoint
from services.pipelines.memory import Meter
from services.pipelines.worker import Reporter, work
from services.rpc.errors import ModelUnreadable


class Idle:
    """An engine without libraries."""

    def library_versions(self) -> dict[str, str]:
        return {}

    def load(self, model: str, tier: str, device: str, budget_bytes: int) -> Meter | None:
        raise ModelUnreadable(f"{model} cannot be read here.")

    def resize(self, budget_bytes: int) -> None:
        return None

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        raise AssertionError("nothing was loaded")


if __name__ == "__main__":
    set_up_logs()
    work(Idle(), "limner-idle-worker")
