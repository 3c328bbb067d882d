"""The built-in models, and whatever diffusers checkpoints a folder holds."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib import resources
from pathlib import Path

import structlog

from limner.models.architecture import Part
from limner.models.catalogue import find_entry
from limner.models.checkpoint import inspect, read_pipeline
from limner.models.verdict import Verdict
from services.pipelines.catalogue import (
    BUILT_IN,
    BUILT_IN_EDITOR,
    CONTEXT,
    CONTROL,
    EDIT,
    ENTITIES,
    IMAGE_TO_IMAGE,
    INPAINT,
    LAYERS,
    OUTPAINT,
    TEXT_TO_IMAGE,
    Catalogue,
    Limits,
    Model,
)

log = structlog.get_logger(__name__)

_PAINTER_SKILLS = frozenset({TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINT, OUTPAINT})
_SKILLS = {
    "QwenImagePipeline": _PAINTER_SKILLS,
    "QwenImageEditPipeline": frozenset({EDIT}),
    "QwenImageEditPlusPipeline": frozenset({EDIT}),
    "QwenImageLayeredPipeline": frozenset({LAYERS}),
}

_TAIL_BYTES = 64 * 1024

Traces = tuple[tuple[str, int, int], ...]  # of files and folders: path, size in bytes, when changed (ns)

_BUILT_IN_LIMITS = Limits(128, 128, 64, 256, 16, 20, 4.0, 2.0)

# Qwen-Image was trained around 1.3 to 1.8 megapixels; 2512 px is beyond what stays coherent.
_QWEN_IMAGE_LIMITS = Limits(1328, 1328, 256, 2048, 16, 50, 4.0, 4.0)

# Qwen-Image-Layered was trained at 640 px, and works to 1024 px.
_LAYERED_LIMITS = replace(_QWEN_IMAGE_LIMITS, native_width_px=640, native_height_px=640)

_EXAMPLES = (
    "a red circle on the left and a blue square on the right, white background",
    "a yellow star at the top, black background",
    "a green triangle in the centre, white background",
)
_EDIT_EXAMPLES = ("make the circle green", "remove the square", "add a yellow star at the top")
_BUILT_INS = ((BUILT_IN, "checkpoint", _EXAMPLES), (BUILT_IN_EDITOR, "edit_checkpoint", _EDIT_EXAMPLES))


def read_catalogue(models_dir: Path | None, fresh_s: float = 1.0) -> Catalogue:
    """Lists the built-in models and every usable checkpoint folder in `models_dir`, later ones too.

    The folder is looked at again after `fresh_s`. What cannot be used is passed over, and logged with the
    reason; it hides no other model.
    """
    return Catalogue(_Stock(models_dir, fresh_s).read)


class _Stock:
    """What a folder of models holds; it is read again when something in it has changed."""

    def __init__(self, models_dir: Path | None, fresh_s: float) -> None:
        self._models_dir, self._fresh_s = models_dir, fresh_s
        self._built_in = {model.name: model for model in (_read_built_in(*each) for each in _BUILT_INS)}
        self._looked_at_s = float("-inf")  # monotonic
        self._traces: Traces | None = None
        self._models: Mapping[str, Model] = {}
        self._passed_over: frozenset[Verdict] = frozenset()

    def read(self) -> Mapping[str, Model]:
        """Returns the models by name."""
        now_s = time.monotonic()
        if now_s - self._looked_at_s >= self._fresh_s:
            traces = _trace(self._models_dir)
            if traces != self._traces:
                self._models = self._look()
                self._traces = traces
            self._looked_at_s = now_s
        return self._models

    def _look(self) -> Mapping[str, Model]:
        found = dict(self._built_in)
        verdicts = [(folder, inspect(folder)) for folder in _folders(self._models_dir)]
        for folder, verdict in verdicts:
            if verdict.is_usable and verdict.part is Part.PIPELINE:
                found[folder.name] = _read(folder, verdict)
        passed_over = frozenset(verdict for _, verdict in verdicts if not verdict.is_usable)
        for verdict in sorted(passed_over - self._passed_over, key=lambda each: each.name):
            log.warning("model passed over", reason=verdict.reason, next_step=verdict.next_step)
        self._passed_over = passed_over
        loras_dir = self._models_dir.parent / "loras" if self._models_dir is not None else None
        return {name: replace(model, loras_dir=loras_dir) for name, model in found.items()}


def _trace(models_dir: Path | None) -> Traces:
    """Returns what changes when a model comes, goes or is written to."""
    found: list[tuple[str, int, int]] = []
    for model in _folders(models_dir):
        # ControlNets and adapters are linked into the folders of their bases.
        for folder, _, files in os.walk(model, followlinks=True):
            for path in (folder, *(os.path.join(folder, file) for file in files)):
                with suppress(OSError):
                    status = os.stat(path)
                    found.append((path, status.st_size, status.st_mtime_ns))
    return tuple(found)


def _folders(models_dir: Path | None) -> list[Path]:
    if models_dir is None:
        return []
    try:
        # What begins with a point is a download that is under way.
        return sorted(
            path for path in models_dir.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
    except FileNotFoundError:
        return []
    except OSError as error:
        log.warning("models folder cannot be read", folder=str(models_dir), reason=error.strerror)
        return []


def _read_built_in(name: str, folder: str, examples: tuple[str, ...]) -> Model:
    # A path, not an import: the services read the checkpoints and know nothing of the code that trained them.
    path = Path(str(resources.files("services"))) / "shapes" / folder
    # As Qwen-Image-Edit beside Qwen-Image: the same parts with a transformer and an encoder of its own.
    skills = (
        frozenset({EDIT}) if name == BUILT_IN_EDITOR else _PAINTER_SKILLS | _read_extras(path, inspect(path))
    )
    model = Model(name, name, "Apache-2.0", True, _revision(path), path, _BUILT_IN_LIMITS, skills, examples)
    return _as_catalogued(model)


def _read(folder: Path, verdict: Verdict) -> Model:
    is_layered = verdict.architecture.is_layered or LAYERS in _SKILLS[read_pipeline(folder)]
    skills = frozenset({LAYERS}) if is_layered else _SKILLS[read_pipeline(folder)]
    return _as_catalogued(
        Model(
            name=folder.name,
            title=folder.name,
            license="see the model card",
            commercial_use=False,
            revision=_revision(folder),
            path=folder,
            limits=_LAYERED_LIMITS if is_layered else _QWEN_IMAGE_LIMITS,
            skills=skills if is_layered else skills | _read_extras(folder, verdict),
        )
    )


def _as_catalogued(model: Model) -> Model:
    """Fills in what Limner knows of a model of that name."""
    entry = find_entry(model.name)
    if entry is None:
        return model
    limits = replace(
        model.limits, native_width_px=entry.native_width_px, native_height_px=entry.native_height_px
    )
    return replace(
        model,
        title=entry.title,
        license=entry.license,
        commercial_use=entry.commercial_use,
        limits=limits,
    )


def _read_extras(path: Path, verdict: Verdict) -> frozenset[str]:
    """Returns what further weights in a checkpoint's folder add to it."""
    parts = (Path(part.name) for part in verdict.parts if part.is_usable)
    found = {f"{CONTROL}.{part.name}" for part in parts if part.parent.name == "controlnets"}
    if (path / "processor").is_dir():
        found.add(EDIT)
    adapters = {ENTITIES: ENTITIES, CONTEXT: f"{CONTROL}.{CONTEXT}"}
    found |= {skill for name, skill in adapters.items() if (path / "adapters" / name).is_dir()}
    return frozenset(found)


def _revision(path: Path) -> str:
    """Names the weights by the names, sizes and last bytes of their files.

    A digest of 40 GB would take longer than loading; training changes every tensor, so the tails tell.
    """
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*.safetensors")):
        size_bytes = file.stat().st_size
        digest.update(f"{file.relative_to(path).as_posix()}:{size_bytes};".encode())
        with file.open("rb") as stream:
            stream.seek(max(0, size_bytes - _TAIL_BYTES))
            digest.update(stream.read())
    return digest.hexdigest()[:12]
