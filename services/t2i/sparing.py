"""Lets diffusers' transformer be spared the steps that are forecast."""

# pyright: standard
# Torch code: diffusers is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

from typing import Any, cast

import torch
from diffusers.hooks.hooks import BaseState, HookRegistry, ModelHook, StateManager

from services.pipelines.forecast import Forecast

_NAME = "limner_forecast"


def spare_steps(transformer: torch.nn.Module) -> Forecast:
    """Returns what decides, step by step, whether `transformer` computes."""
    forecast = Forecast()
    HookRegistry.check_if_exists_or_initialize(transformer).register_hook(_Sparing(forecast), _NAME)
    return forecast


class _Sparing(ModelHook):
    """Stands before the whole transformer.

    `enable_cache` hooks each of its blocks, whose weights the lower tiers would bring for nothing, and what
    it remembers of a step cannot go into a checkpoint (docs/decisions/0016).
    """

    # Only such hooks hear which branch of guidance is computed.
    _is_stateful = True

    def __init__(self, forecast: Forecast) -> None:
        super().__init__()
        self._forecast = forecast
        self.branches = StateManager(cast("Any", BaseState))

    def new_forward(self, module: torch.nn.Module, *args: Any, **kwargs: Any) -> tuple[torch.Tensor]:
        """Computes or forecasts; the pipelines ask for a tuple."""
        compute: Any = self.fn_ref.original_forward
        latents, branch = kwargs["hidden_states"], self.branches.context.name
        return (self._forecast.velocity(branch, latents, lambda: compute(*args, **kwargs)[0]),)

    def reset_state(self, module: torch.nn.Module) -> torch.nn.Module:
        """Does nothing: each picture begins anew."""
        return module
