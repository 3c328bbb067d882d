"""What every generating request says: one frozen value, checked, with every default filled in."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from limner.edit.v1 import edit_pb2
from limner.failure import Violation
from limner.t2i.v1 import t2i_pb2
from services.pipelines.catalogue import Catalogue, Limits, Model
from services.rpc.errors import InvalidFields

PROMPT_MAX_CHARS = 2000
STEPS_MIN, STEPS_MAX = 2, 100  # One step divides by zero in the standard schedule (DiffSynth and diffusers).
GUIDANCE_MIN, GUIDANCE_MAX = 1.0, 20.0
SEEDS_MAX = 16
SEED_LIMIT = 2**53  # The largest integer that survives JSON in a browser.
METADATA_MAX_BYTES = 64 * 1024

_PRIORITY_NORMAL = 2  # Of the three in every contract: background, normal, interactive.


# Two messages with the same fields.
Settings: TypeAlias = t2i_pb2.GenerateImagesRequest | edit_pb2.Settings


@dataclass(frozen=True, slots=True)
class Brief:
    """What to paint, how large, how, and how often."""

    request_id: str
    prompt: str
    negative_prompt: str
    width_px: int
    height_px: int
    steps: int
    guidance_scale: float
    seeds: tuple[int, ...]  # never empty
    model: Model
    priority: int  # as limner.arbiter.v1.Acquire.priority
    metadata: tuple[tuple[str, str], ...]

    def fingerprint(self, tier: str, library_versions: Mapping[str, str], *inputs: object) -> str:
        """Names everything that decides the pixels: a checkpoint of another fingerprint is of no use."""
        parts = [
            self.prompt,
            self.negative_prompt,
            self.width_px,
            self.height_px,
            self.steps,
            self.guidance_scale,
            self.seeds,
            self.model.name,
            self.model.revision,
            tier,
            dict(library_versions),
            *inputs,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def find_faults(settings: Settings, limits: Limits, name: str, prefix: str = "") -> list[Violation]:
    """Returns what is wrong with `settings` for the model of that name; fields are called `prefix` + name."""
    found = [violation for check in _CHECKS for violation in check(settings)]
    found += _check_size(settings, limits, name)
    return [Violation(f"{prefix}{each.field}", each.description) for each in found] if prefix else found


def to_brief(settings: Settings, catalogue: Catalogue) -> Brief:
    """Checks `settings` and fills in the model's defaults.

    Raises ModelNotFound, or InvalidFields with every wrong field at once.
    """
    model = catalogue.find(settings.model)
    if violations := find_faults(settings, model.limits, model.name):
        raise InvalidFields(violations)
    return fill_in(settings, model)


def fill_in(
    settings: Settings,
    model: Model,
    usual_size_px: tuple[int, int] | None = None,
    usual_guidance_scale: float | None = None,
) -> Brief:
    """Returns faultless `settings` with the model's defaults, of which two may be others."""
    limits = model.limits
    guidance_scale = usual_guidance_scale or limits.default_guidance_scale
    width_px, height_px = usual_size_px or (limits.native_width_px, limits.native_height_px)
    return Brief(
        request_id=settings.request_id or uuid.uuid4().hex,
        prompt=settings.prompt,
        negative_prompt=settings.negative_prompt,
        width_px=settings.size.width or width_px,
        height_px=settings.size.height or height_px,
        steps=settings.steps if settings.HasField("steps") else limits.default_steps,
        guidance_scale=settings.guidance_scale if settings.HasField("guidance_scale") else guidance_scale,
        seeds=tuple(settings.seeds) or (secrets.randbelow(SEED_LIMIT),),
        model=model,
        priority=settings.priority or _PRIORITY_NORMAL,
        metadata=tuple(sorted(settings.metadata.items())),
    )


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
    metadata_bytes = sum(len(k) + len(v) for k, v in settings.metadata.items())
    if metadata_bytes > METADATA_MAX_BYTES or len(settings.metadata) > 64:
        found.append(Violation("metadata", "metadata is larger than 64 keys or 64 KiB; leave something out."))
    return found


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


_CHECKS: tuple[Check, ...] = (_check_text, _check_numbers, _check_seeds)


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
