"""What a capability offers, as `Describe` tells it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from limner.capability.v1.capability_pb2 import Model
from limner.image.v1.image_pb2 import Size
from services.pipelines import sizing
from services.pipelines.catalogue import Model as Entry


def read_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Names the installed versions without importing anything."""
    return {name: _version(name) for name in libraries}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def describe_model(entry: Entry, parts: tuple[str, ...], tier: str) -> Model:
    """Returns a model with its limits; `parts` are the folders whose weights are loaded."""
    limits = entry.limits
    return Model(
        name=entry.name,
        title=entry.title,
        license=entry.license,
        commercial_use=entry.commercial_use,
        revision=entry.revision,
        weight_bytes=sizing.read_weights(entry.path, parts).file_bytes,
        native_size=Size(width=limits.native_width_px, height=limits.native_height_px),
        min_side_px=limits.min_side_px,
        max_side_px=limits.max_side_px,
        size_multiple_px=limits.size_multiple_px,
        default_steps=limits.default_steps,
        default_guidance_scale=limits.default_guidance_scale,
        default_edit_guidance_scale=limits.default_edit_guidance_scale,
        tiers=[tier],
        example_prompts=entry.example_prompts,
        features=sorted(entry.skills),
    )
