"""Which models there are: the built-in one, and whatever diffusers checkpoints the models folder holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import structlog

from limner.models.architecture import Part
from limner.models.catalogue import find_entry
from limner.models.checkpoint import inspect, read_pipeline
from limner.models.verdict import Verdict
from services.rpc.errors import ModelNotFound

log = structlog.get_logger(__name__)

BUILT_IN = "shapes"
BUILT_IN_EDITOR = "shapes-edit"

# What models can do; a ControlNet's skill is named `control.<kind>`.
TEXT_TO_IMAGE, IMAGE_TO_IMAGE = "text_to_image", "image_to_image"
EDIT, INPAINT, OUTPAINT, ENTITIES, CONTROL = "edit", "inpaint", "outpaint", "entities", "control"
# In-context control: an adapter teaches the transformer to read a control image itself.
CONTEXT = "context"
# What an adapter teaches of close-ups, for tiles; it helps and is no skill of its own.
DETAIL = "detail"
# Layered models take a picture apart, and can do nothing else.
LAYERS = "layers"
_PAINTER_SKILLS = frozenset({TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINT, OUTPAINT})
_SKILLS = {
    "QwenImagePipeline": _PAINTER_SKILLS,
    "QwenImageEditPipeline": frozenset({EDIT}),
    "QwenImageEditPlusPipeline": frozenset({EDIT}),
    "QwenImageLayeredPipeline": frozenset({LAYERS}),
}

_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model accepts."""

    native_width_px: int
    native_height_px: int
    min_side_px: int
    max_side_px: int
    size_multiple_px: int
    default_steps: int
    default_guidance_scale: float
    default_edit_guidance_scale: float  # of instructions, which need less


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalogue."""

    name: str
    title: str
    license: str
    commercial_use: bool
    revision: str
    path: Path
    limits: Limits
    skills: frozenset[str]
    example_prompts: tuple[str, ...] = ()
    loras_dir: Path | None = None  # low-rank weights, of which some may fit it


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


class Catalogue:
    """Models by name; the first that can do what is asked is the default."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = dict(models)

    @property
    def models(self) -> tuple[Model, ...]:
        """Every model, the default first."""
        return tuple(self._models.values())

    def that_can(self, *skills: str) -> Catalogue:
        """Returns those of the models that have one of `skills`."""
        able = {name: model for name, model in self._models.items() if model.skills.intersection(skills)}
        return Catalogue(able)

    def find(self, name: str, skill: str | None = None) -> Model:
        """Returns the model of that name; without a name the first that has `skill`, else the first of all.

        Raises ModelNotFound.
        """
        able = (model.name for model in self.models if skill in model.skills)
        wanted = name or next(able, next(iter(self._models), ""))
        try:
            return self._models[wanted]
        except KeyError:
            raise ModelNotFound(name, self._models) from None


def read_catalogue(models_dir: Path | None) -> Catalogue:
    """Lists the built-in models and every usable checkpoint folder in `models_dir`.

    What cannot be used is passed over, and logged with the reason; it hides no other model.
    """
    found = {model.name: model for model in (_read_built_in(*each) for each in _BUILT_INS)}
    for folder in _folders(models_dir):
        verdict = inspect(folder)
        if verdict.is_usable and verdict.part is Part.PIPELINE:
            found[folder.name] = _read(folder, verdict)
        elif not verdict.is_usable:
            log.warning("model passed over", reason=verdict.reason, next_step=verdict.next_step)
    loras_dir = models_dir.parent / "loras" if models_dir is not None else None
    return Catalogue({name: replace(model, loras_dir=loras_dir) for name, model in found.items()})


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
