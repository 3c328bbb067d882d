"""Shows on stderr how far a download is, where a person is watching."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from limner.cli.sizes import in_words
from limner.models.progress import Progress as Fetched

_FILE_CHARACTERS = 40


class FetchBar:
    """A bar for the file that comes and one for all of them; nothing at all when stderr is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.fields[title]}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.description}", markup=False),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._file = self._bar.add_task("", total=None, title="asking the hub")
        self._all = self._bar.add_task("", total=None, title="", visible=False)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, fetched: Fetched) -> None:
        """Draws the download as it is now."""
        title = fetched.file[-_FILE_CHARACTERS:]
        self._draw(self._file, title, fetched.file_bytes, fetched.file_total_bytes, _left(fetched.file_eta_s))
        rate = "" if fetched.bytes_per_s is None else f", {in_words(round(fetched.bytes_per_s))}/s"
        title = f"{fetched.files_done} of {fetched.file_count} files"
        self._draw(self._all, title, fetched.done_bytes, fetched.total_bytes, rate + _left(fetched.eta_s))

    def _draw(self, task: TaskID, title: str, done_bytes: int, total_bytes: int, rest: str) -> None:
        text = f"{in_words(done_bytes)} of {in_words(total_bytes)}{rest}"
        self._bar.update(
            task, total=total_bytes, completed=done_bytes, description=text, title=title, visible=True
        )


def _left(eta_s: float | None) -> str:
    if eta_s is None:
        return ""
    minutes, seconds = divmod(round(eta_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f", {hours}:{minutes:02}:{seconds:02} left" if hours else f", {minutes}:{seconds:02} left"
