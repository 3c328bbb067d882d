"""What a ControlNet is shown: a picture's edges, or a picture with a hole, encoded as DiffSynth does."""

from __future__ import annotations

import numpy as np
import torch
from diffusers import AutoencoderKLQwenImage
from numpy.typing import NDArray

from services.shapes.areas import LATENT_PX
from services.shapes.edges import draw_edges
from services.shapes.latents import encode_pixels, pack


def encode_edges(vae: AutoencoderKLQwenImage, pictures: NDArray[np.uint8]) -> torch.Tensor:
    """Returns the packed latents (n, tokens, 64) of the edges of pictures (n, h, w, 3).

    Every other picture is seen in grey, as many preprocessors do.
    """
    edges = [draw_edges(picture, grey=index % 2 == 1) for index, picture in enumerate(pictures)]
    return pack(encode_pixels(vae, np.stack(edges)))


def encode_holes(
    vae: AutoencoderKLQwenImage, pictures: NDArray[np.uint8], masks: NDArray[np.uint8]
) -> torch.Tensor:
    """Returns the packed latents (n, tokens, 68) of pictures that are black where masks (n, h, w) are white.

    A latent pixel has a 17th channel: 1 where the picture is kept, 0 in the hole.
    """
    holes = masks > 127
    latents = encode_pixels(vae, np.where(holes[..., None], 0, pictures).astype(np.uint8))
    kept = torch.from_numpy(~holes[:, None, ::LATENT_PX, ::LATENT_PX]).float()
    return pack(torch.cat([latents, kept], dim=1))
