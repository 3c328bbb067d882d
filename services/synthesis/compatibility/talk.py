"""What DiffSynth prints."""

# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any

import structlog
from diffsynth.core.loader import config, file
from diffsynth.core.vram import layers
from diffsynth.diffusion import base_pipeline
from diffsynth.models import model_loader
from diffsynth.pipelines import qwen_image
from diffsynth.utils.lora import general

log = structlog.get_logger(__name__)
_TALKERS: tuple[Any, ...] = (config, file, layers, base_pipeline, model_loader, qwen_image, general)


def mend_talk() -> None:
    """Sends to the log, at debug level, what DiffSynth prints on loading and running."""
    for module in _TALKERS:
        module.print = _tell


def _tell(*words: object, **_ends: object) -> None:
    log.debug("diffsynth says", words=" ".join(map(str, words)))
