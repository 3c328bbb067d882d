"""Trains the autoencoder on crops of painted scenes; its latents get Qwen-Image's mean and deviation."""

from __future__ import annotations

import copy
import random
from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import AutoencoderKLQwenImage
from safetensors.torch import load_file, save_file

from services.pipelines.frame import hasten
from services.shapes.architecture import build_vae
from services.shapes.loop import Trainee, fit
from services.shapes.pictures import paint
from services.shapes.scenes import COLOURS, Scene, draw_scene

# Crop edge in px and crops a batch: the same number of pixels a step.
CROPS = ((64, 12), (64, 12), (32, 40), (96, 5), (128, 3))
SCENE_EDGES = (96, 128, 128, 128, 160, 192, 256)
LEARNING_RATE = 6e-4
# Deviation of the noise that the decoder learns to ignore, in units of the latents' own deviation.
NOISE = 0.2
# Shapes cover a tenth of a scene: they and their surroundings (in px) weigh more, most where contrast is low.
# Not the shapes alone, or the decoder fills the notches of stars.
SHAPE_WEIGHT, SURROUNDINGS = 4.0, 9
STAR_SHARE = 0.5


def train_vae(folder: Path, steps: int, seed: int = 0) -> AutoencoderKLQwenImage:
    """Trains, or goes on training, the autoencoder and returns its averaged weights."""
    torch.manual_seed(seed)
    model = hasten(build_vae()).train()
    average = hasten(copy.deepcopy(model))
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=0.01)
    trainee = Trainee(model, average, optimizer)

    def step(index: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        return losses(model, *crops(index, seed), generator)

    fit("vae", trainee, step, steps, LEARNING_RATE, folder, seed=seed)
    vae = build_vae()
    vae.load_state_dict(average.state_dict())
    return vae.eval()


def losses(
    vae: AutoencoderKLQwenImage, pixels: torch.Tensor, weight: torch.Tensor, generator: torch.Generator
) -> dict[str, torch.Tensor]:
    """Reconstructs (n, 3, 1, h, w) through noisy latents: weighted L1, and a pull to unit variance."""
    latents = vae.quant_conv(vae.encoder(pixels))[:, :16]
    noisy = latents + NOISE * torch.randn(latents.shape, generator=generator)
    painted = vae.decoder(vae.post_quant_conv(noisy))
    error = (painted - pixels).abs()
    mean, deviation = latents.mean((0, 2, 3, 4)), latents.std((0, 2, 3, 4))
    spread = (mean**2 + (deviation - 1) ** 2).mean()
    return {
        "loss": (error * weight).mean() / weight.mean() + 0.05 * spread,
        "l1": error.mean(),
        "spread": spread,
    }


def crops(
    step: int, seed: int, choices: tuple[tuple[int, int], ...] = CROPS
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns crops (n, 3, 1, e, e) in -1..1 and the weight (n, 1, 1, e, e) of each pixel."""
    rng = random.Random(seed * 10_000_019 + step)
    edge, count = rng.choice(choices)
    images, weights = [], []
    while len(images) < count:
        size = rng.choice([e for e in SCENE_EDGES if e >= edge])
        scene = draw_hard_scene(rng)
        image = paint(scene, size, size, rng)
        weight = weigh(image, np.array(COLOURS[scene.background]))
        for _ in range(2):
            top, left = rng.randint(0, size - edge), rng.randint(0, size - edge)
            window = np.s_[top : top + edge, left : left + edge]
            if weight[window].max() > 1 or rng.random() < 0.2:
                images.append(image[window])
                weights.append(weight[window])
    pixels = torch.from_numpy(np.stack(images[:count])).permute(0, 3, 1, 2).unsqueeze(2) / 127.5 - 1
    return pixels, torch.from_numpy(np.stack(weights[:count])).float()[:, None, None]


def draw_hard_scene(rng: random.Random) -> Scene:
    """Draws a scene; stars, whose tips are the finest detail, are overrepresented."""
    hard = rng.random() < STAR_SHARE
    while True:
        scene = draw_scene(rng)
        if not hard or any(shape.kind == "star" for shape in scene.shapes):
            return scene


def weigh(image: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Returns the weight (h, w) of each pixel: 1 on the bare background."""
    contrast = np.abs(image.astype(np.float32) - ground).mean(-1) / 127.5
    near = cv2.dilate(contrast, np.ones((SURROUNDINGS, SURROUNDINGS), np.uint8))
    return np.where(near > 0.05, SHAPE_WEIGHT / near.clip(0.4, 1.5), 1.0)


@torch.no_grad()
def measure_latents(vae: AutoencoderKLQwenImage, count: int = 256) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns mean and deviation (16) of the latents of `count` painted scenes."""
    rng = random.Random(1)
    found = []
    for _ in range(count // 8):
        images = np.stack([paint(draw_scene(rng), 128, 128, rng) for _ in range(8)])
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2).unsqueeze(2) / 127.5 - 1
        found.append(vae.encode(pixels).latent_dist.mean)
    latents = torch.cat(found)
    return latents.mean((0, 2, 3, 4)), latents.std((0, 2, 3, 4))


@torch.no_grad()
def normalise(
    vae: AutoencoderKLQwenImage, mean: torch.Tensor, deviation: torch.Tensor
) -> AutoencoderKLQwenImage:
    """Folds an affine map into the 1x1 convolutions, giving latents the configured mean and deviation."""
    scale = torch.tensor(vae.config.latents_std) / deviation
    shift = torch.tensor(vae.config.latents_mean) - mean * scale
    # The inverse goes first, while both maps are those of the trained latents.
    weight, bias = vae.post_quant_conv.weight, vae.post_quant_conv.bias
    bias -= torch.einsum("oizyx,i->o", weight, shift / scale)
    weight /= scale[None, :, None, None, None]
    vae.quant_conv.weight[:16] *= scale[:, None, None, None, None]
    vae.quant_conv.bias[:16] = vae.quant_conv.bias[:16] * scale + shift
    # The posterior's variance was not trained: sampling gives the mean.
    vae.quant_conv.weight[16:] = 0
    vae.quant_conv.bias[16:] = -12
    return vae


def normalise_once(vae: AutoencoderKLQwenImage, folder: Path, count: int = 256) -> AutoencoderKLQwenImage:
    """Normalises with the moments kept in `folder`, measured the first time."""
    path = folder / "moments.safetensors"
    if not path.exists():
        mean, deviation = measure_latents(hasten(vae), count)
        save_file({"mean": mean, "deviation": deviation}, path)
    return normalise(vae, **load_file(path))
