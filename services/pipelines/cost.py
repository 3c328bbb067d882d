"""What a job costs beyond what its engine measures: waiting, making room, loading, and the charge for it."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Provenance

_WAITING, _LOADING = progress_pb2.STAGE_WAITING, progress_pb2.STAGE_LOADING


class Cost:
    """Adds up what the front sees of one job, until a result tells it. Times are monotonic, in seconds."""

    def __init__(self, now_s: float) -> None:
        self.charged_bytes = 0
        self._stage: progress_pb2.Stage.ValueType = _WAITING
        self._since_s = now_s
        self._spent_s = {_WAITING: 0.0, _LOADING: 0.0}
        self._evicting_s = 0.0
        self._read_bytes = 0

    def enter(self, stage: progress_pb2.Stage.ValueType, now_s: float) -> None:
        """Notes that the job is in `stage` from now on."""
        if self._stage in self._spent_s:
            self._spent_s[self._stage] += now_s - self._since_s
        self._stage, self._since_s = stage, now_s

    def evicted(self, evicting_s: float) -> None:
        """Notes how much of the waiting was for a worker of this very front to be gone."""
        self._evicting_s += evicting_s

    def loaded(self, read_bytes: int) -> None:
        """Notes that weights were read."""
        self._read_bytes += read_bytes

    def tell(self, provenance: Provenance, now_s: float) -> None:
        """Adds to what a result says of itself what has not been told yet."""
        self.enter(self._stage, now_s)
        spent_s = {
            "waiting": self._spent_s[_WAITING] - self._evicting_s,
            "evicting": self._evicting_s,
            "loading": self._spent_s[_LOADING],
        }
        for name, seconds in spent_s.items():
            if seconds > 0:
                provenance.stage_durations[name].CopyFrom(_to_duration(seconds))
        provenance.read_bytes += self._read_bytes
        provenance.charged_bytes = self.charged_bytes
        self._spent_s = dict.fromkeys(self._spent_s, 0.0)
        self._evicting_s, self._read_bytes = 0.0, 0


def _to_duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(round(seconds * 1e9))
    return duration
