"""`limner models check`: what is wrong with what is on this machine, and what to do about it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from limner.cli.failure import CommandFailed
from limner.cli.options import DEFAULT_HOME, DEFAULT_HOST, DEFAULT_PORT, HomeOption, JsonOption
from limner.cli.programs import environment
from limner.cli.refusal import BAD_INPUT
from limner.home import locate
from limner.models.catalogue import read_catalogue
from limner.models.checkpoint import inspect
from limner.models.integrity import Complaint, compare
from limner.models.library import Library
from limner.models.recognition import recognise
from limner.models.verdict import Verdict


def check(
    name: Annotated[
        str,
        typer.Argument(help="A model, or any file or folder; default: all that is here.", show_default=False),
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    quick: Annotated[bool, typer.Option("--quick", help="Read headers only, and digest nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say of model files whether they are whole, what they are, and whether they are the ones promised.

    Files whose SHA-256 is known are read from end to end, which takes a minute for ten gigabytes.
    """
    given = environment(locate(home), DEFAULT_HOST, DEFAULT_PORT, os.environ)
    library = Library(Path(given["LIMNER_T2I_MODELS_DIR"]), read_catalogue())
    found = [(path, inspect(path) if path.is_dir() else recognise(path)) for path in _paths(library, name)]
    complaints = {path: () if quick else tuple(compare(path, library)) for path, _ in found}
    if as_json:
        print(json.dumps([_to_json(verdict, complaints[path]) for path, verdict in found], indent=2))
    else:
        _show(found, complaints)
    if any(complaints.values()) or any(not verdict.is_usable for _, verdict in found):
        raise CommandFailed("Something of it cannot be used.")


def _paths(library: Library, name: str) -> list[Path]:
    if not name:
        return list(_all(library))
    for entry in library.entries:
        if entry.name.lower() == name.lower() and library.shelf_of(entry).has(entry.name):
            return [library.shelf_of(entry).finished(entry.name)]
    for path in (library.models / name, library.loras / name, Path(name)):
        if path.exists():
            return [path]
    text = f"There is no model, file or folder {name!r}; `limner models list` names the models."
    raise CommandFailed(text, BAD_INPUT)


def _all(library: Library) -> Iterator[Path]:
    for folder in (library.models, library.loras):
        try:
            yield from sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CommandFailed(f"{folder} cannot be read: {error.strerror}.") from error


def _to_json(verdict: Verdict, complaints: tuple[Complaint, ...]) -> dict[str, Any]:
    return {**asdict(verdict), "complaints": [asdict(each) for each in complaints]}


def _show(found: list[tuple[Path, Verdict]], complaints: dict[Path, tuple[Complaint, ...]]) -> None:
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if not found:
        console.print("Nothing was downloaded; `limner models list` names what can be.")
    for path, verdict in found:
        console.print(
            f"{'ok ' if verdict.is_usable else 'BAD'}  {verdict.reason} {verdict.next_step}".rstrip()
        )
        for part in verdict.parts:
            if part.reason not in verdict.reason:
                console.print(f"     {part.reason} {part.next_step}".rstrip())
        for complaint in complaints[path]:
            console.print(f"BAD  {complaint.file} {complaint.what}; fetch it again.")
