"""What is asked of a simulated studio."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A model in a service, as `limner bench` measures it on a card that it fills."""

    service: str
    model: str
    run_s: float
    load_s: float
    share: float  # of the requests


@dataclass(frozen=True, slots=True)
class Job:
    """One request."""

    number: int
    at_s: float
    pipeline: Pipeline

    @property
    def id(self) -> str:
        """Sorts by age, as the studio's own ids do."""
        return f"{self.number:09d}"


def work_s(pipelines: Sequence[Pipeline]) -> float:
    """Returns what a request takes of a card on average, had it never to change models."""
    return sum(each.share * each.run_s for each in pipelines)


def arrive(pipelines: Sequence[Pipeline], per_hour: float, count: int, seed: int) -> Iterator[Job]:
    """Yields requests of users who know nothing of each other, at that rate."""
    chance, at_s = random.Random(f"capacity {seed}"), 0.0
    for number in range(count):
        at_s += chance.expovariate(per_hour / 3600)
        (pipeline,) = chance.choices(pipelines, [each.share for each in pipelines])
        yield Job(number, at_s, pipeline)
