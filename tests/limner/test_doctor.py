from __future__ import annotations

import dataclasses

import pytest

from limner.capability.v1.capability_pb2 import DescribeResponse, Model
from limner.cli.doctor import judge
from limner.cli.sizes import in_words
from tests.limner.machine.imagined import PLAIN, with_card

SHAPES = DescribeResponse(models=[Model(name="shapes", weight_bytes=12_000_000)])


def test_without_a_card_the_model_runs_on_the_processor_and_the_reason_is_said() -> None:
    finding = judge(PLAIN, SHAPES, "")
    assert (finding.device, finding.problem) == ("cpu:0", "")
    assert "no driver" in finding.why_not_better


def test_a_card_is_used_when_there_is_one() -> None:
    assert judge(with_card("RTX 4080"), SHAPES, "").device == "NVIDIA RTX 4080"


def test_a_container_with_too_little_memory_is_called_too_small() -> None:
    machine = dataclasses.replace(PLAIN, ram_limit_bytes=1_000_000)
    assert "offers 977 KiB of memory" in judge(machine, SHAPES, "").problem


def test_a_service_without_models_is_a_problem() -> None:
    assert "no model" in judge(PLAIN, DescribeResponse(), "").problem


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 B"), (999, "999 B"), (1024, "1.00 KiB"), (12_500_000, "11.9 MiB"), (25_276_063_744, "23.5 GiB")],
)
def test_sizes_are_said_with_three_digits(size_bytes: int, words: str) -> None:
    assert in_words(size_bytes) == words
