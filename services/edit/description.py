"""What this capability offers, as `Describe` tells it."""

from __future__ import annotations

from collections.abc import Mapping

from limner.capability.v1.capability_pb2 import DescribeResponse, Feature
from services.edit.job import PARTS
from services.pipelines.catalogue import (
    CONTEXT,
    CONTROL,
    EDIT,
    ENTITIES,
    IMAGE_TO_IMAGE,
    INPAINT,
    LAYERS,
    OUTPAINT,
    Catalogue,
)
from services.pipelines.description import describe_model, read_versions

CAPABILITY = "edit"
KINDS = ("canny", "depth", "inpaint", CONTEXT)
FEATURES = (
    EDIT,
    IMAGE_TO_IMAGE,
    INPAINT,
    OUTPAINT,
    *(f"{CONTROL}.{kind}" for kind in KINDS),
    ENTITIES,
    LAYERS,
)

_LIBRARIES = ("diffsynth", "transformers", "torch", "peft", "safetensors", "opencv-python-headless")


def describe(catalogue: Catalogue, library_versions: Mapping[str, str]) -> DescribeResponse:
    """Returns models, limits and features; what the replica does at the moment is not its concern."""
    offered = frozenset[str]().union(*(model.skills for model in catalogue.models))
    return DescribeResponse(
        capability=CAPABILITY,
        models=[describe_model(entry, PARTS) for entry in catalogue.models],
        features=[_to_feature(name, name in offered) for name in sorted({*FEATURES, *_extra(offered)})],
        library_versions=library_versions,
    )


def read_library_versions() -> dict[str, str]:
    """Names the installed versions without importing anything."""
    return read_versions(_LIBRARIES)


def _extra(offered: frozenset[str]) -> frozenset[str]:
    """Returns the ControlNets that a models folder holds beyond the usual kinds."""
    return frozenset(skill for skill in offered if skill.startswith(f"{CONTROL}."))


def _to_feature(name: str, enabled: bool) -> Feature:
    return Feature(
        name=name, enabled=enabled, reason="" if enabled else "no installed model has weights for it"
    )
