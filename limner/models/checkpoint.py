"""Recognises a folder in diffusers' layout: what it paints, and whether all of it is there and fits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from limner.models.architecture import Architecture, Part
from limner.models.fitting import (
    FETCH,
    WANTED,
    Obstacle,
    contradict,
    control_config,
    find_obstacle,
    fits_control,
)
from limner.models.part import judge_part, read_json
from limner.models.recognition import recognise
from limner.models.verdict import Verdict

INDEX = "model_index.json"
CONFIG = "config.json"
_COMPANIONS = ("tokenizer", "scheduler")
_AGAIN = "Fetch or copy it again."
_TEXTS = frozenset({".json", ".md", ".txt", ".jinja", ".png", ".jpg", ".jpeg", ".webp", ""})


def inspect(folder: Path) -> Verdict:
    """Returns the verdict on a folder, whatever is in it, and also when it cannot be read."""
    try:
        return _inspect(folder)
    except OSError as error:
        where = Path(error.filename).name if isinstance(error.filename, str) else folder.name
        reason = f"{where} cannot be read: {(error.strerror or str(error)).lower()}."
        return Verdict(folder.name, False, reason, "Check that it is there and that you may read it.")


def read_pipeline(folder: Path) -> str:
    """Returns the name of the pipeline that a folder is for. Raises ValueError, or OSError."""
    pipeline = read_json(folder / INDEX).get("_class_name")
    if not isinstance(pipeline, str):
        raise ValueError("it names no pipeline")
    return pipeline


def usable_controls(folder: Path) -> list[Path]:
    """Returns the folders of a checkpoint's ControlNets that can be loaded, by name. Raises OSError."""
    transformer = judge_part(folder, folder / "transformer").architecture
    return [folder / verdict.name for verdict in _controls(folder, transformer) if verdict.is_usable]


def _inspect(folder: Path) -> Verdict:
    try:
        pipeline = read_pipeline(folder)
    except FileNotFoundError:
        return _inspect_loose(folder)
    except ValueError as error:
        return Verdict(folder.name, False, f"{folder.name}/{INDEX} cannot be used: {error}.", _AGAIN)
    parts = {name: _as_wanted(judge_part(folder, folder / name), part) for name, part in WANTED.items()}
    extras = tuple(_controls(folder, parts["transformer"].architecture))
    whole = Verdict(
        folder.name,
        True,
        f"{folder.name} is a whole {pipeline}.",
        architecture=replace(parts["transformer"].architecture, part=Part.PIPELINE),
        dtype=parts["transformer"].dtype,
        parameters=sum(part.parameters for part in parts.values()),
        size_bytes=sum(part.size_bytes for part in (*parts.values(), *extras)),
        parts=(*parts.values(), *extras),
    )
    obstacle = (
        find_obstacle(folder.name, pipeline, parts)
        or _missing_companion(folder, pipeline)
        or _config_at_odds(folder, parts)
    )
    if obstacle is None:
        return whole
    return replace(whole, is_usable=False, reason=obstacle.reason, next_step=obstacle.next_step)


def _as_wanted(found: Verdict, wanted: Part) -> Verdict:
    """Has a part that is in its place count as usable."""
    if found.part is not wanted or found.architecture.is_scaled:
        return found
    sizes = f"{found.architecture.blocks} blocks, " if found.architecture.blocks else ""
    reason = f"{found.name}: {wanted} of the {found.family} family, {sizes}{found.architecture.width} wide."
    return replace(found, is_usable=True, reason=reason, next_step="")


def _controls(folder: Path, transformer: Architecture) -> Iterator[Verdict]:
    for control in sorted(path for path in folder.glob("controlnets/*") if path.is_dir()):
        if control.name.startswith("."):
            continue
        found = judge_part(folder, control)
        if not fits_control(found.architecture, transformer):
            yield _unfit_control(found, transformer)
        elif not (control / CONFIG).is_file():
            reason = f"{found.name} has no {CONFIG}."
            yield replace(found, is_usable=False, reason=reason, next_step=_write(found.architecture))
        else:
            yield _as_wanted(found, Part.CONTROL)


def _unfit_control(found: Verdict, transformer: Architecture) -> Verdict:
    if found.part is not Part.CONTROL:
        return replace(found, is_usable=False)
    what = f"{found.architecture.blocks} blocks, {found.architecture.width} wide"
    wanted = f"{transformer.blocks}, {transformer.width} wide"
    reason = f"{found.name} is for a transformer of {what}, and this one has {wanted}."
    return replace(found, is_usable=False, reason=reason, next_step="Remove it from this folder.")


def _write(control: Architecture) -> str:
    return f"Write {json.dumps(control_config(control))} into it."


def _inspect_loose(folder: Path) -> Verdict:
    """Judges a folder that says nothing of itself by the weights that lie in it."""
    parts = [name for name in WANTED if (folder / name).is_dir()]
    if parts:
        reason = f"{folder.name} has a {parts[0]} and no {INDEX}, so nobody knows what it paints."
        return Verdict(folder.name, False, reason, f"Fetch or copy the {INDEX} of that model.")
    files = [file for file in sorted(folder.iterdir()) if file.is_file()]
    weights = [file for file in files if file.suffix == ".safetensors"]
    if weights:
        found = recognise(weights[0]) if len(weights) == 1 else judge_part(folder.parent, folder)
        return replace(found, name=folder.name)
    for file in files:
        if file.suffix.lower() not in _TEXTS:
            return replace(recognise(file), name=folder.name)
    return Verdict(folder.name, False, f"{folder.name} holds no model.", FETCH)


def _missing_companion(folder: Path, pipeline: str) -> Obstacle | None:
    reads_pictures = "Edit" in pipeline or "Layered" in pipeline
    for name in (*_COMPANIONS, "processor") if reads_pictures else _COMPANIONS:
        if not (folder / name).is_dir():
            return Obstacle(f"{folder.name} has no {name}.", f"Fetch or copy the {name} of that model.")
    return None


def _config_at_odds(folder: Path, parts: Mapping[str, Verdict]) -> Obstacle | None:
    for name in WANTED:
        where = f"{folder.name}/{name}/config.json"
        try:
            said = read_json(folder / name / "config.json")
        except FileNotFoundError:
            return Obstacle(f"{where} is not there.", _AGAIN)
        except ValueError as error:
            return Obstacle(f"{where} cannot be used: {error}.", _AGAIN)
        if name == "transformer" and (why := contradict(said, parts[name].architecture)):
            return Obstacle(f"{where} {why}.", "Fetch or copy that part again.")
    return None
