from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import structlog
import torch
from PIL import Image

from services.shapes.checkpoint import load_pipeline
from services.t2i.compiling import compile_blocks


@pytest.mark.filterwarnings("ignore:Torchinductor does not support code generation for complex operators")
def test_compiled_blocks_paint_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    # In this process: a pool of compilers would outlive the test.
    monkeypatch.setattr("torch._inductor.config.compile_threads", 1)
    pipeline = load_pipeline()
    plain = paint(pipeline)
    assert compile_blocks(pipeline.transformer)
    compiled = paint(pipeline)
    assert np.abs(np.asarray(plain, np.int16) - np.asarray(compiled, np.int16)).max() <= 1
    block = pipeline.transformer.transformer_blocks[0]
    assert block._compiled_call_impl is not None


def test_without_a_compiler_it_is_said_and_the_blocks_stay_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "")
    compiling = Mock()
    with structlog.testing.capture_logs() as logs:
        assert not compile_blocks(compiling)
    compiling.compile_repeated_blocks.assert_not_called()
    assert "LIMNER_T2I_COMPILE" in logs[0]["next_step"]


def paint(pipeline: Any) -> Image.Image:
    with torch.inference_mode():
        painted = pipeline(
            "a red circle on the left, white background",
            width=64,
            height=64,
            num_inference_steps=2,
            true_cfg_scale=1.0,
            generator=torch.Generator().manual_seed(1),
        )
    return painted.images[0]
