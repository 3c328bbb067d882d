"""What clients ask for: the bodies of `POST /generate/…` and `/preprocess`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

MAX_SEED = 2**53 - 1  # the largest integer that JavaScript keeps exact
Prompt = Annotated[str, Field(min_length=1, max_length=2000)]
Side = Annotated[int, Field(ge=16, le=8192, multiple_of=16)]
ImageId = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="Of `POST /images`, or of a finished picture.",
        examples=["0123456789abcdef" * 4],
    ),
]
Margin = Annotated[int, Field(ge=0, le=4096, multiple_of=16)]
Share = Annotated[float, Field(ge=0, le=1)]
Priority = Literal["background", "normal", "interactive"]
Quality = Literal["draft", "normal", "best"]
TierChoice = Literal["auto", "full", "fp8", "nf4", "offload", "stream"]  # limner.models.tiers.CHOICES
Strength = Annotated[float, Field(gt=0, le=1)]


class Body(BaseModel):
    """Base of every request: nothing is converted, nothing unknown is passed over."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class GenerateRequest(Body):
    """What all have in common. All but the prompt have defaults, which come from the model."""

    prompt: Prompt = Field(
        description="What to paint; not blank.", examples=["a red circle above a blue square"]
    )
    negative_prompt: str = Field(default="", max_length=2000, description="What to avoid.")
    width: Side | None = Field(default=None, description="Pixels; default: the model's.")
    height: Side | None = Field(default=None, description="Pixels; default: the model's.")
    quality: Quality = Field(
        default="normal",
        description="What steps and guidance_scale are where they are left out; see the model.",
    )
    steps: int | None = Field(default=None, ge=2, le=100, description="Denoising steps; default: by quality.")
    guidance_scale: float | None = Field(
        default=None,
        ge=1,
        le=20,
        description="How closely to follow the prompt; 1 switches guidance off. Default: by quality.",
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        le=MAX_SEED,
        description="Of the first image; further images count up. Default: random.",
    )
    count: int = Field(default=1, ge=1, le=16, description="How many images.")
    model: str | None = Field(
        default=None, min_length=1, max_length=200, description="Default: the service's first."
    )
    priority: Priority = Field(default="normal", description="Interactive goes first, background last.")
    tier: TierChoice = Field(
        default="auto",
        description="How weights are held: auto takes the best that fits, another name only that.",
    )

    @property
    def image_count(self) -> int:
        """How many images the job makes."""
        return self.count

    def to_record(self) -> dict[str, JsonValue]:
        """Returns what is kept of the request and written into its pictures.

        When a job is made does not belong to what is made: the file would differ.
        """
        return self.model_dump(mode="json", exclude={"priority"})


class LoraChoice(Body):
    """Low-rank weights of the `loras` folder, and how strongly they act."""

    name: str = Field(
        min_length=1, max_length=200, description="Its file's name without the ending.", examples=["ink"]
    )
    weight: float = Field(default=1.0, ge=-4, le=4, description="1: as it was trained; 0: not at all.")


class TextToImageRequest(GenerateRequest):
    """What to paint."""

    loras: list[LoraChoice] = Field(
        default_factory=list[LoraChoice],
        max_length=8,
        description="Those that fit the model, by name; they add up.",
    )


class MaskedRequest(GenerateRequest):
    """A picture and where it may change: white in the mask is repainted, black is kept bit for bit."""

    mask: ImageId | None = Field(default=None, description="A picture of the same size as the one it masks.")
    mask_feather_px: int = Field(default=0, ge=0, le=256, description="Width of the mask's soft edge.")
    mask_grow_px: int = Field(default=0, ge=-256, le=256, description="Grows the mask; negative shrinks it.")


class Box(Body):
    """A rectangle in pixels of the picture; right and bottom are exclusive."""

    left: int = Field(ge=0, le=8192)
    top: int = Field(ge=0, le=8192)
    right: int = Field(ge=1, le=8192)
    bottom: int = Field(ge=1, le=8192)


class Entity(Body):
    """A region of the picture with a prompt of its own."""

    prompt: str = Field(min_length=1, max_length=500)
    mask: ImageId | None = Field(default=None, description="White is the region. Either this or a box.")
    box: Box | None = None

    @model_validator(mode="after")
    def _has_one_shape(self) -> Self:
        if (self.mask is None) == (self.box is None):
            raise ValueError("give each entity either a mask or a box")
        return self


class Outpaint(Body):
    """Pixels to add on each side."""

    left: Margin = 0
    top: Margin = 0
    right: Margin = 0
    bottom: Margin = 0

    @model_validator(mode="after")
    def _adds_something(self) -> Self:
        if not (self.left or self.top or self.right or self.bottom):
            raise ValueError("outpaint adds nothing on any side; give at least one side some pixels")
        return self


