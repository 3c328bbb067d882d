"""Which models there are: the built-in one, and whatever diffusers checkpoints the models folder holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import structlog

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
    """Lists the built-in models and every Qwen-Image checkpoint folder in `models_dir`."""
    found = {model.name: model for model in (_built_in_painter(), _built_in_editor())}
    folders = sorted(models_dir.iterdir()) if models_dir is not None and models_dir.is_dir() else []
    for folder in folders:
        if model := _recognise(folder):
            found[model.name] = model
    return Catalogue(found)


def _built_in_painter() -> Model:
    path = _built_in("checkpoint")
    return Model(
        name=BUILT_IN,
        title="Shapes, the built-in model",
        license="Apache-2.0",
        commercial_use=True,
        revision=_revision(path),
        path=path,
        limits=_BUILT_IN_LIMITS,
        skills=_PAINTER_SKILLS | _read_extras(path),
        example_prompts=_EXAMPLES,
    )


def _built_in_editor() -> Model:
    # As Qwen-Image-Edit beside Qwen-Image: the same parts with a transformer and an encoder of its own.
    path = _built_in("edit_checkpoint")
    return Model(
        name=BUILT_IN_EDITOR,
        title="Shapes Edit, the built-in model for instructions",
        license="Apache-2.0",
        commercial_use=True,
        revision=_revision(path),
        path=path,
        limits=_BUILT_IN_LIMITS,
        skills=frozenset({EDIT}),
        example_prompts=_EDIT_EXAMPLES,
    )


def _built_in(folder: str) -> Path:
    # A path, not an import: the services read the checkpoints and know nothing of the code that trained them.
    return Path(str(resources.files("services"))) / "shapes" / folder


def _recognise(folder: Path) -> Model | None:
    index = folder / "model_index.json"
    try:
        pipeline = json.loads(index.read_text())["_class_name"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    skills = _SKILLS.get(pipeline)
    if skills is None:
        log.info("model passed over", folder=folder.name, pipeline=pipeline)
        return None
    is_layered = LAYERS in skills or _knows_layers(folder)
    return Model(
        name=folder.name,
        title=folder.name,
        license="see the model card",
        commercial_use=False,
        revision=_revision(folder),
        path=folder,
        limits=_LAYERED_LIMITS if is_layered else _QWEN_IMAGE_LIMITS,
        skills=frozenset({LAYERS}) if is_layered else skills | _read_extras(folder),
    )


def _knows_layers(folder: Path) -> bool:
    """Tells whether a transformer counts in layers, whatever the pipeline that it was put into."""
    try:
        config = json.loads((folder / "transformer" / "config.json").read_text())
    except (OSError, ValueError):
        return False
    return config.get("use_layer3d_rope") is True


def _read_extras(path: Path) -> frozenset[str]:
    """Returns what further weights in a checkpoint's folder add to it."""
    found = {f"{CONTROL}.{folder.parent.name}" for folder in path.glob("controlnets/*/config.json")}
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
