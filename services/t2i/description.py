"""What this capability offers, as `Describe` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from limner.capability.v1.capability_pb2 import DescribeResponse, Feature, Model
from limner.image.v1.image_pb2 import Size
from services.pipelines import sizing
from services.pipelines.catalogue import Catalogue
from services.pipelines.catalogue import Model as Entry
from services.t2i.job import TIER

CAPABILITY = "t2i"
FEATURE = "text_to_image"

_LIBRARIES = ("diffusers", "transformers", "torch", "accelerate", "safetensors")


def describe(catalogue: Catalogue, library_versions: Mapping[str, str]) -> DescribeResponse:
    """Returns models, limits and features; what the replica does at the moment is not its concern."""
    return DescribeResponse(
        capability=CAPABILITY,
        models=[_to_model(entry) for entry in catalogue.models],
        features=[Feature(name=FEATURE, enabled=True)],
        library_versions=library_versions,
    )


def read_library_versions() -> dict[str, str]:
    """Names the installed versions without importing anything."""
    return {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _to_model(entry: Entry) -> Model:
    limits = entry.limits
    return Model(
        name=entry.name,
        title=entry.title,
        license=entry.license,
        commercial_use=entry.commercial_use,
        revision=entry.revision,
        weight_bytes=sizing.read_weights(entry.path).file_bytes,
        native_size=Size(width=limits.native_width_px, height=limits.native_height_px),
        min_side_px=limits.min_side_px,
        max_side_px=limits.max_side_px,
        size_multiple_px=limits.size_multiple_px,
        default_steps=limits.default_steps,
        default_guidance_scale=limits.default_guidance_scale,
        tiers=[TIER],
        example_prompts=entry.example_prompts,
    )
