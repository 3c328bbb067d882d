"""How much of a job's progress its readers hear. Pure."""

from __future__ import annotations

from limner.progress.v1 import progress_pb2

# Between two steps: a small model would keep cores that it needs itself busy with telling.
_INTERVAL_S = 0.05


class Pace:
    """Lets through as many steps as a reader can follow, and everything else.

    Who misses a step is told by the next, or by the stage after the last.
    """

    def __init__(self) -> None:
        self._stage: progress_pb2.Stage.ValueType = progress_pb2.STAGE_UNSPECIFIED
        self._told_s = float("-inf")

    def is_due(self, stage: progress_pb2.Stage.ValueType, now_s: float) -> bool:
        """Tells whether a report of `stage` is passed on; `now_s` is monotonic."""
        is_step = stage == self._stage == progress_pb2.STAGE_DENOISING
        if is_step and now_s - self._told_s < _INTERVAL_S:
            return False
        self._stage, self._told_s = stage, now_s
        return True
