"""Says how many cards a load needs: `python -m benchmarks.capacity --help`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.capacity.plots import draw
from benchmarks.capacity.simulation import Outcome, Simulation
from benchmarks.capacity.workload import Pipeline, arrive, work_s
from benchmarks.table import Row, report

# What is measured of a card stands in `limner bench`; without a card here, the arbiter's design figures.
PIPELINES = (
    Pipeline("t2i", "painter", run_s=25, load_s=20, share=0.6),
    Pipeline("edit", "editor", run_s=30, load_s=20, share=0.3),
    Pipeline("tiling", "upscaler", run_s=8, load_s=6, share=0.1),
)
HOSTS = (1, 3, 10, 30, 100, 300, 1000)
LOADS = (0.3, 0.5, 0.7)  # of what the cards could do, had they never to change models
_JOBS_EACH = 40
_ROUNDS, _CHOICES = 5, 10_000
_MOST_GROWTH = 3.0


def main() -> None:
    """Answers one question, or prints the figures and draws the plots of docs/capacity.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("--pipelines", type=Path, help="JSON list of service, model, run_s, load_s, share")
    parser.add_argument("--per-hour", type=float, help="requests; tells how many cards they need")
    parser.add_argument("--p95-wait", type=float, default=30, help="seconds that 95 %% may wait; default: 30")
    parser.add_argument("--draw", type=Path, help="folder of the plots")
    given = parser.parse_args()
    pipelines = read_pipelines(given.pipelines) if given.pipelines else PIPELINES
    if given.per_hour is not None:
        tell_cards(pipelines, given.per_hour, given.p95_wait)
    else:
        show_growth(pipelines, given.draw)


def read_pipelines(path: Path) -> tuple[Pipeline, ...]:
    """Returns what is measured of a card; shares are made to add up to 1."""
    found = [Pipeline(**each) for each in json.loads(path.read_text())]
    total = sum(each.share for each in found)
    return tuple(
        Pipeline(each.service, each.model, each.run_s, each.load_s, each.share / total) for each in found
    )


def tell_cards(pipelines: Sequence[Pipeline], per_hour: float, p95_wait_s: float) -> None:
    """Prints the fewest cards with which no more than one in twenty waits longer."""
    cards = find_cards(pipelines, per_hour, p95_wait_s)
    outcome = simulate(pipelines, cards, per_hour)
    print(
        f"{cards} cards: p95 wait {outcome.p95_wait_s:.0f} s, "
        f"{outcome.loads_per_job:.2f} loads of models for each job"
    )


def find_cards(pipelines: Sequence[Pipeline], per_hour: float, p95_wait_s: float) -> int:
    """Returns the fewest cards with which 95 % wait no longer, by bisection."""
    least = max(1, int(per_hour * work_s(pipelines) / 3600))  # With fewer the queue would grow for ever.
    most = least
    while simulate(pipelines, most, per_hour).p95_wait_s > p95_wait_s:
        least, most = most + 1, 2 * most
    while least < most:
        middle = (least + most) // 2
        if simulate(pipelines, middle, per_hour).p95_wait_s > p95_wait_s:
            least = middle + 1
        else:
            most = middle
    return most


def simulate(pipelines: Sequence[Pipeline], hosts: int, per_hour: float, seed: int = 1) -> Outcome:
    """Returns what comes of a load: at least an hour of it, and some dozens of jobs for each card."""
    count = max(int(per_hour), _JOBS_EACH * hosts)
    return Simulation(pipelines, hosts).run(arrive(pipelines, per_hour, count, seed))


def show_growth(pipelines: Sequence[Pipeline], folder: Path | None) -> None:
    """Prints what hosts come to at the same load each, and what the choice costs as they grow."""
    outcomes = {
        load: [simulate(pipelines, hosts, load * hosts * 3600 / work_s(pipelines)) for hosts in HOSTS]
        for load in LOADS
    }
    rows = [
        Row(f"{each.hosts} hosts at {load:.0%}: {name}", figure, "", True, unit)
        for load, row in outcomes.items()
        for each in row
        for name, figure, unit in (
            ("jobs an hour", each.jobs_per_hour, ""),
            ("wait, p95", each.p95_wait_s, "s"),
            ("loads for a job", each.loads_per_job, ""),
        )
    ]
    report("capacity", [*rows, *measure_choice(pipelines)])
    if folder is not None:
        draw(outcomes, folder)


def measure_choice(pipelines: Sequence[Pipeline]) -> list[Row]:
    """Returns what the choice of job and replica takes of a processor among few hosts and many, in turns."""
    few, many = 10, 1000
    taken_us: dict[int, list[float]] = {few: [], many: []}
    for _ in range(_ROUNDS):
        for hosts, row in taken_us.items():
            per_hour = LOADS[-1] * hosts * 3600 / work_s(pipelines)
            jobs = arrive(pipelines, per_hour, _CHOICES, seed=1)
            row.append(Simulation(pipelines, hosts).run(jobs).choosing_us)
    medians_us = {hosts: median(row) for hosts, row in taken_us.items()}
    growth = medians_us[many] / medians_us[few]
    return [
        *(Row(f"choice for a job, {hosts:,} hosts", us, "", True, "µs") for hosts, us in medians_us.items()),
        Row("choice for a job, 1,000 hosts ÷ 10", growth, "≤ 3", growth <= _MOST_GROWTH, "×"),
    ]


if __name__ == "__main__":
    main()
