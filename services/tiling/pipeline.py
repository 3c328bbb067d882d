"""DiffSynth's pipeline for tiles: several in one run, and a plane's step put together from its pieces."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from services.synthesis.denoising import OnStep, SteppedPipeline
from services.tiling.field import LATENT_PX, crop
from services.tiling.joint import Piece

# What the transformer is told once for all pictures of a batch.
_SAID = ("prompt_emb", "prompt_emb_mask")


class _Denoised(Exception):
    """Carries the latents out of a run, whose own decoding would take the memory of all tiles."""

    def __init__(self, latents: torch.Tensor) -> None:
        super().__init__()
        self.latents = latents


class TiledPipeline(SteppedPipeline):
    """DiffSynth's pipeline; latents may be several tiles, or with `pieces_at` one plane made of pieces."""

    at_once: int = 1  # how many pieces go through the transformer together
    pieces_at: Callable[[int], Sequence[Piece]] | None = None
    before_piece: Callable[[], None] | None = None

    def denoise(
        self, steps: int, on_step: OnStep, skip: int = 0, latents: torch.Tensor | None = None, **asked: Any
    ) -> torch.Tensor:
        """Returns clean latents (n, 16, h/8, w/8) after `steps`, going on after `skip` from `latents`.

        Raises what `on_step` does.
        """

        def see_step(step: int, stepped: torch.Tensor, estimate: torch.Tensor) -> None:
            on_step(step, stepped, estimate)
            if step == steps:
                raise _Denoised(stepped)

        self.seam.begin(skip, latents, see_step)
        try:
            self(num_inference_steps=steps, **asked)
        except _Denoised as done:
            return done.latents
        raise AssertionError("the last step ends the run")

    def decode(self, latents: torch.Tensor) -> NDArray[np.uint8]:
        """Returns the pixels (h, w, 3) of latents (1, 16, h/8, w/8)."""
        self.load_models_to_device(["vae"])
        pixels = self.vae.decode(latents, device=self.device, tiled=False)
        return np.asarray(self.vae_output_to_image(pixels))

    def cfg_guided_model_fn(
        self, model_fn: Any, cfg_scale: float, *inputs: Any, progress_id: int, **others: Any
    ) -> Any:
        """Returns the velocity of the tiles or the plane; for one piece it is DiffSynth's own, to the bit."""
        shared, positive, negative = inputs
        latents: torch.Tensor = shared["latents"]

        def ask(seen: Mapping[str, Any], said: Mapping[str, Any]) -> torch.Tensor:
            count = len(seen["latents"])
            told = (_repeat(said, count), _repeat(negative, count))
            guided = super(TiledPipeline, self).cfg_guided_model_fn
            velocity: Any = guided(model_fn, cfg_scale, seen, *told, progress_id=progress_id, **others)
            return velocity

        pieces = self.pieces_at(progress_id + self.seam.skip) if self.pieces_at else ()
        if not pieces or (len(pieces) == 1 and pieces[0].prompt is None):
            return ask(shared, positive)
        total = torch.zeros_like(latents, dtype=torch.float32)
        weights = torch.zeros(latents.shape[-2:], dtype=torch.float32, device=latents.device)
        for batch in _batch(pieces, self.at_once):
            if self.before_piece is not None:
                self.before_piece()
            first = batch[0]
            seen = shared | {
                "latents": torch.cat([crop(latents, piece.tile) for piece in batch]),
                "width": first.tile.width * LATENT_PX,
                "height": first.tile.height * LATENT_PX,
            }
            for piece, velocity in zip(batch, ask(seen, positive | dict(first.prompt or {})), strict=True):
                weight = torch.from_numpy(piece.weight).to(latents.device)
                crop(total, piece.tile).add_(weight * velocity.float())
                crop(weights, piece.tile).add_(weight)
        return (total / weights).to(latents.dtype)


def _batch(pieces: Sequence[Piece], most: int) -> Iterator[list[Piece]]:
    """Yields pieces that follow each other and hear the same, at most so many at once."""
    for _, alike in groupby(pieces, lambda piece: (piece.tile.width, piece.tile.height, id(piece.prompt))):
        together = list(alike)
        for start in range(0, len(together), most):
            yield together[start : start + most]


def _repeat(said: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Returns what is said to one picture as what is said to each of a batch."""
    heard = {name: said[name] for name in _SAID if count > 1 and name in said}
    return dict(said) | {name: each.expand(count, *each.shape[1:]) for name, each in heard.items()}
