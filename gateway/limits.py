"""Checks a request against its model and fills in what was left out. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.schemas import MAX_SEED, FieldProblem, Model, TextToImageRequest


class Refused(Exception):
    """The request cannot be done as it is; `problems` name each field, its value and the fix."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


def check_text(request: TextToImageRequest) -> None:
    """Raises Refused for what no model could do."""
    problems = [
        *_check_characters("prompt", request.prompt),
        *_check_characters("negative_prompt", request.negative_prompt),
    ]
    if not request.prompt.strip():
        problems.append(_problem("prompt", request.prompt, "prompt is blank; say what to paint."))
    if request.seed is not None and request.seed + request.count - 1 > MAX_SEED:
        largest = MAX_SEED - request.count + 1
        text = f"seed {request.seed} leaves no room for {request.count} images; take at most {largest}."
        problems.append(_problem("seed", request.seed, text))
    if problems:
        raise Refused(problems)


def fill_in(request: TextToImageRequest, models: Sequence[Model]) -> TextToImageRequest:
    """Returns `request` with its model's defaults; raises Refused where it is outside the model's limits."""
    model = _find(request.model, models)
    whole = request.model_copy(
        update={
            "model": model.name,
            "width": model.width if request.width is None else request.width,
            "height": model.height if request.height is None else request.height,
            "steps": model.default_steps if request.steps is None else request.steps,
            "guidance_scale": (
                model.default_guidance_scale if request.guidance_scale is None else request.guidance_scale
            ),
        }
    )
    problems = [*_check_side("width", whole.width, model), *_check_side("height", whole.height, model)]
    if problems:
        raise Refused(problems)
    return whole


def multiples_beside(value: int, multiple: int, lowest: int, highest: int) -> str:
    """Returns the allowed values next to `value`, in words."""
    below = max(min(value // multiple * multiple, highest), lowest)
    above = min(max(-(-value // multiple) * multiple, lowest), highest)
    return f"{below}" if below == above else f"{below} or {above}"


def _find(name: str | None, models: Sequence[Model]) -> Model:
    for model in models:
        if name is None or model.name == name:
            return model
    known = ", ".join(model.name for model in models) or "none"
    raise Refused([_problem("model", name, f"There is no model named {name!r}; known: {known}.")])


def _check_side(field: str, value: int | None, model: Model) -> list[FieldProblem]:
    assert value is not None, "defaults are filled in first"
    lowest, highest, multiple = model.min_side_px, model.max_side_px, model.size_multiple_px
    if lowest <= value <= highest and value % multiple == 0:
        return []
    fix = multiples_beside(value, multiple, lowest, highest)
    allowed = f"multiples of {multiple} from {lowest} to {highest}"
    text = f"{field} is {value}; {model.name} takes {allowed} (try {fix})."
    return [_problem(field, value, text)]


def _check_characters(field: str, text: str) -> list[FieldProblem]:
    # PNG texts end at a NUL, and Postgres stores none; other control characters mean nothing to a model.
    odd = sorted({character for character in text if ord(character) < 32 and character not in "\n\r\t"})
    if not odd:
        return []
    names = ", ".join(f"U+{ord(character):04X}" for character in odd)
    return [_problem(field, text, f"{field} contains the control character {names}; remove it.")]


def _problem(field: str, value: object, message: str) -> FieldProblem:
    text = value if isinstance(value, str) else repr(value)
    return FieldProblem(field=field, value=text[:100].encode("utf-8", "replace").decode(), message=message)
