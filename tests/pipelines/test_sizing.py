from pathlib import Path

import pytest
import torch
from safetensors import torch as safetensors

from services.pipelines import sizing


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    (tmp_path / "transformer").mkdir()
    (tmp_path / "vae").mkdir()
    tensors = {"a": torch.zeros(3, 5, dtype=torch.bfloat16), "b": torch.zeros(7)}
    (tmp_path / "transformer" / "model.safetensors").write_bytes(safetensors.save(tensors))
    (tmp_path / "vae" / "config.json").write_text('{"base_dim": 12}')
    return tmp_path


def test_parameters_are_counted_from_headers_whatever_their_dtype(checkpoint: Path) -> None:
    weights = sizing.read_weights(checkpoint, ("transformer", "vae"))
    assert weights.parameters == 15 + 7
    assert weights.vae_base_dim == 12
    assert sizing.resident_bytes(weights) == 22 * 4


def test_the_working_set_grows_with_the_area_and_the_decoder(checkpoint: Path) -> None:
    small = sizing.read_weights(checkpoint, ("transformer", "vae"))
    large = sizing.Weights(small.parameters, small.file_bytes, vae_base_dim=96)
    assert sizing.working_bytes(small, 2 * 128 * 128) > sizing.working_bytes(small, 128 * 128)
    # InvokeAI's published figure for 1024² in half precision is 5.7 GiB; ours is for float32.
    assert sizing.working_bytes(large, 1024 * 1024) == pytest.approx(2 * 5.7 * 2**30, rel=0.02)
