"""From the contract's messages to a Job: every wrong field is found before anything runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from limner.edit.v1 import edit_pb2
from limner.failure import Violation
from limner.image.v1 import image_pb2
from services.edit.job import Control, Job, settings_of
from services.pipelines.brief import Brief, fill_in
from services.pipelines.catalogue import (
    CONTEXT,
    CONTROL,
    EDIT,
    IMAGE_TO_IMAGE,
    INPAINT,
    LAYERS,
    OUTPAINT,
    TEXT_TO_IMAGE,
    Catalogue,
    Model,
)
from services.pipelines.faults import find_faults
from services.pipelines.recipes import usual_steps
from services.rpc.errors import FeatureUnsupported, InvalidFields
from services.synthesis.geometry import Margins, Size, fit
from services.synthesis.pictures import Picture, look_at
from services.synthesis.regions import Region, to_region
from services.synthesis.stencil import Stencil, to_stencil

REFERENCES_MAX, CONTROLS_MAX, REGIONS_MAX = 4, 4, 8
SCALE_MAX = 2.0
LAYERS_MAX, LAYERS_USUAL = 8, 4
MARGIN_MAX_PX, MARGIN_MULTIPLE_PX = 4096, 16

_T = TypeVar("_T")


def to_job(task: edit_pb2.Task, catalogue: Catalogue) -> Job:
    """Checks a request and fills in the model's defaults.

    Raises ModelNotFound, FeatureUnsupported, or InvalidFields with every wrong field at once.
    """
    reading = _Reading(catalogue.find(settings_of(task).model, _main_skill(task)))
    match task.WhichOneof("kind"):
        case "edit":
            job = reading.read_edit(task.edit)
        case "inpaint":
            job = reading.read_inpaint(task.inpaint)
        case "controlled":
            job = reading.read_controlled(task.controlled)
        case "layers":
            job = reading.read_layers(task.layers)
        case None:
            raise InvalidFields([Violation("kind", "The task is empty; fill in one of its requests.")])
    _check_skills(job, catalogue)
    return job


@dataclass(frozen=True, slots=True)
class _Reading:
    """Collects what is wrong with one request."""

    model: Model
    found: list[Violation] = field(default_factory=list[Violation])

    def read_edit(self, request: edit_pb2.EditImageRequest) -> Job:
        pictures = self._read_pictures(request.images, "images", REFERENCES_MAX)
        is_restyled = request.strength > 0
        if is_restyled and len(pictures) > 1:
            text = (
                f"strength is {request.strength:g}, which paints over one image; images has {len(pictures)}."
            )
            self._note("strength", text)
        strength = self._read_strength(request.strength)
        regions = self._read_regions(request.entities)
        brief = self._brief(request.settings, pictures[:1], is_instruction=not is_restyled)
        if is_restyled:
            return Job(brief, IMAGE_TO_IMAGE, start=next(iter(pictures)), strength=strength, regions=regions)
        return Job(brief, EDIT, references=pictures, regions=regions)

    def read_inpaint(self, request: edit_pb2.InpaintImageRequest) -> Job:
        start = self._read_picture(request.image, "image")
        strength = self._read_strength(request.strength)
        regions = self._read_regions(request.entities)
        stencil, margins = None, None
        match request.WhichOneof("area"):
            case "mask":
                stencil = self._read_stencil(request.mask, "mask", start)
            case "outpaint":
                margins = self._read_margins(request.outpaint, start)
            case None:
                self._note("mask", "Neither mask nor outpaint is given; say where to paint.")
        size = margins.around(start.size_px) if margins and start else None
        brief = self._brief(request.settings, [start] if start else [], size)
        skill = INPAINT if stencil else OUTPAINT
        return Job(brief, skill, (), start, stencil, margins, strength, regions=regions)

    def read_controlled(self, request: edit_pb2.GenerateControlledRequest) -> Job:
        if not request.controls and not request.entities:
            self._note(
                "controls", "Neither controls nor entities are given; use TextToImageService for that."
            )
        if len(request.controls) > CONTROLS_MAX:
            self._note("controls", f"controls has {len(request.controls)} entries; at most {CONTROLS_MAX}.")
        sent = request.controls[:CONTROLS_MAX]
        controls = [self._read_control(c, f"controls[{i}]") for i, c in enumerate(sent)]
        self._check_context(sent)
        regions = self._read_regions(request.entities)
        start, stencil = None, None
        if request.HasField("start_image"):
            start = self._read_picture(request.start_image, "start_image")
        if request.HasField("mask"):
            if not request.HasField("start_image"):
                self._note("mask", "mask is given without start_image; add the picture that it belongs to.")
            stencil = self._read_stencil(request.mask, "mask", start)
        if stencil is None and any(control.kind == "inpaint" for control in controls if control):
            self._note("mask", "A control of kind inpaint needs start_image and mask; add them.")
        strength = self._read_strength(request.strength)
        whole = tuple(control for control in controls if control is not None)
        seen = [*([start] if start else []), *(control.picture for control in whole)]
        brief = self._brief(request.settings, seen)
        if any(control.start > 0 or control.end < 1 for control in whole):
            # What comes or goes is not foretold by the steps before.
            brief = replace(brief, cache=None)
        skill = INPAINT if stencil else IMAGE_TO_IMAGE if start else TEXT_TO_IMAGE
        return Job(
            brief, skill, (), start, stencil, None, strength, whole, regions, request.entities_on_negative
        )  # fmt: skip

    def read_layers(self, request: edit_pb2.SeparateLayersRequest) -> Job:
        whole = self._read_picture(request.image, "image")
        count = request.layer_count or LAYERS_USUAL
        if not 1 <= count <= LAYERS_MAX:
            self._note("layer_count", f"layer_count is {count}; use 1 to {LAYERS_MAX}.")
        brief = self._brief(request.settings, [whole] if whole else [], images_per_seed=count)
        return Job(brief, LAYERS, whole=whole, layer_count=count)

    def _brief(
        self,
        settings: edit_pb2.Settings,
        seen: Sequence[Picture],
        size: Size | None = None,
        is_instruction: bool = False,
        images_per_seed: int = 1,
    ) -> Brief:
        """Ends the reading: raises InvalidFields if anything was wrong."""
        limits = self.model.limits
        self.found.extend(
            find_faults(
                settings,
                limits,
                self.model.name,
                prefix="settings.",
                images_per_seed=images_per_seed,
                usual_steps=usual_steps(self.model, settings.quality),
            )
        )
        if self.found:
            raise InvalidFields(self.found)
        usual = size or (seen[0].size_px if seen else None)
        fitted = fit(usual, limits) if usual else None
        return fill_in(settings, self.model, fitted, is_instruction=is_instruction)

    def _read_pictures(self, images: Sequence[image_pb2.Image], name: str, most: int) -> tuple[Picture, ...]:
        if not 1 <= len(images) <= most:
            self._note(name, f"{name} has {len(images)} entries; send 1 to {most}.")
        read = [self._read_picture(image, f"{name}[{i}]") for i, image in enumerate(images[:most])]
        return tuple(picture for picture in read if picture is not None)

    def _read_picture(self, image: image_pb2.Image, name: str) -> Picture | None:
        return self._keep(look_at(image, name))

    def _read_stencil(self, mask: image_pb2.Mask, name: str, belongs_to: Picture | None) -> Stencil | None:
        stencil = self._keep(to_stencil(mask, name))
        if stencil is None or belongs_to is None:
            return stencil
        width, height = belongs_to.size_px
        if isinstance(stencil.shape, Picture):
            if stencil.shape.size_px != belongs_to.size_px:
                mine = f"{stencil.shape.width_px} × {stencil.shape.height_px}"
                text = (
                    f"{name}.image is {mine} px and its picture {width} × {height}; make them the same size."
                )
                self._note(f"{name}.image", text)
        elif stencil.shape[2] > width or stencil.shape[3] > height:
            text = (
                f"{name}.box is {stencil.shape}, beyond the picture's {width} × {height} px; move it inside."
            )
            self._note(f"{name}.box", text)
        return stencil

    def _read_regions(self, entities: Sequence[edit_pb2.Entity]) -> tuple[Region, ...]:
        if len(entities) > REGIONS_MAX:
            self._note("entities", f"entities has {len(entities)} entries; at most {REGIONS_MAX}.")
        read = [
            self._read_region(entity, f"entities[{i}]") for i, entity in enumerate(entities[:REGIONS_MAX])
        ]
        return tuple(region for region in read if region is not None)

    def _read_region(self, entity: edit_pb2.Entity, name: str) -> Region | None:
        region, faults = to_region(entity, name)
        self.found.extend(faults)
        return region

    def _read_control(self, control: edit_pb2.Control, name: str) -> Control | None:
        known = sorted(s.partition(".")[2] for s in self.model.skills if s.startswith(f"{CONTROL}."))
        if control.kind not in known:
            has = f"{self.model.name} has {', '.join(known)}" if known else f"{self.model.name} has none"
            self._note(f"{name}.kind", f"{name}.kind is {control.kind[:100]!r}; {has}.")
        scale, start, end = control.scale or 1.0, control.start, control.end or 1.0
        if not (math.isfinite(scale) and 0 <= scale <= SCALE_MAX):
            self._note(f"{name}.scale", f"{name}.scale is {scale}; use 0 to {SCALE_MAX:g}.")
        if not 0 <= start < end <= 1:
            text = f"{name} acts from {start:g} to {end:g}; both are shares of the steps, start below end."
            self._note(f"{name}.start", text)
        picture = self._read_picture(control.image, f"{name}.image")
        if picture is None:
            return None
        return Control(control.kind, picture, control.preprocess, scale, start, end)

    def _check_context(self, controls: Sequence[edit_pb2.Control]) -> None:
        """Notes what a control image that the transformer itself reads cannot do."""
        named = [(f"controls[{i}]", c) for i, c in enumerate(controls) if c.kind == CONTEXT]
        for name, control in named:
            if control.start > 0 or 0 < control.end < 1:
                text = f"{name} is of kind {CONTEXT}, which acts in every step; leave out start and end."
                self._note(f"{name}.start", text)
        if len(named) > 1:
            text = f"controls has {len(named)} entries of kind {CONTEXT}; the model reads one."
            self._note(f"{named[1][0]}.kind", text)

    def _read_margins(self, outpaint: edit_pb2.Outpaint, start: Picture | None) -> Margins:
        margins = Margins(outpaint.left, outpaint.top, outpaint.right, outpaint.bottom)
        sides = {"left": margins.left, "top": margins.top, "right": margins.right, "bottom": margins.bottom}
        for side, value in sides.items():
            if not 0 <= value <= MARGIN_MAX_PX or value % MARGIN_MULTIPLE_PX:
                text = f"use multiples of {MARGIN_MULTIPLE_PX} from 0 to {MARGIN_MAX_PX}."
                self._note(f"outpaint.{side}", f"outpaint.{side} is {value}; {text}")
        if not any(sides.values()):
            self._note("outpaint", "outpaint adds nothing on any side; give at least one side some pixels.")
        return margins

    def _read_strength(self, strength: float) -> float:
        if not (math.isfinite(strength) and 0 <= strength <= 1):
            self._note("strength", f"strength is {strength}; use above 0 to 1.")
        return strength or 1.0

    def _keep(self, read: _T | Violation) -> _T | None:
        if isinstance(read, Violation):
            self.found.append(read)
            return None
        return read

    def _note(self, name: str, description: str) -> None:
        self.found.append(Violation(name, description))


def _main_skill(task: edit_pb2.Task) -> str | None:
    """Returns what the usual model for a request must be able to do."""
    match task.WhichOneof("kind"):
        case "edit":
            return IMAGE_TO_IMAGE if task.edit.strength > 0 else EDIT
        case "inpaint":
            return INPAINT
        case "layers":
            return LAYERS
        case _:
            return None


def _check_skills(job: Job, catalogue: Catalogue) -> None:
    model = job.brief.model
    missing = sorted(job.skills - model.skills)
    if missing:
        able = ", ".join(sorted(model.skills))
        raise FeatureUnsupported(
            f"{model.name} cannot do {' and '.join(missing)}; it can do {able}. {_advise(job, catalogue)}",
            model=model.name,
            missing=",".join(missing),
        )


def _advise(job: Job, catalogue: Catalogue) -> str:
    able = [model.name for model in catalogue.models if job.skills <= model.skills]
    if able:
        return f"Choose {' or '.join(able)} as the model."
    example = ", such as Qwen-Image-Layered," if LAYERS in job.skills else ""
    return f"No installed model can; put one that can{example} into the models folder."
