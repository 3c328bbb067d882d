"""What rounds of deaths cost a studio, as a table for benchmarks/RESULTS.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

_OUT = Path(__file__).parents[2] / "benchmarks" / "out"


@dataclass(frozen=True, slots=True)
class Death:
    """One round."""

    fault: str
    victims: tuple[str, ...]
    finish_s: float  # from the blow until every job of the round had ended


@dataclass(slots=True)
class Toll:
    """All rounds that count, and how often the blow came when all was over."""

    undisturbed_s: float = 0.0
    deaths: list[Death] = field(default_factory=list[Death])
    void: int = 0

    def table(self) -> str:
        """Returns one line per fault."""
        head = "| kill -9 of, until all jobs had ended, s | rounds | median | most |\n|---|---|---|---|\n"
        faults = sorted({death.fault for death in self.deaths})
        rows = [
            _row(fault, [each.finish_s for each in self.deaths if each.fault == fault]) for fault in faults
        ]
        rows.append(_row("nobody", [self.undisturbed_s]))
        return f"{head}{''.join(rows)}\nRounds that were void: {self.void}.\n"

    def write(self, name: str) -> None:
        """Leaves the table in benchmarks/out."""
        _OUT.mkdir(exist_ok=True)
        (_OUT / f"{name}.md").write_text(self.table())


def _row(name: str, values_s: list[float]) -> str:
    ranked = sorted(values_s)
    return f"| {name} | {len(ranked)} | {ranked[len(ranked) // 2]:.1f} | {ranked[-1]:.1f} |\n"
