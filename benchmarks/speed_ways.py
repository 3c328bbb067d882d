"""One request painted in several ways by turns: how long each takes, and how often it is right."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from limner.models.recipe import StepCache

Request = TypeVar("Request")


@dataclass(frozen=True, slots=True)
class Way:
    """How to paint; without a cache every step is computed."""

    steps: int
    cache: StepCache | None = None


@dataclass(slots=True)
class Record:
    """What came of one way, request by request."""

    seconds: list[float] = field(default_factory=list[float])  # of the processor: others use it, too
    right: list[bool] = field(default_factory=list[bool])

    @property
    def percent(self) -> float:
        """The share that was right."""
        return 100 * statistics.mean(self.right)

    def ratio(self, other: Record) -> float:
        """Returns how many times as long this way took as `other`: the median over the requests."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


def compare(
    name: str, requests: Sequence[Request], ways: Sequence[Way], paint: Callable[[int, Request, Way], bool]
) -> dict[Way, Record]:
    """Has each request painted in each way, the first one last at every second turn.

    `paint` tells whether the picture is right.
    """
    records = {way: Record() for way in ways}
    for index, request in enumerate(requests):
        for way in ways if index % 2 == 0 else reversed(ways):
            started_s = time.process_time()
            right = paint(index, request, way)
            records[way].seconds.append(time.process_time() - started_s)
            records[way].right.append(right)
        sys.stderr.write(f"\r{name}: {index + 1} of {len(requests)} ")
    sys.stderr.write("\n")
    return records
