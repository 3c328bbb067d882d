"""Sizes and margins. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from services.pipelines.catalogue import Limits

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Margins:
    """Pixels to add on each side of a picture."""

    left: int
    top: int
    right: int
    bottom: int

    def around(self, size_px: Size) -> Size:
        """Returns the size of a picture with these margins."""
        return size_px[0] + self.left + self.right, size_px[1] + self.top + self.bottom


def fit(size_px: Size, limits: Limits) -> Size:
    """Returns the size at which a model works on a picture: of its shape, at most of native area."""
    width, height = size_px
    native_area_px = limits.native_width_px * limits.native_height_px
    scale = min(1.0, (native_area_px / (width * height)) ** 0.5)
    return _to_side(width * scale, limits), _to_side(height * scale, limits)


def _to_side(length_px: float, limits: Limits) -> int:
    multiple = limits.size_multiple_px
    side_px = max(1, round(length_px / multiple)) * multiple
    return min(max(side_px, limits.min_side_px), limits.max_side_px // multiple * multiple)
