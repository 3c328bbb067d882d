"""Why a model could not be fetched or removed."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What stands in the way, for programs."""

    UNKNOWN = "unknown"  # no model of that name
    BUILT_IN = "built_in"
    NOT_OURS = "not_ours"  # a folder that nobody downloaded
    LICENCE = "licence"  # not accepted
    UNDER_WAY = "under_way"  # another process is at it
    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    GATED = "gated"
    MOVED = "moved"  # a revision is gone, or its files are others than the catalogue's
    CORRUPT = "corrupt"  # what came is not what was promised
    NO_ROOM = "no_room"
    NOT_WRITABLE = "not_writable"
    SETTING = "setting"  # one that cannot be used


class ModelFailure(Exception):
    """The message is one sentence that says what is wrong and what to do about it."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
