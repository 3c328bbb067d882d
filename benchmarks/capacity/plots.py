"""The plots of docs/capacity.md."""

# pyright: standard
# Matplotlib's types are partial.
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.capacity.simulation import Outcome

_PLOTS: tuple[tuple[str, str, Callable[[Outcome], float], str], ...] = (
    ("jobs", "jobs an hour", lambda outcome: outcome.jobs_per_hour, "log"),
    ("wait", "wait of 95 %, s", lambda outcome: outcome.p95_wait_s, "linear"),
    ("loads", "loads of a model for a job", lambda outcome: outcome.loads_per_job, "linear"),
)


def draw(outcomes: Mapping[float, Sequence[Outcome]], folder: Path) -> None:
    """Draws jobs an hour, wait and loads against hosts, one line for each load."""
    # Text stays text, and the same figures make the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "limner", "font.size": 9}):
        for name, label, figure_of, scale in _PLOTS:
            figure = Figure(figsize=(5, 3), layout="constrained")
            axes = figure.subplots()
            for load, row in outcomes.items():
                hosts = [outcome.hosts for outcome in row]
                axes.plot(hosts, [figure_of(each) for each in row], marker="o", label=f"{load:.0%}")
            axes.set(xscale="log", yscale=scale, xlabel="hosts with one card each", ylabel=label)
            axes.grid(alpha=0.3)
            axes.legend(title="load", frameon=False)
            figure.savefig(folder / f"capacity-{name}.svg", metadata={"Date": None})
