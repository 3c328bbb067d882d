"""The budget over a small network, on a place that counts what it is given."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from services.pipelines.weights.residency import Residency
from services.pipelines.weights.tiers import Treatment
from services.pipelines.weights.units import Parts, Unit
from services.rpc.errors import OutOfMemory

BLOCK_BYTES = 4 * (8 * 8 + 8)
STREAMED = Treatment("full", staged=True)
LEAN = Treatment("full", staged=True, lean=True)


class Counting:
    """Keeps weights away until they are fetched: a block that computes too early fails."""

    def __init__(self, parts: Parts) -> None:
        self.present: set[Unit] = set()
        self.most_bytes = 0
        self.fetched: list[Unit] = []
        for unit in parts.units:
            self.drop(unit)

    def settle(self, parts: Parts) -> None:
        pass

    def fetch(self, unit: Unit, *, to_stay: bool) -> None:
        self.fetched.append(unit)
        self.present.add(unit)
        self.most_bytes = max(self.most_bytes, sum(each.size_bytes for each in self.present))

    def attach(self, unit: Unit) -> None:
        assert unit in self.present
        for weight in unit.weights:
            weight.put(weight.source)

    def drop(self, unit: Unit) -> None:
        self.present.discard(unit)
        for weight in unit.weights:
            weight.put(torch.empty(0))

    def trim(self) -> None:
        pass


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.transformer_blocks = nn.ModuleList(nn.Linear(8, 8) for _ in range(10))
        self.controlnet_blocks = nn.ModuleList(nn.Linear(8, 8) for _ in range(10))
        self.decoder = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor, controlled: bool = False) -> torch.Tensor:
        for block, control in zip(self.transformer_blocks, self.controlnet_blocks, strict=True):
            x = block(x)
            if controlled:
                x = x + control(x)
        return self.decoder(x)


X = torch.ones(2, 8)


class Studio:
    """A network under a budget, counted in blocks."""

    def __init__(self, treatment: Treatment, blocks: float) -> None:
        torch.manual_seed(0)
        self.network = Network().requires_grad_(False)
        self.wanted = self.network(X), self.network(X, True)
        parts = Parts()
        parts.add(self.network)
        self.place = Counting(parts)
        self.residency = Residency(parts, self.place, treatment, int(blocks * BLOCK_BYTES))

    def compute(self, controlled: bool = False) -> None:
        """Fails unless the answer is the same to the bit."""
        assert torch.equal(self.network(X, controlled), self.wanted[controlled])


@pytest.fixture
def studio(request: pytest.FixtureRequest) -> Iterator[Studio]:
    built = Studio(*request.param)
    yield built
    built.residency.close()


every = pytest.mark.parametrize(
    "studio",
    [(treatment, blocks) for treatment in (Treatment("full"), STREAMED, LEAN) for blocks in (2, 3, 7, 11)],
    indirect=True,
)


@every
def test_no_more_than_the_budget_is_ever_there(studio: Studio, request: pytest.FixtureRequest) -> None:
    for controlled in (False, True, True, False):
        studio.compute(controlled)
    budget = request.node.callspec.params["studio"][1]
    assert studio.place.most_bytes <= budget * BLOCK_BYTES


@pytest.mark.parametrize("studio", [(Treatment("full"), 0)], indirect=True)
def test_a_live_model_shrinks_at_once_and_grows_when_it_next_computes(studio: Studio) -> None:
    studio.compute()
    assert len(studio.place.present) == 21
    studio.residency.set_budget(5 * BLOCK_BYTES)
    assert len(studio.place.present) <= 3
    studio.place.most_bytes = 0
    studio.compute()
    studio.compute()
    assert studio.place.most_bytes <= 5 * BLOCK_BYTES
    studio.residency.set_budget(0)
    studio.compute(controlled=True)
    assert len(studio.place.present) == 21


@pytest.mark.parametrize("studio", [(STREAMED, 8)], indirect=True)
def test_blocks_that_stay_are_fetched_once(studio: Studio) -> None:
    studio.residency.set_budget(8 * BLOCK_BYTES)
    blocks = studio.network.transformer_blocks
    for _ in range(5):
        x = X
        for block in blocks:
            x = block(x)
    fetched = [studio.place.fetched.count(unit) for unit in set(studio.place.fetched)]
    assert fetched.count(1) == 6
    assert all(count in {1, 5, 6} for count in fetched)


@pytest.mark.parametrize("studio", [(LEAN, 0)], indirect=True)
def test_a_lean_model_holds_two_blocks_without_a_budget(studio: Studio) -> None:
    studio.compute(controlled=True)
    assert studio.place.most_bytes <= 2 * BLOCK_BYTES
    assert studio.residency.floor_bytes == 2 * BLOCK_BYTES


@pytest.mark.parametrize("studio", [(LEAN, 0)], indirect=True)
def test_a_block_that_fails_leaves_nothing_behind(studio: Studio) -> None:
    block = studio.network.transformer_blocks[0]
    with pytest.raises(RuntimeError):
        block(torch.ones(2, 3))
    assert not any(unit.module is block for unit in studio.place.present)
    studio.compute()


def test_a_budget_below_the_floor_is_refused_with_what_is_needed() -> None:
    with pytest.raises(OutOfMemory, match=f"at least {2 * BLOCK_BYTES} bytes"):
        Studio(LEAN, 1.5)


@pytest.mark.parametrize("studio", [(STREAMED, 7)], indirect=True)
def test_a_live_model_that_is_asked_for_less_than_it_can_goes_to_its_floor(studio: Studio) -> None:
    studio.residency.set_budget(1)
    studio.place.most_bytes = 0
    studio.compute()
    assert studio.place.most_bytes <= 2 * BLOCK_BYTES
