from __future__ import annotations

import pytest
import torch
from torch import nn

from services.shapes.readout import ANSWER_TOKENS, Readout, count_understood, readout_loss, take_answers
from services.shapes.scenes import COLOURS, KINDS, PLACES, Scene, Shape

SCENES = [
    Scene("white", (Shape("star", "red", "left"), Shape("circle", "blue", "centre"))),
    Scene("black", ()),
]


class Certain(nn.Module):
    """Reads what it was told, whatever is there."""

    def __init__(self, scenes: list[Scene]) -> None:
        super().__init__()
        self.kinds = torch.zeros(len(scenes), len(PLACES), len(KINDS) + 1)
        self.colours = torch.zeros(len(scenes), len(PLACES), len(COLOURS))
        self.grounds = torch.zeros(len(scenes), len(COLOURS))
        for row, scene in enumerate(scenes):
            self.grounds[row, list(COLOURS).index(scene.background)] = 50
            here = {shape.place: shape for shape in scene.shapes}
            for place, name in enumerate(PLACES):
                shape = here.get(name)
                self.kinds[row, place, KINDS.index(shape.kind) + 1 if shape else 0] = 50
                if shape:
                    self.colours[row, place, list(COLOURS).index(shape.colour)] = 50

    def forward(self, answers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.kinds, self.colours, self.grounds


def answers() -> torch.Tensor:
    return torch.zeros(len(SCENES), ANSWER_TOKENS, 128)


def test_reading_what_is_meant_costs_nothing() -> None:
    assert readout_loss(Certain(SCENES), answers(), SCENES) < 1e-6
    assert count_understood(Certain(SCENES), answers(), SCENES) == len(SCENES)


@pytest.mark.parametrize(
    "other",
    [
        Scene("white", (Shape("star", "red", "left"), Shape("circle", "green", "centre"))),
        Scene("white", (Shape("star", "red", "left"), Shape("square", "blue", "centre"))),
        Scene("white", (Shape("star", "red", "right"), Shape("circle", "blue", "centre"))),
        Scene("white", (Shape("star", "red", "left"),)),
        Scene("yellow", (Shape("star", "red", "left"), Shape("circle", "blue", "centre"))),
    ],
)
def test_any_mistake_costs(other: Scene) -> None:
    scenes = [other, SCENES[1]]
    assert readout_loss(Certain(SCENES), answers(), scenes) > 1
    assert count_understood(Certain(SCENES), answers(), scenes) == 1


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_answer_is_the_last_that_is_not_padding(side: str) -> None:
    tokens = torch.arange(9.0).reshape(1, 9, 1)
    mask = torch.ones(1, 9, dtype=torch.long)
    mask[:, slice(0, 2) if side == "left" else slice(-2, None)] = 0
    last = 9 if side == "left" else 7
    assert list(map(int, take_answers(tokens, mask).flatten())) == list(range(last - ANSWER_TOKENS, last))


def test_each_place_is_read_from_its_own_token() -> None:
    readout, told = Readout(), torch.randn(1, ANSWER_TOKENS, 128)
    before = readout(told)[0]
    told[:, 2] += 1
    changed = (readout(told)[0] != before).any(dim=-1).flatten()
    assert [bool(each) for each in changed] == [False, False, True, False, False]
