from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from limner.capability.v1.capability_pb2 import DescribeResponse, Model
from limner.cli.doctor import judge
from limner.cli.sizes import in_words
from tests.limner.machine.imagined import GIB, PLAIN, with_card
from tests.studio import studio_environment

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


def doctor(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "limner.cli", "doctor", *arguments],
        env=studio_environment(home, 1) | settings,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_simulated_card_is_explained_for_every_model_of_the_catalogue(tmp_path: Path) -> None:
    answer = doctor(tmp_path, "--all", "--as", "4GB", "--ram", "16GB", "--json")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    tiers = {model["name"]: model["tier"] for model in told["models"]}
    assert tiers["shapes"] == "full"
    assert tiers["Qwen-Image"] == "stream"
    assert told["devices"][0]["name"] == "a card of 4 GB"
    assert told["machine"]["home"]["folder"] == str(tmp_path)


def test_the_models_that_are_here_are_explained_on_this_machine(tmp_path: Path) -> None:
    (tmp_path / "models" / "broken").mkdir(parents=True)
    (tmp_path / "models" / "broken" / "model_index.json").write_text("{")
    answer = doctor(tmp_path, LIMNER_ARBITER_RAM_BUDGET_BYTES=str(3 * GIB), COLUMNS="200")
    assert answer.returncode == 0, answer.stderr
    lines = answer.stdout.splitlines()
    assert [line for line in lines if line.startswith("Shapes, the built-in model: full. ")]
    assert [line for line in lines if line.startswith("broken/model_index.json cannot be used")]
    assert not [line for line in lines if line.startswith("Qwen-Image")]
    assert "models may hold 3.00 GiB" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--as", "Voodoo"), "a size like 16GB"),
        (("--as", "4GB", "--ram", "x"), "1 to 1024 GB"),
        (("--ram", "4GB"), "--as"),
    ],
    ids=["card", "memory", "memory alone"],
)
def test_what_cannot_be_simulated_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    answer = doctor(tmp_path, *arguments)
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (2, "", 1)
    assert says in answer.stderr
