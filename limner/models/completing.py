"""Adds to a fetched model what loaders want and its repository lacks."""

from __future__ import annotations

import json
from pathlib import Path

from limner.models.architecture import QWEN_IMAGE, Part
from limner.models.checkpoint import CONFIG, inspect
from limner.models.fitting import control_config


def complete(folder: Path) -> None:
    """Writes the configuration of a ControlNet that came without, as its weights tell it. Raises OSError."""
    if (folder / CONFIG).exists():
        return
    found = inspect(folder)
    if found.part is Part.CONTROL and found.family == QWEN_IMAGE and found.is_usable:
        (folder / CONFIG).write_text(json.dumps(control_config(found.architecture)) + "\n")
