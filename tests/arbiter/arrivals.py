"""Makes the recorded traces: `python -m tests.arbiter.arrivals` writes them anew, always the same."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.arbiter.schedules import PIPELINES, TRACES, Job, optimum_s

SEEDS = 100
JOBS = 30
Row = list[tuple[float, str]]


def interleave(rng: random.Random) -> Row:
    """Thirty jobs ABCABC…, all there almost at once."""
    first = rng.randrange(3)
    return [(i * rng.uniform(0, 0.2), "ABC"[(first + i) % 3]) for i in range(JOBS)]


def poisson(rng: random.Random) -> Row:
    """Independent arrivals, Zipf over the pipelines, 85 % of the card's time without any swap."""
    weights = [1, 1 / 2, 1 / 3]
    mean_s = sum(w * p.run_s for w, p in zip(weights, PIPELINES.values(), strict=True)) / sum(weights)
    at_s, row = 0.0, Row()
    for _ in range(JOBS):
        at_s += rng.expovariate(0.85 / mean_s)
        row.append((at_s, rng.choices("ABC", weights)[0]))
    return row


def sessions(rng: random.Random) -> Row:
    """Three users: a picture, some edits, an upscale, and again."""
    row = Row()
    for user in range(3):
        at_s = rng.uniform(0, 30) * user
        wishes = ""
        while len(wishes) < JOBS // 3:
            wishes += "A" + "B" * rng.randint(1, 4) + "C"
        for wish in wishes[: JOBS // 3]:
            row.append((at_s, wish))
            at_s += rng.expovariate(1 / 40)
    return row


def bursts(rng: random.Random) -> Row:
    """Four of a kind at a time."""
    at_s, row = 0.0, Row()
    while len(row) < JOBS:
        at_s += rng.expovariate(1 / 120)
        row += [(at_s, wish) for wish in rng.choice("ABC") * 4]
    return row[:JOBS]


def hog(rng: random.Random) -> Row:
    """One user saturates A; others want B or C now and then."""
    row = [(i * PIPELINES["A"].run_s * rng.uniform(0.8, 1.0), "A") for i in range(JOBS - 6)]
    return row + [(rng.uniform(30, 500), wish) for wish in "BCBCBC"]


KINDS: dict[str, Callable[[random.Random], Row]] = {
    "interleave": interleave,
    "poisson": poisson,
    "sessions": sessions,
    "bursts": bursts,
    "hog": hog,
}


def record() -> None:
    """Writes every trace."""
    TRACES.mkdir(exist_ok=True)
    for name, make in KINDS.items():
        rows = [
            _with_optimum(
                sorted((round(at_s, 1), wish) for at_s, wish in make(random.Random(f"{name} {seed}")))
            )
            for seed in range(SEEDS)
        ]
        lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
        (TRACES / f"{name}.json").write_text(f"[\n{lines}\n]\n")


def _with_optimum(row: Row) -> tuple[float, Row]:
    return round(optimum_s([Job(at_s, wish) for at_s, wish in row]), 1), row


if __name__ == "__main__":
    record()
