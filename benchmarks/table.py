"""One table for every benchmark: printed for people, written as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

OUT = Path(__file__).parent / "out"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure beside its target."""

    name: str
    measured: float
    target: str  # in words, e.g. "≥ 0.90"; empty when only reported
    ok: bool
    unit: str = ""


def report(topic: str, rows: list[Row], command: str | None = None) -> None:
    """Prints `rows` and writes them to `benchmarks/out/<topic>.json`."""
    command = command or f"make bench-{topic}"
    _print(rows)
    OUT.mkdir(exist_ok=True)
    commit, machine = _commit(), _machine()
    records: list[dict[str, object]] = []
    for row in rows:
        record: dict[str, object] = asdict(row)
        del record["ok"]
        records.append(
            record | {"verdict": _verdict(row), "command": command, "commit": commit, "machine": machine}
        )
    (OUT / f"{topic}.json").write_text(json.dumps(records, indent=2, ensure_ascii=False) + "\n")


def _verdict(row: Row) -> str:
    return "ok" if row.ok else "short"


def _print(rows: list[Row]) -> None:
    cells = [("name", "measured", "target", "verdict")]
    cells += [(r.name, f"{r.measured:.4g} {r.unit}".strip(), r.target, _verdict(r)) for r in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    for line in cells:
        sys.stdout.write(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        )


def _commit() -> str:
    answer = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or "uncommitted"


def _machine() -> str:
    return f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
