"""Spares the transformer some steps: what it would say there is extrapolated from what it said before."""

# pyright: standard
# Torch code: diffusers is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from diffusers.hooks.taylorseer_cache import TaylorSeerState

from limner.models.recipe import StepCache

_STEP = "step"
# In less, differences between steps would lose half of their digits.
_PRECISION = torch.float32


class Forecast:
    """The velocities of one picture: computed at some steps, and elsewhere extrapolated (TaylorSeer).

    `velocity` is asked at every step, once for each of its branches (with guidance there are two);
    `advance` ends a step. With what `pack` gave, a later run goes on to the same velocities bit for bit.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(
        self,
        cache: StepCache | None = None,
        steps: int = 0,
        first: int = 0,
        saved: Mapping[str, torch.Tensor] | None = None,
    ) -> None:
        """Forgets the picture before, and lets the next begin at step `first` of `steps`."""
        self._cache, self._steps, self._step = cache, steps, first
        self._branches: dict[str, TaylorSeerState] = {}
        for name, tensor in (saved or {}).items():
            branch, _, order = name.partition(".")
            state = self._branch(branch)
            if order == _STEP:
                state.last_update_step = int(tensor)
            else:
                state.taylor_factors.setdefault(0, {})[int(order)] = tensor

    def advance(self) -> None:
        """Ends a step."""
        self._step += 1

    def velocity(
        self, branch: str, latents: torch.Tensor, compute: Callable[[], torch.Tensor]
    ) -> torch.Tensor:
        """Returns what `compute` makes of `latents`, or would."""
        if self._cache is None:
            return compute()
        state = self._branch(branch)
        state.current_step = self._step
        if state.last_update_step is None or self._cache.computes(self._step, self._steps):
            computed = compute()
            state.update((computed.to(_PRECISION),))
            return computed
        factors = state.taylor_factors[0]
        state.taylor_factors[0] = {order: factor.to(latents.device) for order, factor in factors.items()}
        # Annotated as what its decorator takes, not as what it returns.
        return cast("Any", state).predict()[0].to(latents.dtype)

    def pack(self) -> dict[str, torch.Tensor]:
        """Returns what the steps to come need of those that were computed."""
        packed: dict[str, torch.Tensor] = {}
        for branch, state in self._branches.items():
            if state.last_update_step is not None:
                packed[f"{branch}.{_STEP}"] = torch.tensor(state.last_update_step)
                packed |= {f"{branch}.{order}": factor for order, factor in state.taylor_factors[0].items()}
        return packed

    def _branch(self, name: str) -> TaylorSeerState:
        if name not in self._branches:
            order = self._cache.order if self._cache is not None else 0
            state = TaylorSeerState(_PRECISION, order)
            # Otherwise learnt at the first update, which a later run may not see.
            state.module_dtypes = (_PRECISION,)
            self._branches[name] = state
        return self._branches[name]
