"""How far a download is and how fast it goes. Pure: the time is an argument."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

# Long enough to even out a connection's moods, short enough to tell of a lost one.
_WINDOW_S = 10.0
_LEAST_WINDOW_S = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """A download as it is now, whole."""

    model: str
    file: str  # the one that is being fetched or checked; empty before the first
    file_bytes: int
    file_total_bytes: int
    files_done: int
    file_count: int
    done_bytes: int
    total_bytes: int
    bytes_per_s: float | None = None  # of the last seconds; None while too little has come
    file_eta_s: float | None = None
    eta_s: float | None = None


class Meter:
    """Counts the bytes of a download."""

    def __init__(self, model: str, total_bytes: int, file_count: int) -> None:
        self._model, self._total_bytes, self._file_count = model, total_bytes, file_count
        self._done_bytes = self._files_done = 0
        self._file, self._file_bytes, self._file_total_bytes = "", 0, 0
        self._recent: deque[tuple[float, int]] = (
            deque()
        )  # when (s), and how many bytes had been fetched by then
        self._fetched_bytes = 0

    def begin(self, file: str, total_bytes: int) -> None:
        """Turns to the next file."""
        self._file, self._file_bytes, self._file_total_bytes = file, 0, total_bytes

    def find(self, count_bytes: int) -> None:
        """Counts what was there already, or with a negative count what is thrown away; it has no speed."""
        self._file_bytes += count_bytes
        self._done_bytes += count_bytes

    def fetch(self, count_bytes: int, now_s: float) -> None:
        """Counts what has just come."""
        if not self._recent:
            self._recent.append((now_s, self._fetched_bytes))
        self.find(count_bytes)
        self._fetched_bytes += count_bytes
        if now_s - self._recent[-1][0] >= _LEAST_WINDOW_S / 4:
            self._recent.append((now_s, self._fetched_bytes))

    def end(self) -> None:
        """Counts the file as complete."""
        self._files_done += 1

    def progress(self, now_s: float) -> Progress:
        """Returns where the download is."""
        rate = self._bytes_per_s(now_s)
        return Progress(
            model=self._model,
            file=self._file,
            file_bytes=self._file_bytes,
            file_total_bytes=self._file_total_bytes,
            files_done=self._files_done,
            file_count=self._file_count,
            done_bytes=self._done_bytes,
            total_bytes=self._total_bytes,
            bytes_per_s=rate,
            file_eta_s=_eta_s(self._file_total_bytes - self._file_bytes, rate),
            eta_s=_eta_s(self._total_bytes - self._done_bytes, rate),
        )

    def _bytes_per_s(self, now_s: float) -> float | None:
        while len(self._recent) > 1 and now_s - self._recent[1][0] > _WINDOW_S:
            self._recent.popleft()
        if not self._recent:
            return None
        since_s, before_bytes = self._recent[0]
        span_s = now_s - since_s
        return (self._fetched_bytes - before_bytes) / span_s if span_s >= _LEAST_WINDOW_S else None


def _eta_s(left_bytes: int, rate: float | None) -> float | None:
    return left_bytes / rate if rate else None
