"""What to do after a call to a service has failed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from grpc import StatusCode

from limner.failure import Failure

# A job that kills its worker this often without getting further would do so for ever.
MAX_LOSSES = 5

_BUSY_DELAY_S = 0.25


class Action(Enum):
    """What becomes of the job."""

    WAIT = auto()  # the service cannot take it now; nothing is lost
    AGAIN = auto()  # the attempt died; another one follows
    FAIL = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a job whose call failed, and of the replica that it was sent to."""

    action: Action
    pause_s: float | None = None  # how long to leave the replica alone; None: its own back-off
    obstacle: str | None = None  # why it is left alone, in plain words


def judge(failure: Failure, losses: int, title: str) -> Verdict:
    """Returns what follows from `failure`, the last of `losses` attempts in a row that got no further.

    `title` names the service that failed.
    """
    if failure.code in {StatusCode.UNAVAILABLE, StatusCode.CANCELLED}:
        return Verdict(Action.WAIT, failure.retry_after_s, _explain_absence(failure, title))
    if failure.code is StatusCode.RESOURCE_EXHAUSTED and failure.retry_after_s is not None:
        return Verdict(Action.WAIT, failure.retry_after_s, failure.message)
    if failure.code is StatusCode.RESOURCE_EXHAUSTED and failure.reason == "REPLICA_BUSY":
        return Verdict(Action.WAIT, _BUSY_DELAY_S, failure.message)
    if failure.code is StatusCode.ABORTED and losses < MAX_LOSSES:
        return Verdict(Action.AGAIN)
    return Verdict(Action.FAIL)


def _explain_absence(failure: Failure, title: str) -> str:
    if failure.reason == "ARBITER_UNAVAILABLE":
        return "The arbiter, which hands out memory, is not answering; jobs start as soon as it does."
    return f"The {title} service is not answering; jobs start as soon as it does."
