"""Encodes painted scenes once, so that the transformer's training never waits for the autoencoder."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from diffusers import AutoencoderKLQwenImage
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from services.pipelines.frame import hasten
from services.shapes.pictures import paint
from services.shapes.scenes import Scene, draw_scene

log = logging.getLogger(__name__)
# Scenes kept at each size (width, height) in px, and so how often a batch has that size.
SIZES: dict[tuple[int, int], int] = {
    (128, 128): 8000,
    (160, 96): 1200,
    (96, 160): 1200,
    (160, 160): 1200,
    (192, 128): 1200,
    (128, 192): 1200,
}


# A scene and the seed of its deviations.
Shaken: TypeAlias = tuple[Scene, int | str]


def scenes_of(size: tuple[int, int], count: int, seed: int) -> Iterator[Shaken]:
    """Yields the training scenes of one size."""
    rng = random.Random(f"{seed} {size}")
    for index in range(count):
        yield draw_scene(rng), f"{seed} {size} {index}"


def load_latents(
    vae: AutoencoderKLQwenImage, size: tuple[int, int], count: int, folder: Path, seed: int = 0
) -> torch.Tensor:
    """Returns packed, normalised latents (count, tokens, 64) in float16, from `folder` if they are there."""
    path = folder / f"latents-{size[0]}x{size[1]}.safetensors"
    return load_packed(vae, [] if path.exists() else list(scenes_of(size, count, seed)), size, path)


def load_packed(
    vae: AutoencoderKLQwenImage, scenes: Sequence[Shaken], size: tuple[int, int], path: Path
) -> torch.Tensor:
    """Returns the packed, normalised latents of painted scenes in float16, from `path` if they are there."""

    def encode_all() -> torch.Tensor:
        log.info("encoding %d scenes of %dx%d px", len(scenes), *size)
        return torch.cat([encode(vae, scenes[i : i + 16], size).half() for i in range(0, len(scenes), 16)])

    return remember(path, encode_all)


def remember(path: Path, make: Callable[[], torch.Tensor]) -> torch.Tensor:
    """Returns the latents kept in `path`, made the first time."""
    if path.exists():
        return load_file(path)["latents"]
    latents = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"latents": latents}, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)
    return latents


def encode(vae: AutoencoderKLQwenImage, scenes: Sequence[Shaken], size: tuple[int, int]) -> torch.Tensor:
    """Paints and encodes a batch of scenes."""
    return pack(encode_pixels(vae, paint_all(scenes, size)))


def paint_all(scenes: Sequence[Shaken], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Paints scenes (n, h, w, 3), each with its own deviations."""
    return np.stack([paint(scene, *size, random.Random(seed)) for scene, seed in scenes])


@torch.no_grad()
def encode_pixels(vae: AutoencoderKLQwenImage, images: NDArray[np.uint8]) -> torch.Tensor:
    """Encodes RGB images (n, h, w, 3) as normalised latents (n, 16, h/8, w/8)."""
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).unsqueeze(2) / 127.5 - 1
    mean, deviation = torch.tensor(vae.config.latents_mean), torch.tensor(vae.config.latents_std)
    latents = hasten(vae).encode(pixels).latent_dist.mode()[:, :, 0]
    return (latents - mean[:, None, None]) / deviation[:, None, None]


def pack(latents: torch.Tensor) -> torch.Tensor:
    """Turns (n, c, h, w) into tokens (n, h/2 * w/2, 4c), as Qwen-Image's pipelines do."""
    n, c, h, w = latents.shape
    return latents.view(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(n, h * w // 4, c * 4)
