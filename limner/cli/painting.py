"""What every command that makes pictures does: sends the job, shows how far it is, writes the files."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from pathlib import Path

from limner.cli.failure import CommandFailed
from limner.cli.refusal import BAD_INPUT, refusals
from limner.cli.stepbar import StepBar
from limner.client import AsyncClient, Job, RequestRejected, StudioUnreachable
from limner.requests import Request

_INTERRUPTED = 130  # what shells report for Ctrl-C: 128 + SIGINT

Prepare = Callable[[AsyncClient], Awaitable[Request]]


def make(url: str, prepare: Prepare, files: list[Path], as_json: bool) -> None:
    """Does the job that `prepare` describes, writes its pictures and prints what was made; Ctrl-C cancels."""
    with refusals():
        job = asyncio.run(_make(url, prepare, files))
    if as_json:
        print(job.model_dump_json(indent=2))
        return
    for file, image in zip(files, job.images, strict=True):
        print(f"{file}  {image.width}×{image.height}  seed {image.seed}")


def output_files(output: Path, count: int, force: bool) -> list[Path]:
    """Returns one file per picture: `output` itself, or `<name>-1.png`, `<name>-2.png`, …

    Raises CommandFailed before anything is queued when a file could not be written later.
    """
    digits = len(str(count))
    numbers = range(1, count + 1)
    files = [output] if count == 1 else [output.with_stem(f"{output.stem}-{n:0{digits}}") for n in numbers]
    for file in files:
        _check(file, force)
    return files


def read(file: Path) -> bytes:
    """Returns what a file holds; raises CommandFailed when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.", BAD_INPUT) from error


def _check(file: Path, force: bool) -> None:
    if file.suffix.lower() != ".png":
        raise CommandFailed(
            f"{file} does not end in .png, and pictures are PNG files; name it {file.stem}.png.", BAD_INPUT
        )
    if not file.parent.is_dir():
        text = f"There is no folder {file.parent}; create it or choose another with --output."
        raise CommandFailed(text, BAD_INPUT)
    if file.exists() and not force:
        text = f"{file} exists; choose another name with --output or overwrite it with --force."
        raise CommandFailed(text, BAD_INPUT)
    if not os.access(file.parent, os.W_OK):
        text = f"The folder {file.parent} is not writable; choose another with --output."
        raise CommandFailed(text, BAD_INPUT)


async def _make(url: str, prepare: Prepare, files: list[Path]) -> Job:
    """Runs the job and writes its pictures; a signal cancels it."""
    work = asyncio.ensure_future(_paint(url, prepare, files))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        raise CommandFailed("Cancelled.", _INTERRUPTED) from None


async def _paint(url: str, prepare: Prepare, files: list[Path]) -> Job:
    async with AsyncClient(url) as client:
        submission = asyncio.ensure_future(client.submit(await prepare(client)))
        try:
            job = await _finish(client, await asyncio.shield(submission))
        except asyncio.CancelledError:
            # The job may be running although the answer with its id is still on the way.
            with suppress(StudioUnreachable, RequestRejected):
                await client.cancel((await submission).id)
            raise
        for file, image in zip(files, job.images, strict=True):
            _write(file, await client.image(image))
    return job


async def _finish(client: AsyncClient, job: Job) -> Job:
    """Returns the succeeded job and shows how far it is until then."""
    with StepBar() as bar:
        async with aclosing(client.watch(job.id)) as jobs:
            async for job in jobs:
                bar.show(job)
    if job.error is not None:
        raise CommandFailed(job.error.message)
    if job.status != "succeeded":
        raise CommandFailed(f"The job was {job.status} by somebody else.")
    return job


def _write(file: Path, data: bytes) -> None:
    """Writes all of `data` or, on a full disk, nothing."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        reason = (error.strerror or str(error)).lower()
        raise CommandFailed(
            f"{file} could not be written: {reason}; the picture is kept in the studio."
        ) from error
