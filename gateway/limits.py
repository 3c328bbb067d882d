"""Checks a request against its model and fills in what was left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from gateway import tiled
from gateway.refusals import Refused, check_multiple, problem
from gateway.requests import (
    MAX_SEED,
    ControlNetRequest,
    GenerateRequest,
    ImageEditRequest,
    LayersRequest,
    TextToImageRequest,
    TiledRequest,
)
from gateway.schemas import FieldProblem, Model

Request = TypeVar("Request", bound=GenerateRequest)


def check_form(request: GenerateRequest) -> None:
    """Raises Refused for what no model could do."""
    texts = {"prompt": request.prompt, "negative_prompt": request.negative_prompt}
    if isinstance(request, (ImageEditRequest, ControlNetRequest, TiledRequest)):
        texts |= {f"entities.{i}.prompt": each.prompt for i, each in enumerate(request.entities)}
    problems = [problem for field, text in texts.items() for problem in _check_characters(field, text)]
    may_be_blank = {"negative_prompt"}
    if isinstance(request, TiledRequest):
        problems += tiled.check_form(request)
        may_be_blank |= {"prompt"} if request.image is not None else set()
    blank = [field for field, text in texts.items() if field not in may_be_blank and not text.strip()]
    problems += [problem(field, texts[field], f"{field} is blank; say what to paint.") for field in blank]
    if request.seed is not None and request.seed + request.count - 1 > MAX_SEED:
        largest = MAX_SEED - request.count + 1
        text = f"seed {request.seed} leaves no room for {request.count} images; take at most {largest}."
        problems.append(problem("seed", request.seed, text))
    if problems:
        raise Refused(problems)


def fill_in(request: Request, models: Sequence[Model]) -> Request:
    """Returns `request` with its model's defaults; raises Refused where it is outside the model's limits.

    The size of a picture that is made from others is left to the service, which goes by theirs.
    """
    needed = needs(request)
    model = _find(request.model, needed, models)
    steps, guidance_scale = _read_quality(request, model, is_instruction="edit" in needed.values())
    defaults: dict[str, object] = {"steps": steps, "guidance_scale": guidance_scale}
    if isinstance(request, TextToImageRequest):
        defaults |= {"width": model.width, "height": model.height}
    missing = {name: value for name, value in defaults.items() if getattr(request, name) is None}
    whole = request.model_copy(update={"model": model.name, **missing})
    bounds = model.min_side_px, model.max_side_px, model.size_multiple_px
    problems = [
        *check_multiple("width", whole.width, bounds, model.name),
        *check_multiple("height", whole.height, bounds, model.name),
    ]
    if isinstance(whole, TiledRequest):
        problems += tiled.check_tiles(whole, model)
    if whole.tier != "auto" and model.tiers and whole.tier not in model.tiers:
        text = f"tier is {whole.tier!r}; {model.name} runs in auto, {', '.join(model.tiers)}."
        problems.append(problem("tier", whole.tier, text))
    if (whole.width is None) != (whole.height is None):
        alone, other = ("width", "height") if whole.height is None else ("height", "width")
        text = f"{alone} is given without {other}; send both or neither."
        problems.append(problem(other, None, text))
    if problems:
        raise Refused(problems)
    return whole


def _read_quality(request: GenerateRequest, model: Model, *, is_instruction: bool) -> tuple[int, float]:
    """Returns the steps and the guidance that the quality asked for stands for."""
    preset = next((preset for preset in model.presets if preset.quality == request.quality), None)
    if preset is None:
        # A service of before there were qualities.
        scale = model.default_edit_guidance_scale if is_instruction else model.default_guidance_scale
        return model.default_steps, scale
    return preset.steps, preset.edit_guidance_scale if is_instruction else preset.guidance_scale


def needs(request: GenerateRequest) -> dict[str, str]:
    """Returns which feature of a model each field of a request asks for."""
    found: dict[str, str] = {}
    match request:
        case ImageEditRequest():
            if request.mask is not None:
                found["mask"] = "inpaint"
            elif request.outpaint is not None:
                found["outpaint"] = "outpaint"
            elif request.strength is not None:
                found["strength"] = "image_to_image"
            else:
                found["images"] = "edit"
        case ControlNetRequest():
            found |= {f"controls.{i}.kind": f"control.{each.kind}" for i, each in enumerate(request.controls)}
            if request.init_image is not None:
                found["init_image"] = "inpaint" if request.mask is not None else "image_to_image"
        case LayersRequest():
            found["image"] = "layers"
        case TiledRequest():
            found["prompt"] = "text_to_image"
            if request.control_scale:
                found["control_scale"] = "control.canny"
        case TextToImageRequest():
            found["prompt"] = "text_to_image"
        case _:
            pass
    if isinstance(request, (ImageEditRequest, ControlNetRequest)) and request.entities:
        found["entities"] = "entities"
    return found


def _find(name: str | None, needed: Mapping[str, str], models: Sequence[Model]) -> Model:
    named = [model for model in models if name is None or model.name == name]
    if not named:
        known = ", ".join(model.name for model in models) or "none"
        raise Refused([problem("model", name, f"There is no model named {name!r}; known: {known}.")])
    for model in named:
        if set(needed.values()) <= set(model.features):
            return model
    problems = [
        problem(field, feature, f"{field} asks for {feature}, which {_offers(named)}.")
        for field, feature in needed.items()
        if not any(feature in model.features for model in named)
    ]
    together = " and ".join(sorted(set(needed.values())))
    raise Refused(problems or [problem("model", name, f"No model does {together} together; ask for less.")])


def _offers(models: Sequence[Model]) -> str:
    if len(models) > 1:
        return "no installed model can do"
    return f"{models[0].name} cannot do; it can do {', '.join(models[0].features) or 'nothing'}"


def _check_characters(field: str, text: str) -> list[FieldProblem]:
    # PNG texts end at a NUL, and Postgres stores none; other control characters mean nothing to a model.
    odd = sorted({character for character in text if ord(character) < 32 and character not in "\n\r\t"})
    if not odd:
        return []
    names = ", ".join(f"U+{ord(character):04X}" for character in odd)
    return [problem(field, text, f"{field} contains the control character {names}; remove it.")]
