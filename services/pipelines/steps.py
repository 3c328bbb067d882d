"""What happens between two denoising steps in diffusers: resume, preview, checkpoint."""

# pyright: standard
# Torch code: diffusers is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import safetensors.torch
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from numpy.typing import NDArray
from safetensors import SafetensorError

from limner.progress.v1.progress_pb2 import Checkpoint

OnStep = Callable[[int, torch.Tensor], None]
Encode = Callable[[torch.Tensor], torch.Tensor]

_LATENTS, _CACHE = "latents", "cache."


class ResumableScheduler(FlowMatchEulerDiscreteScheduler):
    """The stock scheduler, able to begin at a later step of the same schedule.

    With `skip` steps dropped and the latents of that step given, the image equals the undisturbed one bit
    for bit. `on_estimate(steps_done, x0)` receives the current estimate of the clean latents, (1, n, 64).
    """

    skip: int = 0
    on_estimate: OnStep | None = None

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: Any = None,
        sigmas: list[float] | None = None,
        mu: float | None = None,
        timesteps: list[float] | None = None,
    ) -> None:
        """Computes the whole schedule, then drops what is done. The signature is inspected by diffusers."""
        super().set_timesteps(num_inference_steps, device, sigmas, mu, timesteps)
        self.timesteps = self.timesteps[self.skip :]
        self.sigmas = self.sigmas[self.skip :]

    def step(self, model_output: Any, timestep: Any, sample: Any, *args: Any, **kwargs: Any) -> Any:
        """Takes one Euler step and shows the clean estimate x0 = x - sigma·v on the way."""
        if self.step_index is None:
            self._init_step_index(timestep)
        index = self.step_index
        assert index is not None
        if self.on_estimate is not None:
            self.on_estimate(self.skip + index + 1, sample - self.sigmas[index] * model_output)
        return super().step(model_output, timestep, sample, *args, **kwargs)


def schedule_few_steps(config: Mapping[str, Any]) -> ResumableScheduler:
    """Returns a model's scheduler with the noise levels that Lightning's weights were trained at."""
    shift = math.log(3)
    scheduler: Any = ResumableScheduler.from_config(
        dict(config), base_shift=shift, max_shift=shift, shift_terminal=None
    )
    return scheduler


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where a job goes on: with which image, after how many of its steps, and with which tensors."""

    image_index: int = 0
    step: int = 0
    latents: torch.Tensor | None = None
    forecast: Mapping[str, torch.Tensor] = field(default_factory=dict[str, torch.Tensor])


def pack_latents(latents: torch.Tensor, forecast: Mapping[str, torch.Tensor] | None = None) -> bytes:
    """Serialises latents exactly, with what `Forecast.pack` gave."""
    kept = {f"{_CACHE}{name}": tensor for name, tensor in (forecast or {}).items()}
    tensors = {_LATENTS: latents, **kept}
    return safetensors.torch.save({name: tensor.contiguous().cpu() for name, tensor in tensors.items()})


def resume_point(checkpoint: Checkpoint | None, fingerprint: str) -> ResumePoint:
    """Returns where to go on; at the first step of an image whose latents do not fit."""
    if checkpoint is None:
        return ResumePoint()
    if not checkpoint.latents or checkpoint.fingerprint != fingerprint:
        return ResumePoint(checkpoint.image_index)
    try:
        tensors = safetensors.torch.load(checkpoint.latents)
        latents = tensors.pop(_LATENTS)
    except (SafetensorError, KeyError):
        # Torn on its way: the image is painted from its first step.
        return ResumePoint(checkpoint.image_index)
    kept = {name.removeprefix(_CACHE): tensor for name, tensor in tensors.items()}
    return ResumePoint(checkpoint.image_index, checkpoint.step, latents, kept)


class LatentColours:
    """A linear map from 16-channel latents to RGB, fitted to this very VAE.

    Fitted by least squares on one encoded patchwork of random colours, so it holds for any VAE of the family.
    """

    def __init__(self, weights: NDArray[np.float32]) -> None:
        self._weights = weights  # (17, 3): sixteen channels and a bias

    @classmethod
    def fit(cls, encode: Encode, dtype: torch.dtype, device: torch.device) -> LatentColours:
        """Encodes a 256×256 patchwork of 32-pixel squares; takes well under a second on two cores."""
        rng = np.random.default_rng(0)
        patches = rng.random((8, 8, 3), dtype=np.float32)
        patches[0, :2] = [[0, 0, 0], [1, 1, 1]]
        picture = patches.repeat(32, axis=0).repeat(32, axis=1)
        with torch.no_grad():
            latents = encode(torch.from_numpy(picture * 2 - 1).permute(2, 0, 1)[None].to(device, dtype))
        features = latents[0].permute(1, 2, 0).float().cpu().numpy()
        targets = picture[4::8, 4::8]
        # The middle of each patch: its border latents mix two colours.
        inner = np.zeros((32, 32), dtype=bool)
        inner[1::4, 1::4] = inner[2::4, 2::4] = inner[1::4, 2::4] = inner[2::4, 1::4] = True
        rows = np.concatenate([features[inner], np.ones((int(inner.sum()), 1), np.float32)], axis=1)
        # A little ridge: 17 unknowns from 256 samples that span few dimensions.
        gram = rows.T @ rows + 1e-3 * np.eye(rows.shape[1], dtype=np.float32)
        return cls(np.linalg.solve(gram, rows.T @ targets[inner]).astype(np.float32))

    def paint(self, packed: torch.Tensor, width_px: int, height_px: int) -> NDArray[np.float32]:
        """Returns (h/8, w/8, 3) in about [0, 1] from latents: packed (1, n, 64) or (1, 16, h/8, w/8)."""
        if packed.dim() == 4:
            return packed[0].permute(1, 2, 0).float().cpu().numpy() @ self._weights[:16] + self._weights[16]
        rows, columns = height_px // 16, width_px // 16
        grid = packed[0].float().cpu().numpy().reshape(rows, columns, 16, 2, 2)
        features = grid.transpose(0, 3, 1, 4, 2).reshape(rows * 2, columns * 2, 16)
        return features @ self._weights[:16] + self._weights[16]


def encode_frame(vae: Any, picture: torch.Tensor) -> torch.Tensor:
    """Encodes a picture (1, 3, h, w in [-1, 1]) with diffusers: normalised latents (1, 16, h/8, w/8)."""
    latents = vae.encode(picture[:, :, None]).latent_dist.mode()
    shape = (1, vae.config.z_dim, 1, 1, 1)
    mean = torch.tensor(vae.config.latents_mean, device=latents.device, dtype=latents.dtype).view(shape)
    std = torch.tensor(vae.config.latents_std, device=latents.device, dtype=latents.dtype).view(shape)
    return ((latents - mean) / std)[:, :, 0]
