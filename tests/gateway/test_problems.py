from __future__ import annotations

from typing import Any

import pytest
from grpc import StatusCode
from pydantic import ValidationError

from gateway.explanations import explain
from gateway.problems import HTTP_STATUS, from_failure, respond
from gateway.requests import TextToImageRequest
from limner.failure import Failure, Violation

CODES = [
    (StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS", 422),
    (StatusCode.NOT_FOUND, "MODEL_NOT_FOUND", 404),
    (StatusCode.FAILED_PRECONDITION, "NEVER_FITS", 409),
    (StatusCode.ABORTED, "WORKER_LOST", 409),
    (StatusCode.RESOURCE_EXHAUSTED, "REPLICA_BUSY", 429),
    (StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED", 502),
    (StatusCode.UNAVAILABLE, "ARBITER_UNAVAILABLE", 503),
    (StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", 504),
    (StatusCode.INTERNAL, "INTERNAL", 500),
]


@pytest.mark.parametrize(("code", "reason", "status"), CODES)
def test_each_grpc_code_has_one_http_status(code: StatusCode, reason: str, status: int) -> None:
    answer = respond(from_failure(Failure(code, "It did not work.", reason)))
    assert answer.status_code == status
    assert answer.media_type == "application/problem+json"


def test_every_grpc_code_of_a_failure_is_in_the_table() -> None:
    assert set(HTTP_STATUS) == set(StatusCode) - {StatusCode.OK}


def test_a_busy_service_says_when_to_come_back() -> None:
    failure = Failure(StatusCode.RESOURCE_EXHAUSTED, "busy", "REPLICA_BUSY", retry_after_s=2.4)
    assert respond(from_failure(failure)).headers["Retry-After"] == "2"


def test_a_fault_of_ours_keeps_its_text_to_the_log() -> None:
    assert (
        "secret" not in from_failure(Failure(StatusCode.INTERNAL, "secret path", "INTERNAL")).problem.detail
    )


def test_violations_of_a_service_become_errors() -> None:
    failure = Failure(StatusCode.INVALID_ARGUMENT, "bad", violations=(Violation("steps", "steps is 1"),))
    errors = from_failure(failure).problem.errors or []
    assert [(each.field, each.message) for each in errors] == [("steps", "steps is 1")]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({}, "prompt", "prompt is missing; it is required."),
    ({"prompt": ""}, "prompt", "prompt is empty; write something."),
    ({"prompt": "x" * 2001}, "prompt", "prompt has 2001 characters; at most 2000 are allowed: shorten it."),
    ({"prompt": 5}, "prompt", "prompt is 5; it must be a string."),
    (
        {"prompt": "x", "width": 1030},
        "width",
        "1030; it must be a multiple of 16 (try 1024 or 1040).",
    ),
    ({"prompt": "x", "width": 0}, "width", "width is 0; it must be at least 16."),
    ({"prompt": "x", "width": 128.0}, "width", "width is 128.0; it must be a whole number."),
    ({"prompt": "x", "width": True}, "width", "width is True; it must be a whole number."),
    ({"prompt": "x", "steps": 1}, "steps", "steps is 1; it must be at least 2."),
    ({"prompt": "x", "steps": 101}, "steps", "steps is 101; it must be at most 100."),
    ({"prompt": "x", "guidance_scale": float("nan")}, "guidance_scale", "must be a finite number."),
    ({"prompt": "x", "guidance_scale": float("inf")}, "guidance_scale", "must be a finite number."),
    ({"prompt": "x", "guidance_scale": "4"}, "guidance_scale", "guidance_scale is 4; it must be a number."),
    ({"prompt": "x", "seed": -1}, "seed", "seed is -1; it must be at least 0."),
    ({"prompt": "x", "seed": 2**53}, "seed", "it must be at most 9007199254740991."),
    ({"prompt": "x", "seed": 10**400}, "seed", "it must be at most 9007199254740991."),
    ({"prompt": "x", "count": 17}, "count", "count is 17; it must be at most 16."),
    ({"prompt": "x", "step": 5}, "step", "step is not a field of this request; did you mean steps?"),
    ({"prompt": "x", "\ud800": 5}, "body", "half a surrogate pair"),
    ({"prompt": "\ud800"}, "prompt", "half a surrogate pair"),
]


@pytest.mark.parametrize(("body", "field", "message"), WRONG)
def test_a_wrong_field_is_explained_in_plain_words(body: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TextToImageRequest.model_validate(body)
    found = [explain(error) for error in caught.value.errors()]
    assert len(found) == 1
    assert found[0].field == field
    assert message in found[0].message
    assert found[0].model_dump_json()
