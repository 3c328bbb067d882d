"""From what a client asked for to the calls of the edit and tiling services. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.jobs.job import Job
from gateway.jobs.messages import request_id, to_metadata
from gateway.requests import (
    Control,
    ControlNetRequest,
    Entity,
    GenerateRequest,
    ImageEditRequest,
    LayersRequest,
    MaskedRequest,
    TiledRequest,
)
from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Box, Image, Mask, Size
from limner.progress.v1 import progress_pb2
from limner.tiling.v1 import tiling_pb2

Files = Mapping[str, bytes]  # by the ids of the pictures


def to_edit(wanted: ImageEditRequest, settings: edit_pb2.Settings, files: Files) -> edit_pb2.EditImageRequest:
    """Returns the call for an instruction, or for painting over."""
    return edit_pb2.EditImageRequest(
        settings=settings,
        images=[_png(files[image_id]) for image_id in wanted.images],
        strength=wanted.strength or 0,
        entities=_to_entities(wanted.entities, files),
    )


def to_inpaint(
    wanted: ImageEditRequest, settings: edit_pb2.Settings, files: Files
) -> edit_pb2.InpaintImageRequest:
    """Returns the call for a mask or for outpainting."""
    request = edit_pb2.InpaintImageRequest(
        settings=settings,
        image=_png(files[wanted.images[0]]),
        strength=wanted.strength or 0,
        entities=_to_entities(wanted.entities, files),
    )
    if wanted.mask is not None:
        request.mask.CopyFrom(_to_mask(wanted, files))
    elif wanted.outpaint is not None:
        request.outpaint.CopyFrom(edit_pb2.Outpaint(**wanted.outpaint.model_dump()))
    return request


def to_controlled(
    wanted: ControlNetRequest, settings: edit_pb2.Settings, files: Files
) -> edit_pb2.GenerateControlledRequest:
    """Returns the call for painting under controls and entities."""
    return edit_pb2.GenerateControlledRequest(
        settings=settings,
        controls=[_to_control(each, files) for each in wanted.controls],
        entities=_to_entities(wanted.entities, files),
        entities_on_negative=wanted.entities_on_negative,
        start_image=_png(files[wanted.init_image]) if wanted.init_image is not None else None,
        mask=_to_mask(wanted, files) if wanted.mask is not None else None,
        strength=wanted.strength or 0,
    )


def to_layers(
    wanted: LayersRequest, settings: edit_pb2.Settings, files: Files
) -> edit_pb2.SeparateLayersRequest:
    """Returns the call for taking a picture apart."""
    image = _png(files[wanted.image])
    return edit_pb2.SeparateLayersRequest(settings=settings, image=image, layer_count=wanted.layers)


def to_tiled(
    wanted: TiledRequest, settings: edit_pb2.Settings, files: Files
) -> tiling_pb2.GenerateTiledRequest:
    """Returns the call for a picture larger than the model's."""
    return tiling_pb2.GenerateTiledRequest(
        settings=settings,
        tiles=_to_tiles(wanted),
        entities=_to_entities(wanted.entities, files),
        strength=wanted.strength or 0,
    )


def to_upscaled(
    wanted: TiledRequest, settings: edit_pb2.Settings, files: Files
) -> tiling_pb2.UpscaleTiledRequest:
    """Returns the call for enlarging a picture."""
    return tiling_pb2.UpscaleTiledRequest(
        settings=settings,
        image=_png(files[wanted.image or ""]),
        scale=wanted.scale or 0,
        strength=wanted.strength or 0,
        control_scale=wanted.control_scale or 0,
        tiles=_to_tiles(wanted),
    )


def to_settings(
    job: Job, wanted: GenerateRequest, resume_from: progress_pb2.Checkpoint | None
) -> edit_pb2.Settings:
    """Returns what all these calls have in common."""
    first = wanted.seed or 0
    settings = edit_pb2.Settings(
        request_id=request_id(job),
        prompt=wanted.prompt,
        negative_prompt=wanted.negative_prompt,
        steps=wanted.steps,
        guidance_scale=wanted.guidance_scale,
        quality=wanted.quality,
        tier=wanted.tier,
        seeds=range(first, first + wanted.count),
        model=wanted.model or "",
        priority=edit_pb2.Priority.ValueType(job.priority),
        metadata={"limner": to_metadata(job)},
        resume_from=resume_from,
    )
    if wanted.width is not None and wanted.height is not None:
        settings.size.CopyFrom(Size(width=wanted.width, height=wanted.height))
    return settings


def _to_tiles(wanted: TiledRequest) -> tiling_pb2.Tiles:
    modes = {"refine": tiling_pb2.MODE_REFINE, "joint": tiling_pb2.MODE_JOINT}
    return tiling_pb2.Tiles(
        tile_px=wanted.tile_size or 0,
        overlap_px=wanted.overlap or 0,
        mode=modes.get(wanted.mode or "", tiling_pb2.MODE_UNSPECIFIED),
    )


def _to_entities(entities: Sequence[Entity], files: Files) -> list[edit_pb2.Entity]:
    return [edit_pb2.Entity(prompt=each.prompt, mask=_to_region(each, files)) for each in entities]


def _to_region(entity: Entity, files: Files) -> Mask:
    if entity.box is not None:
        return Mask(box=Box(**entity.box.model_dump()))
    return Mask(image=_png(files[entity.mask or ""]))


def _to_mask(wanted: MaskedRequest, files: Files) -> Mask:
    return Mask(
        image=_png(files[wanted.mask or ""]),
        feather_px=wanted.mask_feather_px,
        grow_px=wanted.mask_grow_px,
    )


def _to_control(wanted: Control, files: Files) -> edit_pb2.Control:
    return edit_pb2.Control(
        kind=wanted.kind,
        image=_png(files[wanted.image]),
        preprocess=wanted.preprocess,
        scale=wanted.scale,
        start=wanted.start,
        end=wanted.end,
    )


def _png(data: bytes) -> Image:
    return Image(data=data, format="png")
