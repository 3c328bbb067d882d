"""Measures the gateway: long queues, many readers, the price of a job, pictures: `make bench-gateway`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from benchmarks import gateway_cancel, gateway_enqueue, gateway_events, gateway_listing, gateway_pictures
from benchmarks.gateway_events import Plan
from benchmarks.table import Row, report

TOPICS = ("listing", "events", "enqueue", "cancel", "pictures")


def main() -> None:
    """Prints the figures of all topics, or of those asked for."""
    options = parse()
    topics = tuple(options.topic or TOPICS)
    rows = [row for topic in topics for row in _take_time(topic, options)]
    name = "gateway" if topics == TOPICS else f"gateway-{'-'.join(topics)}"
    report(f"{name}-quick" if options.quick else name, rows, "make bench-gateway")


def measure(topic: str, options: argparse.Namespace) -> list[Row]:
    """Returns the figures of one topic."""
    quick = options.quick
    match topic:
        case "listing":
            jobs, calls = (10_000, 50) if quick else (100_000, 300)
            return asyncio.run(gateway_listing.measure(1_000, jobs, calls))
        case "events":
            plan = Plan(90, 10, 10, 10.0, 1) if quick else Plan(900, 100, 30, options.jobs_per_s, 3)
            return asyncio.run(gateway_events.measure(plan))
        case "enqueue":
            rounds, round_s = (3, 1.0) if quick else (12, 3.0)
            return asyncio.run(gateway_enqueue.measure(rounds, round_s))
        case "cancel":
            return gateway_cancel.measure(3 if quick else 60, 1 if quick else 4)
        case _:
            return asyncio.run(gateway_pictures.measure(8 if quick else 100))


def _take_time(topic: str, options: argparse.Namespace) -> list[Row]:
    _say(f"{topic} …")
    started_s = time.monotonic()
    rows = measure(topic, options)
    took_s = time.monotonic() - started_s
    _say(f"{topic} took {took_s:.0f} s")
    return [*rows, Row(f"({topic} took)", took_s, "", True, "s")]


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.gateway", description=__doc__)
    parser.add_argument("--topic", choices=TOPICS, action="append", help="may be repeated; without it, all")
    parser.add_argument("--quick", action="store_true", help="a few of everything, to see that it works")
    parser.add_argument(
        "--jobs-per-s", type=float, default=1.0, help="that 1,000 readers hear of; fewer on a slow machine"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
