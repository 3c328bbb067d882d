# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any

import pytest
import torch

from services.shapes.checkpoint import CHECKPOINT
from services.shapes.tokens import build_processor
from services.synthesis.loading import load_pipeline


@pytest.fixture(scope="package")
def pipeline() -> Any:
    """The built-in model, which every test leaves as it was."""
    loaded: Any = load_pipeline(CHECKPOINT, torch.float32, "cpu")
    loaded.processor = build_processor(loaded.tokenizer)
    return loaded