class ImageEditRequest(MaskedRequest):
    """What to change: as an instruction, or with `mask`, `outpaint` or `strength` what is to be seen."""

    images: list[ImageId] = Field(
        min_length=1, max_length=4, description="The first is edited; the others are referred to."
    )
    outpaint: Outpaint | None = Field(default=None, description="Continues the picture beyond its border.")
    strength: Strength | None = Field(
        default=None,
        description="Paints over the first image, from hardly (0.1) to altogether (1).",
    )
    entities: list[Entity] = Field(default_factory=list[Entity], max_length=8)

    @property
    def paints_over(self) -> bool:
        """Whether the prompt describes the picture rather than a change."""
        return self.mask is not None or self.outpaint is not None or self.strength is not None

    @model_validator(mode="after")
    def _is_one_kind_of_edit(self) -> Self:
        if self.mask is not None and self.outpaint is not None:
            raise ValueError("mask and outpaint exclude each other; send one of them")
        if self.paints_over and len(self.images) > 1:
            raise ValueError("mask, outpaint and strength work on one image; images has more")
        return self


class Control(Body):
    """A picture whose edges, depths … the result keeps to."""

    image: ImageId
    kind: str = Field(min_length=1, max_length=50, description="canny, or another that the model has.")
    preprocess: bool = Field(
        default=False, description="True: `image` is a photograph, from which the control image is made."
    )
    scale: float = Field(default=1.0, gt=0, le=2, description="How strongly it acts.")
    start: Share = Field(default=0.0, description="Share of the steps after which it acts.")
    end: Share = Field(default=1.0, description="Share of the steps after which it stops.")

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"start is {self.start:g} and end {self.end:g}; start must be below end")
        return self


class ControlNetRequest(MaskedRequest):
    """What to paint under controls, entities, a start image and a mask, in any combination."""

    controls: list[Control] = Field(default_factory=list[Control], max_length=4)
    entities: list[Entity] = Field(default_factory=list[Entity], max_length=8)
    entities_on_negative: bool = Field(
        default=False, description="The negative prompt, too, is applied region by region."
    )
    init_image: ImageId | None = Field(default=None, description="The picture to paint over.")
    strength: Strength | None = Field(default=None, description="With init_image: how far to leave it.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.controls and not self.entities:
            raise ValueError("give controls or entities; without both, use /generate/text-to-image")
        for name, value in (("mask", self.mask), ("strength", self.strength)):
            if value is not None and self.init_image is None:
                raise ValueError(f"{name} is given without init_image; add the picture that it applies to")
        return self


class LayersRequest(GenerateRequest):
    """A picture to take apart; the prompt describes it, with what is hidden in it."""

    image: ImageId
    layers: int = Field(default=4, ge=1, le=8, description="How many each seed makes, the backmost first.")

    @property
    def image_count(self) -> int:
        """How many images the job makes."""
        return self.count * self.layers


class TiledRequest(GenerateRequest):
    """A picture larger than the model's: painted from the prompt, or `image` enlarged with new detail."""

    prompt: str = Field(
        default="",
        max_length=2000,
        description="What to paint. With an image it may be left out.",
        examples=["a red circle above a blue square"],
    )
    width: Side | None = Field(default=None, description="Pixels of the result; required without an image.")
    height: Side | None = Field(default=None, description="Pixels of the result; required without an image.")
    image: ImageId | None = Field(default=None, description="The picture to enlarge.")
    scale: float | None = Field(
        default=None, gt=1, le=8, description="How far to enlarge it; instead of width and height."
    )
    strength: Strength | None = Field(
        default=None, description="How much detail is painted anew; default: the service's."
    )
    control_scale: float | None = Field(
        default=None, ge=0, le=2, description="How closely the image's own edges are kept; default: 0."
    )
    tile_size: Side | None = Field(default=None, description="Pixels; default: the model's shorter side.")
    overlap: int | None = Field(
        default=None, ge=16, le=4096, description="Pixels, at most half a tile; default: a quarter of one."
    )
    mode: Literal["refine", "joint"] | None = Field(
        default=None,
        description="refine: a base, enlarged and refined tile by tile. joint: all tiles denoised together. "
        "Default: refine, or joint with entities.",
    )
    entities: list[Entity] = Field(default_factory=list[Entity], max_length=16)

    @property
    def is_joint(self) -> bool:
        """Whether all tiles are denoised together."""
        return self.mode == "joint" or (self.mode is None and bool(self.entities))


class PreprocessRequest(Body):
    """Which control image to make from a picture."""

    image: ImageId
    kind: str = Field(min_length=1, max_length=50, examples=["canny"])
    parameters: dict[str, float] = Field(
        default_factory=dict[str, float], max_length=8, description="canny: low and high, 0 to 255."
    )
