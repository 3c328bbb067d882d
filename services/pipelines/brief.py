"""What every generating request says: one frozen value, checked, with every default filled in."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from limner.models.entry import Mode
from limner.models.recipe import StepCache, count_computed, pick
from limner.models.tiers import AUTO
from services.pipelines.catalogue import Catalogue, Model
from services.pipelines.faults import SEED_LIMIT, Settings, find_faults
from services.pipelines.loras import Choice
from services.pipelines.recipes import recipes_of, usual_steps
from services.rpc.errors import InvalidFields

_PRIORITY_NORMAL = 2  # Of the three in every contract: background, normal, interactive.


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
    quality: str = Mode.NORMAL.value
    cache: StepCache | None = None  # which steps are spared
    adapter: str = ""  # of few steps; empty: none
    tier: str = AUTO  # or the only one to run in
    loras: tuple[Choice, ...] = ()

    @property
    def computed_steps(self) -> int:
        """How many of the steps the transformer computes."""
        return count_computed(self.cache, self.steps)

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
            self.quality,
            [self.cache.interval, self.cache.order, self.cache.lead, self.cache.tail] if self.cache else [],
            self.adapter,
            [[lora.name, lora.weight] for lora in self.loras],
            dict(library_versions),
            *inputs,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def to_brief(settings: Settings, catalogue: Catalogue) -> Brief:
    """Checks `settings` and fills in the model's defaults.

    Raises ModelNotFound, or InvalidFields with every wrong field at once.
    """
    model = catalogue.find(settings.model)
    usual = usual_steps(model, settings.quality)
    if violations := find_faults(settings, model.limits, model.name, usual_steps=usual):
        raise InvalidFields(violations)
    return fill_in(settings, model)


def fill_in(
    settings: Settings,
    model: Model,
    usual_size_px: tuple[int, int] | None = None,
    *,
    is_instruction: bool = False,
    is_spared: bool = True,
) -> Brief:
    """Returns faultless `settings` with the defaults of the model's recipe; the size may be another.

    Who cannot leave out steps or take up an adapter says so by `is_spared`.
    """
    limits, recipe = model.limits, pick(recipes_of(model, is_spared=is_spared), settings.quality)
    guidance_scale = recipe.edit_guidance_scale if is_instruction else recipe.guidance_scale
    width_px, height_px = usual_size_px or (limits.native_width_px, limits.native_height_px)
    return Brief(
        request_id=settings.request_id or uuid.uuid4().hex,
        prompt=settings.prompt,
        negative_prompt=settings.negative_prompt,
        width_px=settings.size.width or width_px,
        height_px=settings.size.height or height_px,
        steps=settings.steps if settings.HasField("steps") else recipe.steps,
        guidance_scale=settings.guidance_scale if settings.HasField("guidance_scale") else guidance_scale,
        seeds=tuple(settings.seeds) or (secrets.randbelow(SEED_LIMIT),),
        model=model,
        priority=settings.priority or _PRIORITY_NORMAL,
        metadata=tuple(sorted(settings.metadata.items())),
        quality=recipe.mode.value,
        cache=recipe.cache,
        adapter=recipe.adapter,
        tier=settings.tier or AUTO,
    )
