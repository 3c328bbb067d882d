"""In which tier each model would run on a device, and why not in a better one, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from limner.models import profiles as known
from limner.models.activations import Shape
from limner.models.device import DeviceFacts
from limner.models.entry import Tier
from limner.models.planner import TierPlan, choose, plan
from limner.models.profiles import Profiles
from limner.models.sizes import Sizes
from limner.models.tiers import TIERS


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model about which somebody asks."""

    name: str
    title: str
    is_present: bool  # False: not downloaded
    width_px: int  # native
    height_px: int
    sizes: Sizes | None  # None: how large it is is not known
    tiers: tuple[Tier, ...] = TIERS


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a model would do on one device."""

    name: str
    title: str
    is_present: bool
    tier: Tier | None  # None: none fits, or its size is not known
    sentence: str  # names the tier and what is in the way of better ones
    plans: tuple[TierPlan, ...]  # best first


def foresee(candidate: Candidate, device: DeviceFacts, profiles: Profiles = known.NONE) -> Outlook:
    """Returns what the model would do at its own size, while nobody else uses the device."""
    if candidate.sizes is None:
        sentence = f"{candidate.title}: its size is not known before it is downloaded."
        return _outlook(candidate, None, sentence, ())
    shape = Shape(candidate.width_px, candidate.height_px)
    plans = plan(candidate.sizes, device, shape, profiles, candidate.tiers)
    chosen = choose(plans)
    if chosen is None:
        return _outlook(candidate, None, f"{candidate.title}: does not run. {_list(plans)}", plans)
    better = plans[: plans.index(chosen)]
    sentence = f"{candidate.title}: {chosen.tier}. {_list([*better, chosen])}"
    if not candidate.sizes.from_files:
        sentence += " Computed from published sizes."
    if chosen.step_s is not None:
        sentence += f" Measured here: {chosen.step_s:.3g} s a step."
    return _outlook(candidate, chosen.tier, sentence, plans)


def _list(plans: Iterable[TierPlan]) -> str:
    """Returns the reasons as one sentence; each begins with the name of its tier."""
    return "; ".join(each.reason for each in plans) + "."


def _outlook(candidate: Candidate, tier: Tier | None, sentence: str, plans: tuple[TierPlan, ...]) -> Outlook:
    return Outlook(candidate.name, candidate.title, candidate.is_present, tier, sentence, plans)
