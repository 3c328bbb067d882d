"""What this capability offers, as `Describe` tells it."""

from __future__ import annotations

from collections.abc import Mapping

from limner.capability.v1.capability_pb2 import DescribeResponse, Feature
from services.pipelines.catalogue import Catalogue
from services.pipelines.description import describe_model, read_versions
from services.tiling.job import PARTS
from services.tiling.reading import LONGEST_PX

CAPABILITY = "tiling"
GENERATE, UPSCALE = "generate_tiled", "upscale_tiled"

_LIBRARIES = ("diffsynth", "transformers", "torch", "pyvips", "safetensors", "opencv-python-headless")


def describe(catalogue: Catalogue, library_versions: Mapping[str, str]) -> DescribeResponse:
    """Returns models, limits and features; the longest side is what tiles reach, not the model alone."""
    models = [describe_model(entry, PARTS, is_spared=False) for entry in catalogue.models]
    for model in models:
        model.max_tile_px, model.max_side_px = model.max_side_px, LONGEST_PX
    return DescribeResponse(
        capability=CAPABILITY,
        models=models,
        features=[Feature(name=name, enabled=bool(models)) for name in (GENERATE, UPSCALE)],
        library_versions=library_versions,
    )


def read_library_versions() -> dict[str, str]:
    """Names the installed versions without importing anything."""
    return read_versions(_LIBRARIES)
