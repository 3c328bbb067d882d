"""How often the progress of a job is kept and shown. Pure."""

from __future__ import annotations

from enum import Enum, auto

SHOW_INTERVAL_S = 0.1  # between two progress events of a job that are not kept
KEEP_INTERVAL_S = 0.5  # between two that are
PREVIEW_INTERVAL_S = 0.5

_NEVER = float("-inf")


class Turn(Enum):
    """What becomes of one report of progress."""

    KEEP = auto()  # in the table, and shown
    SHOW = auto()  # to whoever listens now
    SKIP = auto()


class Pace:
    """Lets through what a reader can follow, however fast the model is. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._kept_at = self._shown_at = self._previewed_at = _NEVER

    def kept(self, now: float) -> None:
        """Notes that the progress was kept for another reason."""
        self._kept_at = now

    def turn(self, is_new_stage: bool, now: float) -> Turn:
        """Returns what becomes of a report that arrives now: new stages are always shown."""
        if is_new_stage and now - self._kept_at >= KEEP_INTERVAL_S:
            self._kept_at = now
            return Turn.KEEP
        if is_new_stage or now - self._shown_at >= SHOW_INTERVAL_S:
            self._shown_at = now
            return Turn.SHOW
        return Turn.SKIP

    def may_preview(self, now: float) -> bool:
        """Tells whether a preview that arrives now is sent on."""
        if now - self._previewed_at < PREVIEW_INTERVAL_S:
            return False
        self._previewed_at = now
        return True
