"""From a job to the arguments of DiffSynth's call, and from what it paints to the result."""

# pyright: standard
# Torch code: ControlNetInput is DiffSynth's.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from diffsynth.diffusion.base_pipeline import ControlNetInput
from PIL import Image

from services.edit.composition import paste, widen
from services.edit.job import Control, Job
from services.pipelines.catalogue import CONTEXT
from services.synthesis import compatibility
from services.synthesis.geometry import Size, fit
from services.synthesis.pictures import decode, flatten
from services.synthesis.preprocessing import CANNY, preprocess
from services.synthesis.stencil import Coverage, spread

_INPAINT = "inpaint"
# What the models were taught to find before the prompt when a control image is given in context.
_CONTEXT_PREFIX = "Context_Control. "
_LATENT_PX = 8  # One latent covers 8×8 pixels.
_TOKEN_PX = 16  # One token of the transformer: what is repainted comes in whole tokens.


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What every picture of a job is painted from, and what it is pasted into."""

    prompt: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    original: Image.Image | None = None
    coverage: Coverage | None = None

    def finish(self, painted: Image.Image | list[Image.Image]) -> list[Image.Image]:
        """Returns layers, the backmost first, or one picture: outside the mask the original, bit for bit."""
        if isinstance(painted, list):
            return painted[1:]  # The first is the whole picture, made again.
        if self.original is None or self.coverage is None:
            return [painted]
        return [paste(painted, self.original, self.coverage)]


def arrange(job: Job, control_kinds: Sequence[str]) -> Arrangement:
    """Decodes the job's pictures; `control_kinds` are the loaded ControlNets in the order of their ids.

    Raises InvalidFields for a damaged picture or an empty mask.
    """
    size = (job.brief.width_px, job.brief.height_px)
    arguments: dict[str, Any] = {"width": size[0], "height": size[1]}
    if job.references:
        limits = job.brief.model.limits
        pictures = [flatten(decode(picture)) for picture in job.references]
        arguments["edit_image"] = [_resize(each, fit(each.size, limits)) for each in pictures]
        arguments["edit_image_auto_resize"] = False
    original, coverage = _read_start(job)
    mask: Image.Image | None = None
    if original is not None:
        arguments["input_image"] = _resize(original, size)
        arguments["denoising_strength"] = job.strength
    if coverage is not None:
        mask = compatibility.to_mask(Image.fromarray(spread(coverage, size, _TOKEN_PX)))
        arguments["inpaint_mask"] = mask
    if controls := _arrange_controls(job, size, arguments.get("input_image"), mask, control_kinds):
        arguments["blockwise_controlnet_inputs"] = controls
    arguments |= _arrange_regions(job, size)
    if job.whole is not None:
        arguments["layer_input_image"] = _resize(decode(job.whole).convert("RGBA"), size)
        arguments["layer_num"] = job.layer_count
        arguments["exponential_shift_mu"] = compatibility.find_layer_shift(job.brief.model.path, size)
    prompt = job.brief.prompt
    if contexts := [control for control in job.controls if control.kind == CONTEXT]:
        arguments["context_image"] = _draw_control(contexts[0], size)
        prompt = _CONTEXT_PREFIX + prompt
    return Arrangement(prompt, arguments, original, coverage)


def _read_start(job: Job) -> tuple[Image.Image | None, Coverage | None]:
    if job.start is None:
        return None, None
    original = flatten(decode(job.start))
    if job.margins is not None:
        return widen(original, job.margins)
    return original, job.stencil.draw(original.size) if job.stencil is not None else None


def _arrange_controls(
    job: Job, size: Size, start: Image.Image | None, mask: Image.Image | None, kinds: Sequence[str]
) -> list[ControlNetInput]:
    blockwise = [control for control in job.controls if control.kind != CONTEXT]
    found = [_to_input(control, size, start, mask, kinds) for control in blockwise]
    asks_for_inpaint = any(control.kind == _INPAINT for control in job.controls)
    if mask is not None and start is not None and _INPAINT in kinds and not asks_for_inpaint:
        # The model was taught to look at what surrounds a hole; without that it only blends.
        number = kinds.index(_INPAINT)
        found.append(ControlNetInput(controlnet_id=number, image=start, inpaint_mask=mask))
    return found


def _to_input(
    control: Control, size: Size, start: Image.Image | None, mask: Image.Image | None, kinds: Sequence[str]
) -> ControlNetInput:
    start_share, end_share = compatibility.to_countdown(control.start, control.end)
    shared: dict[str, Any] = {
        "controlnet_id": kinds.index(control.kind),
        "scale": control.scale,
        "start": start_share,
        "end": end_share,
    }
    if control.kind == _INPAINT and start is not None and mask is not None:
        return ControlNetInput(image=start, inpaint_mask=mask, **shared)
    return ControlNetInput(image=_draw_control(control, size), **shared)


def _draw_control(control: Control, size: Size) -> Image.Image:
    image = _resize(flatten(decode(control.picture)), size)
    if not control.preprocess:
        return image
    # In context any kind of control image is understood; edges are what can be made without weights.
    return preprocess(CANNY if control.kind == CONTEXT else control.kind, image, {})


def _arrange_regions(job: Job, size: Size) -> dict[str, Any]:
    if not job.regions:
        return {}
    drawn = [spread(region.stencil.draw(size), size, _LATENT_PX) for region in job.regions]
    return {
        "eligen_entity_prompts": [region.prompt for region in job.regions],
        "eligen_entity_masks": [compatibility.to_mask(Image.fromarray(coverage)) for coverage in drawn],
        "eligen_enable_on_negative": job.regions_on_negative,
    }


def _resize(image: Image.Image, size: Size) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)
