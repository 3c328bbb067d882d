"""From the contract's messages to a Job: every wrong field is found before anything runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from limner.edit.v1 import edit_pb2
from limner.failure import Violation
from limner.image.v1 import image_pb2
from limner.image.v1.image_pb2 import Size as SizeMessage
from limner.tiling.v1 import tiling_pb2
from services.pipelines.brief import Brief, fill_in
from services.pipelines.catalogue import Catalogue, Limits, Model
from services.pipelines.faults import find_faults
from services.pipelines.recipes import usual_steps
from services.rpc.errors import FeatureUnsupported, InvalidFields
from services.synthesis.pictures import Picture, look_at
from services.synthesis.regions import Region, to_region
from services.tiling.job import Job, Mode, settings_of
from services.tiling.layout import Size
from services.tiling.plan import GRAIN_PX

LONGEST_PX = 8192
RATIO_MAX = 16
REGIONS_MAX = 16
SCALE_MAX, CONTROL_SCALE_MAX = 8.0, 2.0
DEFAULT_STRENGTH = 0.3

_MODES = {tiling_pb2.MODE_REFINE: Mode.REFINE, tiling_pb2.MODE_JOINT: Mode.JOINT}


def to_job(task: tiling_pb2.Task, catalogue: Catalogue) -> Job:
    """Checks a request and fills in the model's defaults.

    Raises ModelNotFound, FeatureUnsupported, or InvalidFields with every wrong field at once.
    """
    reading = _Reading(catalogue.find(settings_of(task).model))
    match task.WhichOneof("kind"):
        case "generate":
            job = reading.read_generate(task.generate)
        case "upscale":
            job = reading.read_upscale(task.upscale)
        case None:
            raise InvalidFields([Violation("kind", "The task is empty; fill in one of its requests.")])
    if missing := sorted(job.skills - job.brief.model.skills):
        name = job.brief.model.name
        text = f"{name} cannot do {' and '.join(missing)}, which control_scale asks for; leave it out."
        raise FeatureUnsupported(text, model=name, missing=",".join(missing))
    return job


@dataclass(frozen=True, slots=True)
class _Reading:
    """Collects what is wrong with one request."""

    model: Model
    found: list[Violation] = field(default_factory=list[Violation])

    def read_generate(self, request: tiling_pb2.GenerateTiledRequest) -> Job:
        tile_px, overlap_px = self._read_tiles(request.tiles)
        if not request.settings.HasField("size"):
            self._note("settings.size", "settings.size is missing; say how large the picture shall be.")
        size = request.settings.size.width, request.settings.size.height
        if request.settings.HasField("size"):
            self._check_size(size, tile_px)
        if not request.settings.prompt.strip():
            self._note("settings.prompt", "settings.prompt is empty; say what the picture shows.")
        strength = self._read_share("strength", request.strength) or DEFAULT_STRENGTH
        regions = self._read_regions(request.entities, size)
        brief = self._brief(request.settings, size)
        # Regions stand where they are told only if all tiles are denoised together.
        mode = _MODES.get(request.tiles.mode, Mode.JOINT if regions else Mode.REFINE)
        return Job(brief, mode, tile_px, overlap_px, strength, regions=regions)

    def read_upscale(self, request: tiling_pb2.UpscaleTiledRequest) -> Job:
        tile_px, overlap_px = self._read_tiles(request.tiles)
        if request.tiles.mode == tiling_pb2.MODE_JOINT:
            self._note("tiles.mode", "tiles.mode is joint, which paints from noise; leave it out to upscale.")
        source = self._read_source(request.image)
        size = self._read_target(request, source)
        if source and size != (0, 0):
            self._check_size(size, self.model.limits.min_side_px)
            if size[0] < source.width_px or size[1] < source.height_px:
                text = f"use at least the picture's {source.width_px} × {source.height_px}."
                self._note("settings.size", f"settings.size is {size[0]} × {size[1]}; {text}")
        strength = self._read_share("strength", request.strength) or DEFAULT_STRENGTH
        control_scale = request.control_scale
        if not (math.isfinite(control_scale) and 0 <= control_scale <= CONTROL_SCALE_MAX):
            text = f"control_scale is {control_scale}; use 0 to {CONTROL_SCALE_MAX:g}."
            self._note("control_scale", text)
        brief = self._brief(request.settings, size)
        return Job(brief, Mode.REFINE, tile_px, overlap_px, strength, source, control_scale)

    def _brief(self, settings: edit_pb2.Settings, size: Size) -> Brief:
        """Ends the reading: raises InvalidFields if anything was wrong."""
        painted = edit_pb2.Settings()
        painted.CopyFrom(settings)
        painted.ClearField("size")
        # A picture can be enlarged without a word; who needs one has looked for it.
        painted.prompt = settings.prompt if settings.prompt.strip() else "-"
        usual = usual_steps(self.model, settings.quality)
        self.found.extend(
            find_faults(painted, self.model.limits, self.model.name, prefix="settings.", usual_steps=usual)
        )
        if self.found:
            raise InvalidFields(self.found)
        painted.prompt = settings.prompt
        painted.size.CopyFrom(SizeMessage(width=size[0], height=size[1]))
        return fill_in(painted, self.model, is_spared=False)

    def _read_tiles(self, tiles: tiling_pb2.Tiles) -> tuple[int, int]:
        limits = self.model.limits
        native_px = min(limits.native_width_px, limits.native_height_px)
        tile_px = tiles.tile_px or native_px
        if not limits.min_side_px <= tile_px <= limits.max_side_px or tile_px % GRAIN_PX:
            text = f"use multiples of {GRAIN_PX} from {limits.min_side_px} to {limits.max_side_px}."
            self._note("tiles.tile_px", f"tiles.tile_px is {tile_px}; {text}")
            tile_px = native_px
        if tiles.mode not in {tiling_pb2.MODE_UNSPECIFIED, *_MODES}:
            self._note("tiles.mode", f"tiles.mode is {tiles.mode}; use 1 (refine) or 2 (joint).")
        overlap_px = tiles.overlap_px or usual_overlap(tile_px)
        if not GRAIN_PX <= overlap_px <= tile_px // 2:
            text = f"use {GRAIN_PX} to {tile_px // 2}, half of a tile."
            self._note("tiles.overlap_px", f"tiles.overlap_px is {overlap_px}; {text}")
        return tile_px, overlap_px

    def _read_source(self, image: image_pb2.Image) -> Picture | None:
        seen = look_at(image, "image")
        if isinstance(seen, Violation):
            self.found.append(seen)
            return None
        return seen

    def _read_target(self, request: tiling_pb2.UpscaleTiledRequest, source: Picture | None) -> Size:
        """Returns the size asked for, or the picture's times the scale in whole tokens; (0, 0) if unknown."""
        if request.settings.HasField("size"):
            return request.settings.size.width, request.settings.size.height
        scale = request.scale
        if not (math.isfinite(scale) and 1 < scale <= SCALE_MAX):
            text = f"scale is {scale}; use above 1 to {SCALE_MAX:g}, or give settings.size."
            self._note("scale", text)
            return 0, 0
        if source is None:
            return 0, 0
        width, height = (
            max(1, round(side * scale / GRAIN_PX)) * GRAIN_PX for side in (source.width_px, source.height_px)
        )
        return width, height

    def _check_size(self, size: Size, least_px: int) -> None:
        for name, side in zip(("settings.size.width", "settings.size.height"), size, strict=True):
            if not least_px <= side <= LONGEST_PX:
                text = f"use {least_px}, which is one tile, to {LONGEST_PX}."
                self._note(name, f"{name} is {side}; {text}")
            elif side % GRAIN_PX:
                near = round(side / GRAIN_PX) * GRAIN_PX
                self._note(name, f"{name} is {side}; it must be a multiple of {GRAIN_PX} (try {near}).")
        if min(size) > 0 and max(size) > RATIO_MAX * min(size):
            text = f"is {size[0]} × {size[1]}; at most {RATIO_MAX} times as long as it is wide."
            self._note("settings.size", f"settings.size {text}")

    def _read_regions(self, entities: Sequence[edit_pb2.Entity], size: Size) -> tuple[Region, ...]:
        if len(entities) > REGIONS_MAX:
            self._note("entities", f"entities has {len(entities)} entries; at most {REGIONS_MAX}.")
        regions: list[Region] = []
        for index, entity in enumerate(entities[:REGIONS_MAX]):
            region, faults = to_region(entity, f"entities[{index}]")
            self.found.extend(faults)
            if region is not None:
                self._check_box(region, size)
                regions.append(region)
        return tuple(regions)

    def _check_box(self, region: Region, size: Size) -> None:
        shape, name = region.stencil.shape, region.stencil.field
        if isinstance(shape, tuple) and (shape[2] > size[0] or shape[3] > size[1]):
            text = f"{name}.box is {shape}, beyond the picture's {size[0]} × {size[1]} px; move it inside."
            self._note(f"{name}.box", text)

    def _read_share(self, name: str, share: float) -> float:
        if not (math.isfinite(share) and 0 <= share <= 1):
            self._note(name, f"{name} is {share}; use above 0 to 1.")
        return share

    def _note(self, name: str, description: str) -> None:
        self.found.append(Violation(name, description))


def usual_overlap(tile_px: int) -> int:
    """Returns a quarter of a tile in whole tokens: less shows its seams, more repeats work."""
    return max(GRAIN_PX, tile_px // 4 // GRAIN_PX * GRAIN_PX)


def quoted_limits(limits: Limits) -> Limits:
    """Returns the limits of a model whose pictures are cut into tiles."""
    return replace(limits, max_side_px=LONGEST_PX)
