"""Whether the parts of a checkpoint are what they should be, and fit together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from limner.models.architecture import QWEN_IMAGE, QWEN_IMAGE_21, Architecture, Part
from limner.models.verdict import Verdict

# Painting pipelines by the names that checkpoints give them, and the families they are of.
PIPELINES = {
    "QwenImagePipeline": QWEN_IMAGE,
    "QwenImageEditPipeline": QWEN_IMAGE,
    "QwenImageEditPlusPipeline": QWEN_IMAGE,
    "QwenImageLayeredPipeline": QWEN_IMAGE,
    "QwenImage21Pipeline": QWEN_IMAGE_21,
}
WANTED = {"transformer": Part.TRANSFORMER, "text_encoder": Part.TEXT_ENCODER, "vae": Part.VAE}
FETCH = "`limner models list` names the models that can be fetched."
_ONE_SOURCE = "They are of two models: fetch or copy both from one."
_PACKED = 4  # A transformer reads 2×2 latents as one.
_TRANSPARENT_CHANNELS = 4


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a folder is no usable model."""

    reason: str
    next_step: str


def find_obstacle(name: str, pipeline: str, parts: Mapping[str, Verdict]) -> Obstacle | None:
    """Returns what is wrong with the parts of a pipeline, the gravest first; None when they fit."""
    family = PIPELINES.get(pipeline)
    if family is None:
        return Obstacle(f"{name} is a {pipeline[:100]}, and Limner runs the Qwen-Image family.", FETCH)
    wrong = (_wrong_part(name, part, parts[part], wanted, family) for part, wanted in WANTED.items())
    if (obstacle := next(filter(None, wrong), None)) is not None:
        return obstacle
    if (obstacle := _misfit(name, parts)) is not None:
        return obstacle
    if family == QWEN_IMAGE_21:
        return Obstacle(f"{name} is of the {family} family, which this Limner cannot run yet.", FETCH)
    return None


def contradict(said: Mapping[str, object], found: Architecture) -> str:
    """Returns where a transformer's configuration says otherwise than its weights; empty when nowhere."""
    heads, head_width = said.get("num_attention_heads"), said.get("attention_head_dim")
    width = heads * head_width if isinstance(heads, int) and isinstance(head_width, int) else found.width
    for what, claimed, real in (
        ("blocks", said.get("num_layers", found.blocks), found.blocks),
        ("numbers of width", width, found.width),
        ("channels", said.get("in_channels", found.channels), found.channels),
    ):
        if claimed != real:
            return f"speaks of {str(claimed)[:20]} {what}, and the weights have {real}"
    return ""


def fits_control(control: Architecture, transformer: Architecture) -> bool:
    """Tells whether a ControlNet was made for transformers of that size."""
    return (
        control.part is Part.CONTROL
        and control.family == transformer.family
        and not control.is_scaled
        and (control.width, control.blocks) == (transformer.width, transformer.blocks)
    )


def control_config(control: Architecture) -> Mapping[str, int]:
    """Returns the configuration of a ControlNet, as its weights tell it; few repositories have one."""
    return {
        "num_layers": control.blocks,
        "in_dim": control.channels,
        "additional_in_dim": control.extra_channels,
        "dim": control.width,
    }


def _wrong_part(name: str, part: str, found: Verdict, wanted: Part, family: str) -> Obstacle | None:
    if found.part is Part.UNKNOWN and not found.family:
        return Obstacle(f"{name}: {found.reason}", found.next_step)
    if found.part is wanted and found.family == family and not found.architecture.is_scaled:
        return None
    what = f"of {found.family}" if found.part is Part.UNKNOWN else f"{found.part} of {found.family}"
    if found.architecture.is_scaled:
        what = "one with 8-bit weights and scales, as ComfyUI reads them"
    reason = f"{name}: its {part} should be the {wanted} of a model of {family}, and is {what}."
    return Obstacle(reason, f"Fetch or copy the {part} of that model.")


def _misfit(name: str, parts: Mapping[str, Verdict]) -> Obstacle | None:
    transformer, encoder, vae = (parts[part].architecture for part in WANTED)
    # Qwen-Image's transformer reads latents packed; that of 2.1 as they are.
    packed = 1 if transformer.family == QWEN_IMAGE_21 else _PACKED
    if transformer.text_width != encoder.text_width:
        reason = (
            f"{name}: its transformer reads prompts {transformer.text_width} numbers wide, and its "
            f"text_encoder writes {encoder.text_width}."
        )
        return Obstacle(reason, _ONE_SOURCE)
    if transformer.channels != packed * vae.channels:
        reason = (
            f"{name}: its transformer paints {transformer.channels // packed} channels of latents, and its "
            f"vae decodes {vae.channels}."
        )
        return Obstacle(reason, _ONE_SOURCE)
    if transformer.is_layered and vae.pixel_channels != _TRANSPARENT_CHANNELS:
        reason = f"{name}: its transformer paints layers, and its vae knows no transparency."
        return Obstacle(reason, "Copy the vae of Qwen-Image-Layered.")
    return None
