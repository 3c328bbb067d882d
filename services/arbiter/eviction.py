"""Which idle models to give up: the cheapest set to load again, found exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_EXACT_UP_TO = 12  # 4,096 subsets; beyond that the cheapest per byte go first.


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lease that may be asked back."""

    token: int
    cost: float  # Seconds of reloading, weighed by how likely they are to be paid.
    bytes: int  # What leaves with it, on the devices in question.
    used_s: float  # When it was last used; the tie-break.


def cheapest_cover(
    candidates: Sequence[Candidate], shortfall_bytes: int, suffices: Callable[[set[int]], bool]
) -> tuple[int, ...] | None:
    """Returns the cheapest set of tokens whose departure `suffices`; None when not even all would.

    `shortfall_bytes` is a necessary condition that saves asking; among equal costs the longest unused leave.
    """
    if not suffices({candidate.token for candidate in candidates}):
        return None
    if len(candidates) > _EXACT_UP_TO:
        return _greedy(candidates, suffices)
    for _, _, mask in sorted(_subsets(candidates, shortfall_bytes)):
        tokens = tuple(c.token for index, c in enumerate(candidates) if mask >> index & 1)
        if suffices(set(tokens)):
            return tokens
    return None


def _subsets(candidates: Sequence[Candidate], shortfall_bytes: int) -> list[tuple[float, float, int]]:
    """Lists cost, latest use and bit mask of every set with enough bytes."""
    costs, uses, sizes = [0.0], [0.0], [0]
    for candidate in candidates:
        costs += [cost + candidate.cost for cost in costs]
        uses += [max(used_s, candidate.used_s) for used_s in uses]
        sizes += [size + candidate.bytes for size in sizes]
    return [(costs[m], uses[m], m) for m in range(len(costs)) if sizes[m] >= shortfall_bytes]


def _greedy(candidates: Sequence[Candidate], suffices: Callable[[set[int]], bool]) -> tuple[int, ...]:
    tokens: list[int] = []
    for candidate in sorted(candidates, key=lambda c: (c.cost / max(1, c.bytes), c.used_s)):
        tokens.append(candidate.token)
        if suffices(set(tokens)):
            break
    # What was taken early may no longer be needed.
    for token in list(tokens):
        if suffices(set(tokens) - {token}):
            tokens.remove(token)
    return tuple(tokens)
