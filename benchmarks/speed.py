"""Measures what costs little and spares much: `make bench-speed`."""

from __future__ import annotations

import argparse

import torch

from benchmarks import speed_caches, speed_compile, speed_edit, speed_text
from benchmarks.table import Row, report

TOPICS = ("text", "edit", "caches", "compile")


def main() -> None:
    """Compares ways to paint the same requests, from the same noise, by turns."""
    options = parse()
    # Of one thread the processor's seconds say how much was computed, whatever else runs.
    torch.set_num_threads(1)
    topics = tuple(options.topic or TOPICS)
    rows = [row for topic in topics for row in measure(topic, options.count)]
    report("speed" if topics == TOPICS else f"speed-{'-'.join(topics)}", rows, "make bench-speed")


def measure(topic: str, count: int) -> list[Row]:
    """Returns the figures of one topic."""
    match topic:
        case "text":
            return speed_text.measure(count)
        case "edit":
            return speed_edit.measure(max(1, count // 2))
        case "caches":
            return speed_caches.measure(max(1, count // 10))
        case _:
            return speed_compile.measure(max(1, count // 10))


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.speed", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="unseen requests; some topics take fewer")
    parser.add_argument("--topic", choices=TOPICS, action="append", help="may be repeated; without it, all")
    return parser.parse_args()


if __name__ == "__main__":
    main()
