"""From a finished picture to the file and the record of how it was made."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from google.protobuf.duration_pb2 import Duration
from PIL.Image import Image as Picture

from limner.image.v1.image_pb2 import Image, Size
from limner.progress.v1.progress_pb2 import Provenance
from services.pipelines.brief import Brief
from services.pipelines.pixels import describe_parameters, digest, encode_png


@dataclass(frozen=True, slots=True)
class Finish:
    """What all pictures of one job have in common, and how long their stages took, in seconds."""

    brief: Brief
    tier: str
    library_versions: Mapping[str, str]
    durations_s: dict[str, float] = field(default_factory=dict[str, float])
    take_streamed_bytes: Callable[[], int] = int  # returns the bytes of weights brought since its last call

    def __post_init__(self) -> None:
        self.take_streamed_bytes()  # those of an earlier job

    def encode(self, index: int, picture: Picture, **settings: object) -> Image:
        """Returns the PNG of picture `index`, whose `parameters` text tells the settings."""
        started_s = time.monotonic()
        data = encode_png(picture, self.describe(index, (picture.width, picture.height), **settings))
        self.durations_s["saving"] = time.monotonic() - started_s
        return Image(
            data=data,
            format="png",
            size=Size(width=picture.width, height=picture.height),
            sha256=digest(data),
        )

    def describe(self, index: int, size_px: tuple[int, int], **settings: object) -> dict[str, str]:
        """Returns the text chunks of picture `index`."""
        brief = self.brief
        told = {
            "Steps": brief.steps,
            "Sampler": "Euler flow matching",
            "CFG scale": brief.guidance_scale,
            "Seed": brief.seeds[index],
            "Size": f"{size_px[0]}x{size_px[1]}",
            "Model": brief.model.name,
            "Model hash": brief.model.revision,
            **_describe_recipe(brief),
            **settings,
            "Version": "Limner",
        }
        parameters = describe_parameters(brief.prompt, brief.negative_prompt, told)
        return {"parameters": parameters, **dict(brief.metadata)}

    def provenance(self) -> Provenance:
        """Returns what made the last picture, and forgets its times: what several share is told once."""
        told = Provenance(
            model=self.brief.model.name,
            revision=self.brief.model.revision,
            tier=self.tier,
            quality=self.brief.quality,
            computed_steps=self.brief.computed_steps,
            adapter=self.brief.adapter,
            library_versions=self.library_versions,
            streamed_bytes=self.take_streamed_bytes(),
            stage_durations={name: _to_duration(spent_s) for name, spent_s in self.durations_s.items()},
        )
        self.durations_s.clear()
        return told


def _describe_recipe(brief: Brief) -> dict[str, object]:
    told: dict[str, object] = {"Quality": brief.quality}
    if brief.computed_steps < brief.steps:
        told["Computed steps"] = brief.computed_steps
    if brief.adapter:
        told["Adapter"] = brief.adapter
    return told


def _to_duration(spent_s: float) -> Duration:
    return Duration(nanos=int(spent_s % 1 * 1e9), seconds=int(spent_s))
