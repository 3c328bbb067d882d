from __future__ import annotations

import pytest
from grpc import StatusCode

from gateway.jobs.verdict import MAX_LOSSES, Action, judge
from limner.failure import Failure

TABLE = [
    (Failure(StatusCode.UNAVAILABLE, "gone", "UNAVAILABLE"), 0, Action.WAIT),
    (Failure(StatusCode.UNAVAILABLE, "gone", "UNAVAILABLE"), 99, Action.WAIT),
    (Failure(StatusCode.UNAVAILABLE, "no arbiter", "ARBITER_UNAVAILABLE", retry_after_s=1), 0, Action.WAIT),
    (Failure(StatusCode.CANCELLED, "stopping", "CANCELLED"), 0, Action.WAIT),
    (Failure(StatusCode.RESOURCE_EXHAUSTED, "busy", "REPLICA_BUSY"), 0, Action.WAIT),
    (Failure(StatusCode.RESOURCE_EXHAUSTED, "busy", "VRAM_EXHAUSTED", retry_after_s=2), 0, Action.WAIT),
    (Failure(StatusCode.RESOURCE_EXHAUSTED, "too big", "OUT_OF_MEMORY"), 0, Action.FAIL),
    (Failure(StatusCode.ABORTED, "died", "WORKER_LOST"), MAX_LOSSES - 1, Action.AGAIN),
    (Failure(StatusCode.ABORTED, "died", "WORKER_LOST"), MAX_LOSSES, Action.FAIL),
    (Failure(StatusCode.ABORTED, "old", "STALE_TOKEN"), 1, Action.AGAIN),
    (Failure(StatusCode.INVALID_ARGUMENT, "bad", "INVALID_FIELDS"), 0, Action.FAIL),
    (Failure(StatusCode.NOT_FOUND, "no model", "MODEL_NOT_FOUND"), 0, Action.FAIL),
    (Failure(StatusCode.FAILED_PRECONDITION, "too big", "NEVER_FITS"), 0, Action.FAIL),
    (Failure(StatusCode.INTERNAL, "bug", "INTERNAL"), 0, Action.FAIL),
]


@pytest.mark.parametrize(("failure", "losses", "action"), TABLE)
def test_each_failure_has_its_consequence(failure: Failure, losses: int, action: Action) -> None:
    assert judge(failure, losses, "edit").action is action


def test_a_service_says_how_long_to_leave_it_alone() -> None:
    failure = Failure(StatusCode.RESOURCE_EXHAUSTED, "busy", "REPLICA_BUSY", retry_after_s=3)
    assert judge(failure, 0, "edit").pause_s == 3


def test_the_absent_part_is_named() -> None:
    arbiter = judge(Failure(StatusCode.UNAVAILABLE, "", "ARBITER_UNAVAILABLE"), 0, "edit").obstacle or ""
    service = judge(Failure(StatusCode.UNAVAILABLE, "", "UNAVAILABLE"), 0, "edit").obstacle or ""
    assert "arbiter" in arbiter
    assert "edit service" in service
