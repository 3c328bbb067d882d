"""Has an editor learn from the painter, which is told the scene that an instruction leads to.

What is to be painted is noise for the most part, and says little about which shape was meant: in 8,700
steps an editor learnt a quarter of the edits from it. The painter knows how every scene is painted: told its
caption, it shows the editor, at the same noise, the velocity and what each block makes of each token.
"""

from __future__ import annotations

import copy
import random
from pathlib import Path

import torch
from torch import nn
from transformers import Qwen2Tokenizer

from services.shapes.edit_course import EditCourse
from services.shapes.flow import Batch, Painter, disturb, group, predict
from services.shapes.loop import Trainee, fit
from services.shapes.precision import lower_precision
from services.shapes.prompts import encode

# Beside the error of the flow, of which less counts meanwhile.
_PATH_WEIGHT, _FLOW_WEIGHT = 0.5, 0.3
# The painter paints any such scene, the editor this very one, which it has to copy: so it is let go in time.
_TAUGHT_SHARE = 0.6


class Tutor:
    """A painter that is not trained any more, and what its blocks make of the latents it was shown last."""

    def __init__(self, painter: Painter, tokenizer: Qwen2Tokenizer) -> None:
        self.painter = painter.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.path = listen(painter.transformer)

    @torch.no_grad()
    def show(self, batch: Batch, noisy: torch.Tensor, sigmas: torch.Tensor) -> torch.Tensor:
        """Returns the velocity of noisy latents under the captions of `batch`."""
        self.path.clear()
        captions = [caption or "" for caption in batch.captions]
        embeddings, mask = encode(self.painter.text_encoder, self.tokenizer, captions)
        alone = Batch(batch.size, batch.latents, batch.weights, embeddings, mask)
        return predict(self.painter.transformer, alone, noisy, sigmas)


def listen(transformer: nn.Module) -> list[torch.Tensor]:
    """Returns a list that gets what each block makes of the image tokens, whenever the transformer runs."""
    heard: list[torch.Tensor] = []
    for block in transformer.transformer_blocks:
        block.register_forward_hook(lambda _block, _inputs, output: heard.append(output[1]))
    return heard


def train_with_tutor(
    editor: Painter, course: EditCourse, tutor: Tutor, folder: Path, steps: int,
    *, learning_rate: float, seed: int = 0,
) -> Painter:  # fmt: skip
    """Trains `editor`, or goes on from what `folder` holds, and returns the averaged weights."""
    average = copy.deepcopy(editor)
    path = listen(editor.transformer)
    optimizer = torch.optim.AdamW(group(editor), betas=(0.9, 0.99), weight_decay=0.01, fused=True)

    def step(index: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        rng = random.Random(seed * 10_000_019 + index)
        taught = max(0.0, 1 - index / (_TAUGHT_SHARE * steps))
        with lower_precision():
            batch = course.draw(editor, rng)
            noisy, sigmas, velocity = disturb(batch.latents, generator)
            path.clear()
            predicted = predict(editor.transformer, batch, noisy, sigmas)
            flow = (batch.weights * (predicted - velocity) ** 2).mean()
            shown = _distance(batch, predicted, tutor.show(batch, noisy, sigmas))
            way = sum(
                _distance(batch, ours, theirs) / theirs.float().square().mean()
                for ours, theirs in zip(path, tutor.path, strict=True)
            ) / len(path)
        loss = (1 - (1 - _FLOW_WEIGHT) * taught) * flow + taught * (shown + _PATH_WEIGHT * way)
        return {"loss": loss, "flow": flow.detach(), "shown": shown.detach(), "way": way.detach()}

    fit("painter", Trainee(editor, average, optimizer), step, steps, learning_rate, folder, seed=seed)
    return average


def _distance(batch: Batch, ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """Returns the weighted squared distance where something was asked for; `ours` may have more tokens."""
    asked = torch.tensor([caption is not None for caption in batch.captions], dtype=torch.float32)
    difference = ours[:, : theirs.shape[1]].float() - theirs.float()
    return (asked[:, None, None] * batch.weights * difference**2).mean()
