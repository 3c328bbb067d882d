"""What the transformer is spared is foretold by what it said before, and by nothing else."""

# pyright: standard
# Torch code.
from __future__ import annotations

import torch

from limner.models.recipe import StepCache
from limner.progress.v1.progress_pb2 import Checkpoint
from services.pipelines.forecast import Forecast
from services.pipelines.steps import pack_latents, resume_point

STEPS = 24
CACHE = StepCache(3, lead=3, tail=1)


def truth(branch: str, step: int) -> torch.Tensor:
    """A velocity that is bent over time, another for each branch."""
    return torch.linspace(-1, 1, 8) * (step + 1) ** 1.5 + (3 if branch == "uncond" else 0)


def run(forecast: Forecast, first: int, last: int) -> tuple[list[torch.Tensor], list[int]]:
    """Asks for both branches at steps `first` to `last`; returns what came and which were computed."""
    told: list[torch.Tensor] = []
    computed: list[int] = []
    for step in range(first, last):
        for branch in ("cond", "uncond"):

            def compute(branch: str = branch, step: int = step) -> torch.Tensor:
                computed.append(step)
                return truth(branch, step)

            told.append(forecast.velocity(branch, torch.zeros(8), compute))
        forecast.advance()
    return told, computed


def test_without_a_cache_every_step_is_computed() -> None:
    _, computed = run(Forecast(), 0, STEPS)
    assert computed == sorted([*range(STEPS), *range(STEPS)])


def test_only_the_steps_of_the_cache_are_computed_in_both_branches() -> None:
    forecast = Forecast()
    forecast.begin(CACHE, STEPS)
    _, computed = run(forecast, 0, STEPS)
    expected = [step for step in range(STEPS) if CACHE.computes(step, STEPS)]
    assert computed == sorted([*expected, *expected])


def test_what_grows_evenly_is_foretold_exactly_and_each_branch_from_itself() -> None:
    forecast = Forecast()
    forecast.begin(CACHE, STEPS)
    for step in range(STEPS):
        for branch, offset in (("cond", 1.0), ("uncond", -7.0)):
            even = torch.full((4,), 2.0 * step + offset)
            assert torch.equal(forecast.velocity(branch, even, lambda even=even: even), even)
        forecast.advance()


def test_a_run_that_goes_on_anywhere_says_the_same_bit_for_bit() -> None:
    forecast = Forecast()
    forecast.begin(CACHE, STEPS)
    undisturbed, _ = run(forecast, 0, STEPS)
    for stop in range(1, STEPS):
        first, second = Forecast(), Forecast()
        first.begin(CACHE, STEPS)
        run(first, 0, stop)
        latents = pack_latents(torch.zeros(8), first.pack())
        point = resume_point(Checkpoint(step=stop, latents=latents, fingerprint="f"), "f")
        second.begin(CACHE, STEPS, point.step, point.forecast)
        told, _ = run(second, stop, STEPS)
        assert all(map(torch.equal, told, undisturbed[2 * stop :]))


def test_a_run_that_goes_on_without_what_was_known_computes_first() -> None:
    forecast = Forecast()
    spared = next(step for step in range(STEPS) if not CACHE.computes(step, STEPS))
    forecast.begin(CACHE, STEPS, first=spared)
    _, computed = run(forecast, spared, spared + 1)
    assert computed == [spared, spared]


def test_velocities_have_the_precision_of_the_latents() -> None:
    forecast = Forecast()
    forecast.begin(CACHE, STEPS)
    latents = torch.ones(4, dtype=torch.bfloat16)
    for _ in range(STEPS):
        assert forecast.velocity("cond", latents, lambda: latents).dtype == torch.bfloat16
        forecast.advance()


def test_the_picture_before_is_forgotten() -> None:
    forecast = Forecast()
    forecast.begin(CACHE, STEPS)
    run(forecast, 0, 5)
    assert forecast.pack()
    forecast.begin(CACHE, STEPS)
    assert forecast.pack() == {}
