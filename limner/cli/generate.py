"""`limner generate`: a prompt in, picture files out."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.failure import CommandFailed
from limner.cli.options import JsonOption, UrlOption, resolve
from limner.cli.refusal import BAD_INPUT, refusals
from limner.cli.stepbar import StepBar
from limner.client import AsyncClient, Job, RequestRejected, StudioUnreachable, TextToImage

_INTERRUPTED = 130  # what shells report for Ctrl-C: 128 + SIGINT


def generate(
    prompt: Annotated[str, typer.Argument(help="What to paint.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="PNG file to write.")] = Path("limner.png"),
    width: Annotated[int | None, typer.Option(help="Pixels; default: the model's.")] = None,
    height: Annotated[int | None, typer.Option(help="Pixels; default: the model's.")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps; default: the model's.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How closely to follow the prompt.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the first picture; default: random.")] = None,
    count: Annotated[int, typer.Option(help="How many pictures; their files are numbered.", min=1)] = 1,
    model: Annotated[str | None, typer.Option(help="Default: the studio's first.")] = None,
    negative: Annotated[str | None, typer.Option(help="What to avoid.")] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite existing files.")] = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Paint a picture in the running studio; Ctrl-C cancels it."""
    files = output_files(output, count)
    check_files(files, force)
    request = TextToImage(
        prompt=prompt,
        negative_prompt=negative,
        width=width,
        height=height,
        steps=steps,
        guidance_scale=guidance,
        seed=seed,
        count=count,
        model=model,
    )
    with refusals():
        job = asyncio.run(_generate(resolve(url, os.environ), request, files))
    if as_json:
        print(job.model_dump_json(indent=2))
        return
    for file, image in zip(files, job.images, strict=True):
        print(f"{file}  {image.width}×{image.height}  seed {image.seed}")


def output_files(output: Path, count: int) -> list[Path]:
    """Returns one file per picture: `output` itself, or `<name>-1.png`, `<name>-2.png`, …"""
    if count == 1:
        return [output]
    digits = len(str(count))
    return [output.with_stem(f"{output.stem}-{number:0{digits}}") for number in range(1, count + 1)]


def check_files(files: list[Path], force: bool) -> None:
    """Raises CommandFailed before anything is queued when a file could not be written later."""
    for file in files:
        if file.suffix.lower() != ".png":
            raise CommandFailed(
                f"{file} does not end in .png, and pictures are PNG files; name it {file.stem}.png.", 2
            )
        if not file.parent.is_dir():
            raise CommandFailed(
                f"There is no folder {file.parent}; create it or choose another with --output.", 2
            )
        if file.exists() and not force:
            raise CommandFailed(
                f"{file} exists; choose another name with --output or overwrite it with --force.", 2
            )
        if not os.access(file.parent, os.W_OK):
            raise CommandFailed(
                f"The folder {file.parent} is not writable; choose another with --output.", BAD_INPUT
            )


async def _generate(url: str, request: TextToImage, files: list[Path]) -> Job:
    """Runs the request and writes its pictures; a signal cancels the job."""
    work = asyncio.ensure_future(_paint(url, request, files))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        raise CommandFailed("Cancelled.", _INTERRUPTED) from None


async def _paint(url: str, request: TextToImage, files: list[Path]) -> Job:
    async with AsyncClient(url) as client:
        submission = asyncio.ensure_future(client.submit(request))
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
