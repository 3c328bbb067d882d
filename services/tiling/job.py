"""What a request to the tiling service means: one frozen value, checked, with every default filled in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum

from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Size as SizeMessage
from limner.models.activations import Shape, decoding_bytes
from limner.models.sizes import Sizes
from limner.models.weighing import read_sizes
from limner.tiling.v1 import tiling_pb2
from services.pipelines import sizing
from services.pipelines.brief import Brief
from services.pipelines.catalogue import CONTROL, TEXT_TO_IMAGE, Model
from services.pipelines.need import Need
from services.synthesis.pictures import Picture
from services.synthesis.regions import Region
from services.tiling.layout import Size
from services.tiling.plan import GRAIN_PX, Plan, plan_enlarged, plan_joint, plan_refined

PARTS = ("transformer", "text_encoder", "vae", "controlnets", "adapters")
# More gain little, and what a killed worker has to do again grows with them.
AT_ONCE_MAX = 4
# Of a token in a block: the stream, its norm, queries, keys, values, attention, and the four of the
# feed-forward before and after its activation.
_WIDTHS_PER_TOKEN = 14
_BYTES_PER_NUMBER = 4
EDGES = f"{CONTROL}.canny"  # what holds tiles to the picture that they refine


class Mode(Enum):
    """How the target is reached."""

    REFINE = "refine"
    JOINT = "joint"


@dataclass(frozen=True, slots=True)
class Job:
    """A request that can run; the size of its brief is the target."""

    brief: Brief
    mode: Mode
    tile_px: int
    overlap_px: int
    strength: float  # of refining: share of the noise that a tile begins with
    source: Picture | None = None  # the picture to enlarge; without one the prompt is painted
    control_scale: float = 0.0  # how strongly a tile is held to its own edges
    regions: tuple[Region, ...] = ()

    @property
    def size_px(self) -> Size:
        """The target's width and height."""
        return self.brief.width_px, self.brief.height_px

    @property
    def skills(self) -> frozenset[str]:
        """What a model must be able to do."""
        return frozenset((TEXT_TO_IMAGE, *((EDGES,) if self.control_scale else ())))

    @property
    def refine_steps(self) -> int:
        """Steps of a tile, in proportion to the noise that it begins with; one step has no schedule."""
        return max(2, round(self.brief.steps * self.strength))

    def plan(self) -> Plan:
        """Returns the stages on the way to the target."""
        limits = self.brief.model.limits
        if self.source is not None:
            return plan_enlarged(self.source.size_px, self.size_px, self.tile_px, self.overlap_px)
        if self.mode is Mode.JOINT:
            return plan_joint(self.size_px, self.tile_px, self.overlap_px)
        native = limits.native_width_px, limits.native_height_px
        return plan_refined(self.size_px, native, limits.max_side_px, self.tile_px, self.overlap_px)


def to_task(task: tiling_pb2.Task, brief: Brief) -> tiling_pb2.Task:
    """Returns `task` with the settings of `brief`, as the worker gets it."""
    whole = tiling_pb2.Task()
    whole.CopyFrom(task)
    settings_of(whole).CopyFrom(
        edit_pb2.Settings(
            request_id=brief.request_id,
            prompt=brief.prompt,
            negative_prompt=brief.negative_prompt,
            size=SizeMessage(width=brief.width_px, height=brief.height_px),
            steps=brief.steps,
            guidance_scale=brief.guidance_scale,
            seeds=brief.seeds,
            model=brief.model.name,
            priority=edit_pb2.Priority.ValueType(brief.priority),
            metadata=dict(brief.metadata),
            quality=brief.quality,
            tier=brief.tier,
        )
    )
    return whole


def settings_of(task: tiling_pb2.Task) -> edit_pb2.Settings:
    """Returns the settings of whichever request `task` holds."""
    return task.upscale.settings if task.WhichOneof("kind") == "upscale" else task.generate.settings


def digest_inputs(task: tiling_pb2.Task) -> str:
    """Names everything in a request beyond its settings: picture, tiles, entities."""
    inputs = tiling_pb2.Task()
    inputs.CopyFrom(task)
    settings_of(inputs).Clear()
    return hashlib.sha256(inputs.SerializeToString(deterministic=True)).hexdigest()


def need_of(job: Job) -> Need:
    """Returns what the job needs, tier by tier: it follows from the tile, not from the picture."""
    brief, sizes = job.brief, weigh(job.brief.model)
    # A tile, what it refines and its edges; at least the native size, which the base has.
    bucket = sizing.Bucket.of(brief.model, job.tile_px, job.tile_px)
    area_px = bucket.width_px * bucket.height_px
    at_once = tiles_at_once(job, sizes.widths.transformer)
    shape = Shape(
        bucket.width_px, bucket.height_px, (area_px,) * 2, regions=min(1, len(job.regions)), at_once=at_once
    )
    profile = f"tiling:{brief.model.name}:{brief.model.revision}:{3 * area_px}"
    return sizing.need_of(brief.model, profile, sizes, shape, brief.priority, brief.tier)


def tiles_at_once(job: Job, transformer_width: int) -> int:
    """Returns how many tiles go through the transformer together, which reads its weights once for all.

    As many as take no more memory than decoding one tile, which is granted anyway, and at most AT_ONCE_MAX.
    """
    area_px = job.tile_px**2
    most_bytes = decoding_bytes(weigh(job.brief.model).widths.vae_base, area_px, on_card=False)
    tile_bytes = area_px // GRAIN_PX**2 * transformer_width * _WIDTHS_PER_TOKEN * _BYTES_PER_NUMBER
    return max(1, min(AT_ONCE_MAX, most_bytes // tile_bytes))


def weigh(model: Model) -> Sizes:
    """Returns how large the parts are that this service loads."""
    return read_sizes(model.name, model.revision, model.path, PARTS)
