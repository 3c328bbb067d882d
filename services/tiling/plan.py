"""How a large picture comes about: a base that the model can paint, then sizes at most twice the last."""

from __future__ import annotations

from dataclasses import dataclass

from services.tiling.layout import Size, Tile, cover, hops, native_size

GRAIN_PX = 16  # One token of the transformer.


@dataclass(frozen=True, slots=True)
class Stage:
    """A size on the way, in px, and the tiles in which it is painted."""

    size: Size
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is painted from noise, if anything, and what is refined after it, hop by hop."""

    base: Stage | None
    hops: tuple[Stage, ...]

    @property
    def tile_count(self) -> int:
        """How many tiles there are to do in all."""
        return sum(len(stage.tiles) for stage in self.stages)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The base, then the hops."""
        return (*((self.base,) if self.base else ()), *self.hops)


def plan_refined(target: Size, native: Size, longest_px: int, tile_px: int, overlap_px: int) -> Plan:
    """Plans a base of about the native area and hops from there to `target`.

    The base is one tile unless a side of it is beyond `longest_px`, the model's limit.
    """
    size = native_size(target, native, GRAIN_PX)
    base = Stage(size, (Tile(0, 0, *size),))
    if max(size) > longest_px:
        base = _cut(size, tile_px, overlap_px)
    return Plan(base, _plan_hops(size, target, tile_px, overlap_px))


def plan_joint(target: Size, tile_px: int, overlap_px: int) -> Plan:
    """Plans a picture all of whose tiles are denoised together."""
    return Plan(_cut(target, tile_px, overlap_px), ())


def plan_enlarged(source: Size, target: Size, tile_px: int, overlap_px: int) -> Plan:
    """Plans the hops from a given picture to `target`; one hop of the same size where it is that large."""
    steps = _plan_hops(source, target, tile_px, overlap_px)
    return Plan(None, steps or (_cut(target, tile_px, overlap_px),))


def _plan_hops(start: Size, target: Size, tile_px: int, overlap_px: int) -> tuple[Stage, ...]:
    return tuple(_cut(size, tile_px, overlap_px) for size in hops(start, target, 2.0, GRAIN_PX))


def _cut(size: Size, tile_px: int, overlap_px: int) -> Stage:
    """Covers a size with tiles as large as it allows."""
    tile = min(tile_px, size[0]), min(tile_px, size[1])
    overlap = min(overlap_px, min(tile) - GRAIN_PX)
    return Stage(size, cover(size, tile, overlap, grain=GRAIN_PX))
