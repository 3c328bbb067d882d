"""Measures pictures larger than the model, and computes what the real one would want: `make bench-tiling`."""

from __future__ import annotations

import argparse
import asyncio
import os

import structlog
import torch

from benchmarks import (
    tiling_adherence,
    tiling_computed,
    tiling_decode,
    tiling_memory,
    tiling_resumption,
    tiling_seams,
)
from benchmarks.table import Row, report

TOPICS = ("cost", "seams", "adherence", "decode", "resumption", "computed")
_WARNING = 30


def main() -> None:
    """Prints the figures of all topics, or of those asked for."""
    options = parse()
    # The engine's own threads are those of its worker; here only the autoencoder computes.
    torch.set_num_threads(options.threads)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_WARNING))
    topics = tuple(options.only or TOPICS)
    rows = [row for topic in topics for row in measure(topic, options)]
    report("tiling" if topics == TOPICS else f"tiling-{'-'.join(topics)}", rows, "make bench-tiling")


def measure(topic: str, options: argparse.Namespace) -> list[Row]:
    """Returns the figures of one topic."""
    match topic:
        case "cost":
            return asyncio.run(tiling_memory.measure(options.threads))
        case "seams":
            return asyncio.run(tiling_seams.measure(options.pictures))
        case "adherence":
            return asyncio.run(tiling_adherence.measure(options.count))
        case "decode":
            return tiling_decode.measure(options.latents)
        case "resumption":
            return asyncio.run(tiling_resumption.measure())
        case _:
            return tiling_computed.measure()


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.tiling", description=__doc__)
    parser.add_argument("--only", choices=TOPICS, action="append", help="may be repeated; without it, all")
    parser.add_argument("--count", type=int, default=60, help="wide scenes to judge")
    parser.add_argument("--pictures", type=int, default=100, help="enlarged pictures to look for seams in")
    parser.add_argument("--latents", type=int, default=6, help="latents to decode both ways")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    return parser.parse_args()


if __name__ == "__main__":
    main()
