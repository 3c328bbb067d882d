"""What this capability offers, as `Describe` tells it."""

from __future__ import annotations

from collections.abc import Mapping

from limner.capability.v1.capability_pb2 import DescribeResponse, Feature
from services.pipelines.catalogue import Catalogue
from services.pipelines.description import describe_model, read_versions
from services.t2i.job import PARTS, SKILL

CAPABILITY = "t2i"

_LIBRARIES = ("diffusers", "transformers", "torch", "accelerate", "safetensors")


def describe(catalogue: Catalogue, library_versions: Mapping[str, str]) -> DescribeResponse:
    """Returns models, limits and features; what the replica does at the moment is not its concern."""
    return DescribeResponse(
        capability=CAPABILITY,
        models=[describe_model(entry, PARTS) for entry in catalogue.models],
        features=[Feature(name=SKILL, enabled=True)],
        library_versions=library_versions,
    )


def read_library_versions() -> dict[str, str]:
    """Names the installed versions without importing anything."""
    return read_versions(_LIBRARIES)
