"""Makes control images from photographs."""

from __future__ import annotations

import math
from collections.abc import Mapping

import cv2
import numpy as np
from PIL import Image

from limner.failure import Violation
from services.rpc.errors import FeatureDisabled, InvalidFields

CANNY = "canny"
# Those whose weights no release of Limner contains.
_WEIGHTED = ("depth", "pose", "softedge", "lineart", "normal")
_CANNY_DEFAULTS = {"low": 100.0, "high": 200.0}


def preprocess(kind: str, image: Image.Image, parameters: Mapping[str, float]) -> Image.Image:
    """Returns the control image, of the size of `image`. Raises InvalidFields or FeatureDisabled."""
    if kind != CANNY:
        raise _refuse(kind)
    low, high = _read_thresholds(parameters)
    # In colour: red beside blue of the same brightness has an edge, too.
    edges = cv2.Canny(np.asarray(image.convert("RGB")), low, high)
    return Image.fromarray(edges).convert("RGB")


def _refuse(kind: str) -> InvalidFields | FeatureDisabled:
    if kind in _WEIGHTED:
        text = f"There are no weights for the preprocessor {kind!r}; make the control image elsewhere."
        return FeatureDisabled(text, kind=kind)
    known = ", ".join((CANNY, *_WEIGHTED))
    return InvalidFields([Violation("kind", f"kind is {kind[:100]!r}; known: {known}.")])


def _read_thresholds(parameters: Mapping[str, float]) -> tuple[float, float]:
    if unknown := set(parameters) - set(_CANNY_DEFAULTS):
        name = min(unknown)
        raise InvalidFields(
            [Violation("parameters", f"parameters has {name[:100]!r}; canny takes low and high.")]
        )
    values = _CANNY_DEFAULTS | dict(parameters)
    for name, value in values.items():
        if not (math.isfinite(value) and 0 <= value <= 255):
            raise InvalidFields(
                [Violation(f"parameters.{name}", f"parameters.{name} is {value}; use 0 to 255.")]
            )
    if values["low"] > values["high"]:
        text = f"parameters.low is {values['low']:g}, above high, which is {values['high']:g}; exchange them."
        raise InvalidFields([Violation("parameters.low", text)])
    return values["low"], values["high"]
