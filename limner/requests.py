"""What a studio can be asked for; whatever is None is left to the model."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """What all kinds of jobs have in common."""

    model_config = ConfigDict(frozen=True)

    kind: ClassVar[str]  # the end of the path that takes it

    prompt: str
    negative_prompt: str | None = None
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    quality: str | None = None  # draft, normal or best; steps and guidance_scale override what it stands for
    steps: int | None = None
    guidance_scale: float | None = None
    seed: int | None = None
    count: int | None = None
    model: str | None = None
    priority: str | None = None  # background, normal or interactive
    tier: str | None = None  # of the model's, e.g. full or offload; None: the best that fits


class Lora(BaseModel):
    """Low-rank weights of the studio's `loras` folder."""

    name: str  # of its file, without the ending
    weight: float = 1.0


class TextToImage(Request):
    """A picture of what the prompt says."""

    kind: ClassVar[str] = "text-to-image"

    loras: list[Lora] | None = None


class Box(BaseModel):
    """A rectangle in pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


class Entity(BaseModel):
    """A region with a prompt of its own: inside a mask's white, or inside a box."""

    prompt: str
    mask: str | None = None  # id of an uploaded picture
    box: Box | None = None


class Outpaint(BaseModel):
    """Pixels to add on each side, in multiples of 16."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


class ImageEdit(Request):
    """A change of the first picture: by instruction, or painted over where mask, outpaint or strength say."""

    kind: ClassVar[str] = "image-edit"

    images: list[str]  # ids of uploaded pictures
    mask: str | None = None  # id; white is repainted
    mask_feather_px: int | None = None
    mask_grow_px: int | None = None
    outpaint: Outpaint | None = None
    strength: float | None = None  # in (0, 1]
    entities: list[Entity] | None = None


class Control(BaseModel):
    """A picture whose edges, depths … the result keeps to."""

    image: str  # id
    kind: str  # e.g. canny
    preprocess: bool = False  # True: `image` is a photograph
    scale: float = 1.0
    start: float = 0.0  # share of the steps
    end: float = 1.0


class ControlNet(Request):
    """A picture of what the prompt says, under controls, entities, a start image and a mask."""

    kind: ClassVar[str] = "controlnet"

    controls: list[Control] | None = None
    entities: list[Entity] | None = None
    entities_on_negative: bool | None = None
    init_image: str | None = None
    mask: str | None = None
    mask_feather_px: int | None = None
    mask_grow_px: int | None = None
    strength: float | None = None


class Tiled(Request):
    """A picture larger than the model's: painted from the prompt, or `image` enlarged with new detail."""

    kind: ClassVar[str] = "tiled"

    prompt: str = ""  # may be left out with an image
    image: str | None = None  # id of an uploaded picture
    scale: float | None = None  # of the image, above 1 to 8; or width and height
    strength: float | None = None  # in (0, 1]
    control_scale: float | None = None  # 0 to 2
    tile_size: int | None = None  # pixels
    overlap: int | None = None  # pixels
    mode: str | None = None  # refine or joint
    entities: list[Entity] | None = None


class Layers(Request):
    """A picture taken apart; the prompt describes it. Each seed makes all its layers, the backmost first."""

    kind: ClassVar[str] = "layers"

    image: str  # id of an uploaded picture
    layers: int | None = None  # 1 to 8
