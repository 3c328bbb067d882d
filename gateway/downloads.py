"""Downloads models when somebody asks, each in a process of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from gateway.schemas import Download, DownloadState
from limner.models.entry import Entry
from limner.models.errand import ERRANDS, REPORTS, Errand, Report
from limner.models.library import Library

log = structlog.get_logger(__name__)

# More at once would share the same line and all end later.
_AT_ONCE = 2
# Two reports a second tell a reader as much as more would.
_PUBLISH_S = 0.5
_MODULE = "limner.models.errand"


@dataclass(slots=True)
class _Course:
    """One download and how it goes."""

    shown: Download
    published_at_s: float = float("-inf")  # monotonic
    task: asyncio.Task[None] | None = None


class Downloads:
    """What is being downloaded, and how the latest download of each model ended."""

    def __init__(self, library: Library, publish: Callable[[Download], None]) -> None:
        self._library = library
        self._publish = publish
        self._courses: dict[str, _Course] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def get(self, model: str) -> Download | None:
        """Returns the latest download of that model; None when nobody asked for one since the start."""
        course = self._courses.get(model)
        return course.shown if course is not None else None

    @property
    def running(self) -> list[Download]:
        """Those that have not ended."""
        return [course.shown for course in self._courses.values() if course.task is not None]

    def start(self, entry: Entry, *, is_accepted: bool) -> Download:
        """Has a model fetched, whose licence was accepted or need not be; what runs already goes on."""
        known = self._courses.get(entry.name)
        if known is not None and known.task is not None:
            return known.shown
        course = _Course(_begin(entry.name))
        self._courses[entry.name] = course
        errand = Errand(entry, self._library.models, is_accepted=is_accepted)
        course.task = asyncio.create_task(self._run(course, errand))
        course.task.add_done_callback(partial(self._conclude, course))
        self._tell(course, {})
        return course.shown

    async def cancel(self, model: str) -> Download | None:
        """Ends a download, of which everything stays that was fetched; None when there was none."""
        course = self._courses.get(model)
        if course is None:
            return None
        if course.task is not None:
            course.task.cancel()
            await asyncio.wait({course.task})
        return course.shown

    async def close(self) -> None:
        """Ends every download."""
        for model in list(self._courses):
            await self.cancel(model)

    async def _run(self, course: _Course, errand: Errand) -> None:
        async with self._slots:
            self._tell(course, {"state": DownloadState.DOWNLOADING})
            await self._fetch(course, errand)

    def _conclude(self, course: _Course, task: asyncio.Task[None]) -> None:
        course.task = None
        update: dict[str, object] = {"bytes_per_s": None, "eta_s": None}
        if task.cancelled():
            update["state"] = DownloadState.CANCELLED
        elif (error := task.exception()) is not None:
            log.error("download failed", model=course.shown.model, exc_info=error)
            text = "Limner made a mistake; the log of the gateway has the details."
            update |= {"state": DownloadState.FAILED, "text": text}
        self._tell(course, update)

    async def _fetch(self, course: _Course, errand: Errand) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _MODULE), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(ERRANDS.dump_json(errand))
            process.stdin.close()
            async for line in process.stdout:
                self._hear(course, REPORTS.validate_json(line))
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if course.shown.state is DownloadState.DOWNLOADING:
            text = (
                f"The download broke off (exit status {status}); start it again, and it goes on from there."
            )
            self._end(course, DownloadState.FAILED, text)

    def _hear(self, course: _Course, report: Report) -> None:
        if report.reason is not None:
            self._end(course, DownloadState.FAILED, report.detail)
        elif report.is_done:
            self._end(course, DownloadState.FINISHED, " ".join(report.notes) or None)
        elif report.progress is not None:
            now = report.progress
            update: dict[str, object] = {
                "file": now.file,
                "done_bytes": now.done_bytes,
                "total_bytes": now.total_bytes,
                "bytes_per_s": now.bytes_per_s,
                "eta_s": now.eta_s,
            }
            if time.monotonic() - course.published_at_s >= _PUBLISH_S:
                self._tell(course, update)
            else:
                course.shown = course.shown.model_copy(update=update)

    def _end(self, course: _Course, state: DownloadState, text: str | None) -> None:
        # Told when the process is gone and has let go of the model.
        log.info("download ended", model=course.shown.model, state=state.value, detail=text)
        done_bytes = course.shown.total_bytes if state is DownloadState.FINISHED else course.shown.done_bytes
        update = {"state": state, "text": text, "done_bytes": done_bytes}
        course.shown = course.shown.model_copy(update=update)

    def _tell(self, course: _Course, update: dict[str, object]) -> None:
        course.shown, course.published_at_s = course.shown.model_copy(update=update), time.monotonic()
        self._publish(course.shown)


def _begin(model: str) -> Download:
    return Download(
        model=model,
        state=DownloadState.WAITING,
        file="",
        done_bytes=0,
        total_bytes=0,
        bytes_per_s=None,
        eta_s=None,
        text=None,
    )
