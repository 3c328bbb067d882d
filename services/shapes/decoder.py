"""Trains the decoder further behind a frozen encoder: sharper pictures, and latents stay what they were."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from diffusers import AutoencoderKLQwenImage
from torch import nn

from services.pipelines.frame import hasten
from services.shapes.autoencoder import NOISE, crops
from services.shapes.loop import Trainee, fit

LEARNING_RATE = 3e-4
# Whole scenes: the decoder's attention sees what it will see in use.
CROPS = ((128, 3), (96, 5))


class Decoder(nn.Module):
    """The half of an autoencoder that turns latents into pixels; it shares the autoencoder's modules."""

    def __init__(self, vae: AutoencoderKLQwenImage) -> None:
        super().__init__()
        self.post_quant_conv, self.decoder = vae.post_quant_conv, vae.decoder

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Paints latents (n, 16, 1, h, w) as (n, 3, 1, 8h, 8w)."""
        return self.decoder(self.post_quant_conv(latents))


def train_decoder(
    vae: AutoencoderKLQwenImage, folder: Path, steps: int, seed: int = 1
) -> AutoencoderKLQwenImage:
    """Trains, or goes on training, the decoder of a trained autoencoder and returns it, averaged."""
    model = Decoder(hasten(vae))
    average = Decoder(hasten(copy.deepcopy(vae)))
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=0.01)

    def step(index: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        pixels, weight = crops(index, seed, CROPS)
        with torch.no_grad():
            latents = vae.quant_conv(vae.encoder(pixels))[:, :16]
            latents += NOISE * torch.randn(latents.shape, generator=generator)
        error = (model(latents) - pixels).abs()
        return {"loss": (error * weight).mean() / weight.mean(), "l1": error.mean()}

    fit("decoder", Trainee(model, average, optimizer), step, steps, LEARNING_RATE, folder, seed=seed)
    model.load_state_dict(average.state_dict())
    return vae.eval()
