"""What the rounds took, as a table for benchmarks/RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_OUT = Path(__file__).parents[2] / "benchmarks" / "out"


@dataclass(frozen=True, slots=True)
class Round:
    """One fault and what it took to be overcome."""

    fault: str
    requests_per_s: float  # Before it.
    turn_s: float  # Until every front had had its turn, just before it.
    recovery_s: float  # The same, after it.


@dataclass(slots=True)
class Record:
    """All rounds that count, and how often too little flowed for a fault."""

    rounds: list[Round] = field(default_factory=list[Round])
    void: int = 0

    def table(self) -> str:
        """Returns one line per fault, and one for the turns without any."""
        faults = sorted({round.fault for round in self.rounds})
        rows = [_row(fault, [r.recovery_s for r in self.rounds if r.fault == fault]) for fault in faults]
        rows.append(_row("every fault", [round.recovery_s for round in self.rounds]))
        rows.append(_row("no fault", [round.turn_s for round in self.rounds]))
        rates = sorted(round.requests_per_s for round in self.rounds)
        rate = f"Requests/s before a fault: at least {rates[0]:.0f}, median {_percentile(rates, 50):.0f}."
        head = "| until every front finished jobs, s | rounds | p50 | p99 | most |\n|---|---|---|---|---|\n"
        return f"{head}{''.join(rows)}\n{rate} Run-ups that were void: {self.void}.\n"

    def write(self, name: str) -> None:
        """Leaves the table in benchmarks/out."""
        _OUT.mkdir(exist_ok=True)
        (_OUT / f"{name}.md").write_text(self.table())


def _row(name: str, values: Sequence[float]) -> str:
    ranked = sorted(values)
    figures = f"{_percentile(ranked, 50):.2f} | {_percentile(ranked, 99):.2f} | {ranked[-1]:.2f}"
    return f"| {name.replace('_', ' ')} | {len(ranked)} | {figures} |\n"


def _percentile(ranked: Sequence[float], percent: int) -> float:
    return ranked[percent * (len(ranked) - 1) // 100]
