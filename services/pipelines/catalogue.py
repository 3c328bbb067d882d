"""Which models there are, and what each can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.rpc.errors import ModelNotFound

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


class Catalogue:
    """Models by name; the first that can do what is asked is the default."""

    def __init__(self, read: Callable[[], Mapping[str, Model]]) -> None:
        self._read = read

    @property
    def models(self) -> tuple[Model, ...]:
        """Every model that there is now, the default first."""
        return tuple(self._read().values())

    def that_can(self, *skills: str) -> Catalogue:
        """Returns those of the models that have one of `skills`."""

        def read() -> dict[str, Model]:
            return {name: model for name, model in self._read().items() if model.skills.intersection(skills)}

        return Catalogue(read)

    def find(self, name: str, skill: str | None = None) -> Model:
        """Returns the model of that name; without a name the first that has `skill`, else the first of all.

        Raises ModelNotFound.
        """
        models = self._read()
        able = (model.name for model in models.values() if skill in model.skills)
        wanted = name or next(able, next(iter(models), ""))
        try:
            return models[wanted]
        except KeyError:
            raise ModelNotFound(name, models) from None
