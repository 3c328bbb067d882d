"""What `limner bench` tries: each model in each of its tiers, at its own size and a smaller one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# As capabilities name what models can do, and the jobs that use it; the first that a model can do is tried.
_KINDS = (("text_to_image", "text-to-image"), ("edit", "image-edit"), ("layers", "layers"))


class NothingToTry(Exception):
    """No model is like that; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One way of running one model."""

    kind: str  # of the job
    model: str
    revision: str
    tier: str
    libraries: tuple[tuple[str, str], ...]  # name and version, of the service that runs it
    width_px: int
    height_px: int
    has_choice: bool = True  # False: the model knows this tier alone, which need not be named


def plan_trials(capabilities: Mapping[str, Any], model: str = "", tier: str = "") -> list[Trial]:
    """Returns what to try, a tier's sizes one after the other; only of `model` and `tier`, if they are given.

    `capabilities` are those of GET /capabilities. Raises NothingToTry.
    """
    models: dict[str, Mapping[str, Any]] = {}
    libraries: dict[str, tuple[tuple[str, str], ...]] = {}
    for capability in capabilities["capabilities"]:
        for each in capability["models"]:
            # As services are listed, so that a model that paints is measured painting.
            models.setdefault(each["name"], each)
            libraries.setdefault(each["name"], tuple(sorted(capability["library_versions"].items())))
    if model and model not in models:
        raise NothingToTry(f"No model {model!r} is here; there are {', '.join(models) or 'none'}.")
    trials = [
        Trial(
            *(kind, each["name"], each["revision"], its_tier, libraries[each["name"]], *size),
            has_choice=len(each["tiers"]) > 1,
        )
        for each in models.values()
        if each["name"] == (model or each["name"]) and (kind := _kind(each))
        for its_tier in each["tiers"]
        if its_tier == (tier or its_tier)
        for size in _sizes(each)
    ]
    if not trials:
        tiers = sorted({its_tier for each in models.values() for its_tier in each["tiers"]})
        raise NothingToTry(f"No model runs in tier {tier!r}; the tiers are {', '.join(tiers) or 'none'}.")
    return trials


def _kind(model: Mapping[str, Any]) -> str | None:
    return next((kind for feature, kind in _KINDS if feature in model["features"]), None)


def _sizes(model: Mapping[str, Any]) -> list[tuple[int, int]]:
    native = (model["width"], model["height"])
    multiple, least = model["size_multiple_px"], model["min_side_px"]
    smaller = tuple(max(least, side // 2 // multiple * multiple) for side in native)
    return [native] if smaller == native else [native, (smaller[0], smaller[1])]
