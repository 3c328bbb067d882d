"""Shows on stderr how far a job is, where a person is watching."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from limner.client import Job
from limner.client import Progress as JobProgress


class StepBar:
    """A bar over the steps of all pictures of one job; nothing at all when stderr is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bar = Progress(
            BarColumn(bar_width=30),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("sending", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, job: Job) -> None:
        """Draws `job` as it is now."""
        progress = job.progress
        run, runs = _runs(progress)
        total, done = _length(progress)
        total, done = total * runs, total * run + done
        self._bar.update(self._task, total=total or None, completed=done, description=describe(job))


def describe(job: Job) -> str:
    """Returns what `job` is doing or waiting for, in a few words."""
    progress = job.progress
    if progress.waiting_for:
        return f"waiting: {progress.waiting_for}"
    if job.status == "queued":
        return f"queued, number {progress.queue_position}" if progress.queue_position else "queued"
    if job.finished or job.status == "cancelling":
        return job.status
    words = [progress.stage]
    if progress.tile_count:
        words.append(f"tile {min(progress.tile + 1, progress.tile_count)} of {progress.tile_count}")
    if progress.stage == "denoising":
        words.append(f"step {progress.step} of {progress.total_steps}")
    run, runs = _runs(progress)
    if runs > 1:
        words.append(f"picture {run + 1} of {runs}")
    if progress.eta_s is not None:
        words.append(f"{progress.eta_s:.0f} s left")
    return ", ".join(words)


def _length(progress: JobProgress) -> tuple[float, float]:
    """Returns how long one run is and how far it is: in tiles, or in steps where there are none."""
    if not progress.tile_count:
        return progress.total_steps, progress.step
    return progress.tile_count, progress.tile + progress.step / max(progress.total_steps, 1)


def _runs(progress: JobProgress) -> tuple[int, int]:
    """Returns which run over the steps goes on and how many there are: layers are made in one."""
    at_once = progress.images_at_once
    return progress.image_index // at_once, progress.image_count // at_once
