"""Tells what a text encoder has understood: the scene that an instruction leads to, read from its answer.

The flow's error says little about which shape was meant, and the little gets lost on its way through the
transformer: after 6,100 steps hardly one instruction in a hundred could be read from the embeddings. Asked
for the scene itself, the same encoder learns to see in minutes and to understand in less than an hour.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from services.shapes.architecture import TEXT_WIDTH
from services.shapes.scenes import COLOURS, KINDS, PLACES, Scene

# What the templates end with is five tokens, which come after everything else: as many as there are places.
ANSWER_TOKENS = len(PLACES)
_KIND = {kind: index + 1 for index, kind in enumerate(KINDS)}  # 0: no shape there
_COLOUR = {colour: index for index, colour in enumerate(COLOURS)}
_NOTHING = -100  # not asked
# Kinds are the hardest to tell apart.
_KIND_WEIGHT = 2.0


class Readout(nn.Module):
    """Reads kind and colour of each place from the token that answers for it, and the background from all."""

    def __init__(self, width: int = TEXT_WIDTH) -> None:
        super().__init__()
        self.kinds, self.colours = len(KINDS) + 1, len(COLOURS)
        outputs = self.kinds + 2 * self.colours
        self.slots = nn.ModuleList(nn.Linear(width, outputs) for _ in PLACES)

    def forward(self, answers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Returns logits of kinds (n, 5, 5), colours (n, 5, 8) and backgrounds (n, 8) from (n, 5, width)."""
        read = torch.stack([slot(answers[:, index]) for index, slot in enumerate(self.slots)], dim=1)
        kinds, colours, grounds = read.split([self.kinds, self.colours, self.colours], dim=-1)
        return kinds, colours, grounds.mean(dim=1)


def take_answers(embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Returns the embeddings of the answer tokens (n, 5, width), whichever side is padded."""
    ends = mask.shape[1] - mask.flip(1).int().argmax(dim=1)
    places = ends[:, None] - ANSWER_TOKENS + torch.arange(ANSWER_TOKENS)
    return embeddings[torch.arange(len(embeddings))[:, None], places].float()


def readout_loss(readout: nn.Module, answers: torch.Tensor, scenes: Sequence[Scene]) -> torch.Tensor:
    """Returns how far what is read is from the scenes; `answers` is whatever the readout reads."""
    kinds, colours, grounds = readout(answers)
    wanted_kinds, wanted_colours, wanted_grounds = _targets(scenes)
    return (
        _KIND_WEIGHT * functional.cross_entropy(kinds.flatten(0, 1), wanted_kinds.flatten())
        + functional.cross_entropy(
            colours.flatten(0, 1), wanted_colours.flatten(), ignore_index=_NOTHING, reduction="sum"
        )
        / (wanted_colours != _NOTHING).sum().clamp_min(1)
        + functional.cross_entropy(grounds, wanted_grounds)
    )


@torch.no_grad()
def count_understood(readout: nn.Module, answers: torch.Tensor, scenes: Sequence[Scene]) -> int:
    """Returns how many scenes are read without a mistake."""
    kinds, colours, grounds = (logits.argmax(dim=-1) for logits in readout(answers))
    wanted_kinds, wanted_colours, wanted_grounds = _targets(scenes)
    right = (kinds == wanted_kinds) & ((colours == wanted_colours) | (wanted_colours == _NOTHING))
    return int((right.all(dim=1) & (grounds == wanted_grounds)).sum())


def _targets(scenes: Sequence[Scene]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    kinds = torch.zeros(len(scenes), len(PLACES), dtype=torch.long)
    colours = torch.full_like(kinds, _NOTHING)
    for row, scene in enumerate(scenes):
        for shape in scene.shapes:
            place = list(PLACES).index(shape.place)
            kinds[row, place], colours[row, place] = _KIND[shape.kind], _COLOUR[shape.colour]
    return kinds, colours, torch.tensor([_COLOUR[scene.background] for scene in scenes])
