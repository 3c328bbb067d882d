"""What a pipeline will need, from file headers and formulas: priors, until peaks have been measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from limner.models.activations import Shape
from limner.models.catalogue import find_entry
from limner.models.demands import CONTEXT_BYTES, demand
from limner.models.demands import Demand as Tiered
from limner.models.entry import Tier
from limner.models.sizes import Sizes
from limner.models.tiers import AUTO, CHARACTERS, TIERS
from services.pipelines.catalogue import Model
from services.pipelines.leases import Demand
from services.pipelines.need import Need

# Small tensors and the allocator's own: of no account beside a real model.
_MARGIN_BYTES = 64 * 2**20


def need_of(model: Model, profile: str, sizes: Sizes, shape: Shape, priority: int, tier: str = AUTO) -> Need:
    """Returns what a job of that shape takes in each tier, or the one named, for each of its budgets.

    Peaks are learnt under `profile`, which names model, revision and size.
    """
    chosen = [each for each in tiers_of(model) if tier in {AUTO, each}]
    on_host, on_card = (
        tuple(
            each
            for its_tier in chosen
            for each in _demands(profile, demand(sizes, its_tier, shape, on_card=is_card))
        )
        for is_card in (False, True)
    )
    return Need(model.name, on_host, priority, on_card, kind=profile, is_named=tier != AUTO)


def tiers_of(model: Model) -> tuple[Tier, ...]:
    """Returns the tiers in which a model runs, best first."""
    entry = find_entry(model.name)
    offered = frozenset(entry.tiers if entry is not None and entry.tiers else TIERS)
    return tuple(tier for tier in TIERS if tier in offered)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Sizes that one lease serves: what is charged for, and the name under which that is learnt."""

    width_px: int
    height_px: int

    @classmethod
    def of(cls, model: Model, width_px: int, height_px: int) -> Bucket:
        """Returns that of a picture: at least the native size, so that one lease serves the usual jobs."""
        limits = model.limits
        if width_px * height_px < limits.native_width_px * limits.native_height_px:
            return cls(limits.native_width_px, limits.native_height_px)
        return cls(width_px, height_px)


def _demands(profile: str, needed: Tiered) -> Iterator[Demand]:
    budgets_bytes = needed.budgets_bytes()
    character = CHARACTERS[needed.tier]
    for step, budget_bytes in enumerate(budgets_bytes):
        working_bytes = needed.working_bytes(budget_bytes)
        # With less a stage that holds few weights would take more beyond them than is granted.
        least_bytes = min(b for b in budgets_bytes if needed.working_bytes(b) <= working_bytes)
        is_all = budget_bytes == needed.resident_max_bytes or needed.tier is Tier.STREAM
        share = 1 - budget_bytes / needed.resident_max_bytes
        yield Demand(
            tier=needed.tier,
            profile=f"{profile}:{needed.tier}" + (f":{step}" if step else ""),
            resident_bytes=budget_bytes,
            working_bytes=working_bytes + _MARGIN_BYTES,
            load_extra_bytes=needed.load_extra_bytes,
            context_bytes=CONTEXT_BYTES,
            budget_bytes=0 if is_all else budget_bytes,
            resident_min_bytes=least_bytes if least_bytes < budget_bytes else 0,
            resident_max_bytes=_growth_limit(needed, budget_bytes),
            quality_loss=character.quality_loss,
            slowdown=1 + (character.slowdown - 1) * (share if character.is_staged else 1 + share),
        )


def _growth_limit(needed: Tiered, budget_bytes: int) -> int:
    """Returns with how much a live pipeline runs faster; 0 where it has that."""
    is_elastic = CHARACTERS[needed.tier].is_staged and needed.tier is not Tier.STREAM
    return needed.resident_max_bytes if is_elastic and budget_bytes < needed.resident_max_bytes else 0
