"""What can be wrong with the settings that every generating request has."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeAlias

from limner.edit.v1 import edit_pb2
from limner.failure import Violation
from limner.models.recipe import QUALITIES
from limner.models.tiers import explain_choice, is_choice
from limner.t2i.v1 import t2i_pb2
from services.pipelines.catalogue import Limits

PROMPT_MAX_CHARS = 2000
STEPS_MIN, STEPS_MAX = 2, 100  # One step divides by zero in the standard schedule (DiffSynth and diffusers).
GUIDANCE_MIN, GUIDANCE_MAX = 1.0, 20.0
SEEDS_MAX = 16
SEED_LIMIT = 2**53  # The largest integer that survives JSON in a browser.
METADATA_MAX_BYTES = 64 * 1024

_PRIORITY_HIGHEST = 3  # In every contract: background, normal, interactive.
# As https://www.w3.org/TR/png-3/#11keywords has it.
_PNG_KEYWORD = re.compile(r"(?! )(?!.*  )[ -~\xa1-\xff]{1,79}(?<! )")


# Two messages with the same fields.
Settings: TypeAlias = t2i_pb2.GenerateImagesRequest | edit_pb2.Settings


def find_faults(
    settings: Settings,
    limits: Limits,
    name: str,
    *,
    prefix: str = "",
    images_per_seed: int = 1,
    usual_steps: int | None = None,
) -> list[Violation]:
    """Returns what is wrong with `settings` for the model of that name; fields are called `prefix` + name."""
    found = [violation for check in _CHECKS for violation in check(settings)]
    found += _check_resume_point(settings, usual_steps or limits.default_steps, images_per_seed)
    found += _check_size(settings, limits, name)
    return [Violation(f"{prefix}{each.field}", each.description) for each in found] if prefix else found


Check = Callable[[Settings], list[Violation]]


def _check_text(settings: Settings) -> list[Violation]:
    found: list[Violation] = []
    if not settings.prompt.strip():
        found.append(Violation("prompt", "prompt is empty; say what the picture shows."))
    for field, text in (("prompt", settings.prompt), ("negative_prompt", settings.negative_prompt)):
        if len(text) > PROMPT_MAX_CHARS:
            fault = f"{field} has {len(text)} characters; at most {PROMPT_MAX_CHARS} are allowed."
            found.append(Violation(field, fault))
    if len(settings.request_id) > 64:
        found.append(Violation("request_id", "request_id is longer than 64 characters; use a UUID."))
    return found


def _check_metadata(settings: Settings) -> list[Violation]:
    metadata = settings.metadata
    metadata_bytes = sum(len(k.encode()) + len(v.encode()) for k, v in metadata.items())
    if metadata_bytes > METADATA_MAX_BYTES or len(metadata) > 64:
        return [Violation("metadata", "metadata is larger than 64 keys or 64 KiB; leave something out.")]
    wrong = next((key for key in metadata if not _PNG_KEYWORD.fullmatch(key)), None)
    if wrong is None:
        return []
    text = "a PNG's keywords have 1 to 79 printable Latin-1 characters, with single spaces only inside."
    return [Violation("metadata", f"metadata has the key {wrong[:100]!r}; {text}")]


def _check_numbers(settings: Settings) -> list[Violation]:
    found: list[Violation] = []
    if settings.HasField("steps") and not STEPS_MIN <= settings.steps <= STEPS_MAX:
        found.append(Violation("steps", f"steps is {settings.steps}; use {STEPS_MIN} to {STEPS_MAX}."))
    scale = settings.guidance_scale
    # `not a <= x <= b` also refuses NaN.
    if settings.HasField("guidance_scale") and not (
        math.isfinite(scale) and GUIDANCE_MIN <= scale <= GUIDANCE_MAX
    ):
        text = f"guidance_scale is {scale}; use {GUIDANCE_MIN:g} (no guidance) to {GUIDANCE_MAX:g}."
        found.append(Violation("guidance_scale", text))
    return found


def _check_seeds(settings: Settings) -> list[Violation]:
    seeds = settings.seeds
    found: list[Violation] = []
    if len(seeds) > SEEDS_MAX:
        found.append(Violation("seeds", f"seeds has {len(seeds)} entries; at most {SEEDS_MAX} a call."))
    for index, seed in enumerate(seeds[:SEEDS_MAX]):
        if not 0 <= seed < SEED_LIMIT:
            found.append(Violation(f"seeds[{index}]", f"seeds[{index}] is {seed}; use 0 to 2^53 - 1."))
    return found


def _check_order(settings: Settings) -> list[Violation]:
    if settings.priority in range(_PRIORITY_HIGHEST + 1):
        return []
    text = f"priority is {settings.priority}; use 1 (background), 2 (normal) or 3 (interactive)."
    return [Violation("priority", text)]


def _check_quality(settings: Settings) -> list[Violation]:
    if settings.quality in {"", *QUALITIES}:
        return []
    text = f"quality is {settings.quality[:100]!r}; use {', '.join(QUALITIES[:-1])} or {QUALITIES[-1]}."
    return [Violation("quality", text)]


def _check_tier(settings: Settings) -> list[Violation]:
    if is_choice(settings.tier):
        return []
    return [Violation("tier", f"tier {explain_choice(settings.tier[:100])}.")]


_CHECKS: tuple[Check, ...] = (
    _check_text,
    _check_metadata,
    _check_numbers,
    _check_seeds,
    _check_order,
    _check_quality,
    _check_tier,
)


def _check_resume_point(settings: Settings, usual_steps: int, images_per_seed: int) -> list[Violation]:
    if not settings.HasField("resume_from"):
        return []
    point, steps = settings.resume_from, settings.steps if settings.HasField("steps") else usual_steps
    # Past the last image is where a job goes on that has all of them.
    image_count = max(1, len(settings.seeds)) * images_per_seed
    places = (("image_index", point.image_index, image_count), ("step", point.step, steps - 1))
    text = "send a checkpoint of this very request."
    return [
        Violation(f"resume_from.{name}", f"resume_from.{name} is {place}, not in 0 to {last}; {text}")
        for name, place, last in places
        if not 0 <= place <= last
    ]


def _check_size(settings: Settings, limits: Limits, name: str) -> list[Violation]:
    if not settings.HasField("size"):
        return []
    sides = (("size.width", settings.size.width), ("size.height", settings.size.height))
    return [
        Violation(field, text) for field, side in sides if (text := _side_fault(field, side, limits, name))
    ]


def _side_fault(field: str, side_px: int, limits: Limits, name: str) -> str:
    multiple = limits.size_multiple_px
    if not limits.min_side_px <= side_px <= limits.max_side_px:
        low, high = limits.min_side_px, limits.max_side_px
        return f"{field} is {side_px}; {name} paints {low} to {high} pixels a side."
    if side_px % multiple:
        near = max(limits.min_side_px, round(side_px / multiple) * multiple)
        return f"{field} is {side_px}; it must be a multiple of {multiple} (try {near})."
    return ""
