"""What a request to the edit service means: one frozen value, checked, with every default filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Size
from limner.models.activations import Shape
from limner.models.sizes import Sizes
from limner.models.weighing import read_sizes
from services.pipelines import sizing
from services.pipelines.brief import Brief
from services.pipelines.catalogue import CONTEXT, CONTROL, ENTITIES, Model
from services.pipelines.need import Need
from services.synthesis.geometry import Margins
from services.synthesis.pictures import Picture
from services.synthesis.regions import Region
from services.synthesis.stencil import Stencil

PARTS = ("transformer", "text_encoder", "vae", "controlnets", "adapters")


@dataclass(frozen=True, slots=True)
class Control:
    """One ControlNet condition; `start` and `end` are shares of the steps."""

    kind: str
    picture: Picture
    preprocess: bool
    scale: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Job:
    """A request that can run. Its parts combine freely; what is absent does nothing."""

    brief: Brief
    skill: str  # the one that names it, of services.pipelines.catalogue
    references: tuple[Picture, ...] = ()  # pictures that the instruction is about, the edited one first
    start: Picture | None = None  # the picture that is painted over
    stencil: Stencil | None = None  # where it is painted over
    margins: Margins | None = None  # how far it is continued beyond its border
    strength: float = 1.0  # share of the noise that painting over begins with
    controls: tuple[Control, ...] = ()
    regions: tuple[Region, ...] = ()
    regions_on_negative: bool = False
    whole: Picture | None = None  # the picture that is taken apart
    layer_count: int = 0  # what it is taken apart into; then each seed makes so many pictures

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture that the transformer or the autoencoder sees."""
        alone = tuple(picture for picture in (self.start, self.whole) if picture is not None)
        return (*self.references, *alone, *(control.picture for control in self.controls))

    @property
    def adapter_scales(self) -> Mapping[str, float]:
        """The adapters of the model that shall be in effect, and how strongly."""
        named = [(ENTITIES, 1.0)] if self.regions else []
        return dict([*named, *((c.kind, c.scale) for c in self.controls if c.kind == CONTEXT)])

    @property
    def skills(self) -> frozenset[str]:
        """What a model must be able to do."""
        regional = (ENTITIES,) if self.regions else ()
        return frozenset((self.skill, *(f"{CONTROL}.{c.kind}" for c in self.controls), *regional))


def to_task(task: edit_pb2.Task, brief: Brief) -> edit_pb2.Task:
    """Returns `task` with the settings of `brief`, as the worker gets it."""
    whole = edit_pb2.Task()
    whole.CopyFrom(task)
    settings = settings_of(whole)
    settings.CopyFrom(
        edit_pb2.Settings(
            request_id=brief.request_id,
            prompt=brief.prompt,
            negative_prompt=brief.negative_prompt,
            size=Size(width=brief.width_px, height=brief.height_px),
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


def settings_of(task: edit_pb2.Task) -> edit_pb2.Settings:
    """Returns the settings of whichever request `task` holds."""
    match task.WhichOneof("kind"):
        case "edit":
            return task.edit.settings
        case "inpaint":
            return task.inpaint.settings
        case "layers":
            return task.layers.settings
        case _:
            return task.controlled.settings


def digest_inputs(task: edit_pb2.Task) -> str:
    """Names everything in a request beyond its settings: pictures, masks, controls, entities."""
    inputs = edit_pb2.Task()
    inputs.CopyFrom(task)
    settings_of(inputs).Clear()
    return hashlib.sha256(inputs.SerializeToString(deterministic=True)).hexdigest()


def need_of(job: Job) -> Need:
    """Returns what the job needs, tier by tier, from the sizes of its files and pictures."""
    areas_px = tuple(picture.size_px[0] * picture.size_px[1] for picture in job.pictures)
    return need_of_like(job.brief, areas_px, len(job.regions), job.layer_count)


def need_of_like(brief: Brief, pictures_px: tuple[int, ...], region_count: int, layer_count: int) -> Need:
    """Returns what such a job needs; `pictures_px` are the areas of those that are seen besides."""
    bucket = sizing.Bucket.of(brief.model, brief.width_px, brief.height_px)
    area_px = bucket.width_px * bucket.height_px
    # Charged for at least one input, so that one lease serves the usual jobs.
    seen_px = tuple(max(area_px, picture_px) for picture_px in pictures_px) or (area_px,)
    shape = Shape(bucket.width_px, bucket.height_px, seen_px, region_count, layer_count)
    many = f":{region_count}" if region_count else ""
    profile = (
        f"edit:{brief.model.name}:{brief.model.revision}:{area_px * (1 + layer_count) + sum(seen_px)}{many}"
    )
    return sizing.need_of(brief.model, profile, weigh(brief.model), shape, brief.priority, brief.tier)


def weigh(model: Model) -> Sizes:
    """Returns how large the parts are that this service loads."""
    return read_sizes(model.name, model.revision, model.path, PARTS)
