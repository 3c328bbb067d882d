"""What is refused before a worker starts, because it would fail there or change what was asked."""

from __future__ import annotations

from typing import Any

import pytest

from limner.edit.v1 import edit_pb2
from limner.progress.v1.progress_pb2 import Checkpoint
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest
from services.pipelines.faults import find_faults
from services.pipelines.stock import read_catalogue

LIMITS = read_catalogue(None).find("shapes").limits


def _fields(images_per_seed: int = 1, **fields: Any) -> list[str]:
    request = GenerateImagesRequest(prompt="a red circle", steps=4, **fields)
    return [fault.field for fault in find_faults(request, LIMITS, "shapes", images_per_seed=images_per_seed)]


@pytest.mark.parametrize("key", ["", " a", "a ", "a  b", "a\0b", "a\nb", "\x7f", "x" * 80, "ключ", "🦆"])
def test_a_key_that_no_png_can_have_is_refused(key: str) -> None:
    assert _fields(metadata={key: "value"}) == ["metadata"]


@pytest.mark.parametrize("key", ["limner", "a b", "~", "é", "x" * 79])
def test_a_key_that_a_png_can_have_is_taken(key: str) -> None:
    assert _fields(metadata={key: "\0 字 🦆"}) == []


def test_metadata_is_counted_in_bytes() -> None:
    assert _fields(metadata={"limner": "字" * 21_844}) == ["metadata"]
    assert _fields(metadata={"limner": "x" * 65_530}) == []


@pytest.mark.parametrize("priority", [-1, 4, 2**31 - 1])
def test_a_priority_that_there_is_not_is_refused(priority: int) -> None:
    assert _fields(priority=priority) == ["priority"]


@pytest.mark.parametrize(
    ("checkpoint", "field"),
    [
        (Checkpoint(image_index=-1), "image_index"),
        (Checkpoint(image_index=3), "image_index"),
        (Checkpoint(step=-1), "step"),
        (Checkpoint(step=4), "step"),
    ],
    ids=["before the first", "after the last", "a negative step", "a step too many"],
)
def test_a_checkpoint_of_another_request_is_refused(checkpoint: Checkpoint, field: str) -> None:
    assert _fields(seeds=[1, 2], resume_from=checkpoint) == [f"resume_from.{field}"]


def test_a_job_whose_images_are_all_there_goes_on_to_its_end() -> None:
    assert _fields(seeds=[1, 2], resume_from=Checkpoint(image_index=2)) == []
    assert _fields(seeds=[1, 2], resume_from=Checkpoint(image_index=7), images_per_seed=4) == []


def test_fields_are_named_as_they_lie_in_the_request() -> None:
    settings = edit_pb2.Settings(prompt="x", priority=edit_pb2.Priority.ValueType(9))
    (fault,) = find_faults(settings, LIMITS, "shapes", prefix="settings.")
    assert fault.field == "settings.priority"
