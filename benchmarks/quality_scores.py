"""What every measurement of quality does: ask one by one, and count what is right."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Request = TypeVar("Request")
Score = TypeVar("Score")


def judge_each(
    name: str, requests: Sequence[Request], judge: Callable[[int, Request], Score]
) -> Iterator[Score]:
    """Yields the score of each request, and shows how far it is."""
    for index, request in enumerate(requests):
        yield judge(index, request)
        sys.stderr.write(f"\r{name}: {index + 1} of {len(requests)} ")
    sys.stderr.write("\n")


def percent(flags: Iterable[bool]) -> float:
    """Returns the share of true flags in percent."""
    return 100 * statistics.mean(flags)
