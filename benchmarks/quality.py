"""Measures how often the built-in model does what it was asked for: `make bench-quality`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from benchmarks import quality_control, quality_edit, quality_libraries, quality_regions, quality_text
from benchmarks.quality_easel import Easel, set_up
from benchmarks.table import Row, report
from services.shapes.checkpoint import CHECKPOINT, EDIT_CHECKPOINT

TASKS = ("text", "edit", "inpaint", "canny", "context", "entities", "libraries")


def main() -> None:
    """Judges the checkpoint on requests that training never saw."""
    options = parse()
    torch.set_num_threads(options.threads)
    tasks = tuple(options.task or TASKS)
    easel = set_up(options.checkpoint)
    editor = set_up(options.edit_checkpoint)
    rows = [row for task in tasks for row in measure(task, easel, editor, options.checkpoint, options.count)]
    report("quality" if tasks == TASKS else f"quality-{'-'.join(tasks)}", rows, "make bench-quality")


def measure(task: str, easel: Easel, editor: Easel, checkpoint: Path, count: int) -> list[Row]:
    """Returns the figures of one task."""
    match task:
        case "text":
            return quality_text.measure(checkpoint, count)
        case "edit":
            return quality_edit.measure(editor, count)
        case "inpaint":
            return quality_control.measure_inpaint(easel, count)
        case "canny":
            return quality_control.measure_canny(easel, count)
        case "context":
            # The built-in model has none; a checkpoint that has one is measured.
            is_there = (checkpoint / "adapters" / "context").is_dir()
            return quality_control.measure_context(easel, count) if is_there else []
        case "entities":
            return quality_regions.measure(easel, count)
        case _:
            return quality_libraries.measure(easel, checkpoint, count)


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.quality", description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="unseen requests of each task")
    parser.add_argument("--task", choices=TASKS, action="append", help="may be repeated; without it, all")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--edit-checkpoint", type=Path, default=EDIT_CHECKPOINT)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
