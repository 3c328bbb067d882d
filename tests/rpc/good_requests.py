"""A good request for every method that a service offers to strangers, as full as it can be."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from PIL import Image

from limner.arbiter.v1 import arbiter_pb2
from limner.capability.v1 import capability_pb2
from limner.edit.v1 import edit_pb2
from limner.image.v1 import image_pb2
from limner.progress.v1.progress_pb2 import Checkpoint
from limner.t2i.v1 import t2i_pb2
from limner.tiling.v1 import tiling_pb2
from tests.rpc.odd_pictures import encode

_SIZE = image_pb2.Size(width=64, height=64)
_PICTURE = image_pb2.Image(
    data=encode(Image.linear_gradient("L").resize((64, 64)).convert("RGB")), format="png"
)
_BOX = image_pb2.Mask(box=image_pb2.Box(left=8, top=8, right=40, bottom=40), feather_px=2, grow_px=1)
_PAINTED = image_pb2.Mask(image=_PICTURE)
_ENTITY = edit_pb2.Entity(prompt="a red circle", mask=_BOX)
_CONTROL = edit_pb2.Control(kind="canny", image=_PICTURE, preprocess=True, scale=1, end=0.5)
_TILES = tiling_pb2.Tiles(tile_px=64, overlap_px=16, mode=tiling_pb2.MODE_REFINE)
_CHECKPOINT = Checkpoint(step=1, latents=b"none", fingerprint="other")


def good_requests() -> list[Message]:
    """Returns them, fresh and of different types or kinds."""
    settings = _settings()
    sized = _settings(size=image_pb2.Size(width=128, height=64))
    return [
        t2i_pb2.GenerateImagesRequest(
            prompt="a red circle",
            negative_prompt="blue",
            size=_SIZE,
            steps=2,
            guidance_scale=2,
            seeds=[1],
            resume_from=_CHECKPOINT,
            priority=t2i_pb2.PRIORITY_NORMAL,
            metadata={"limner": "{}"},
        ),
        edit_pb2.EditImageRequest(settings=settings, images=[_PICTURE], entities=[_ENTITY]),
        edit_pb2.EditImageRequest(settings=_settings(model="shapes"), images=[_PICTURE], strength=0.5),
        edit_pb2.InpaintImageRequest(settings=settings, image=_PICTURE, mask=_BOX, entities=[_ENTITY]),
        edit_pb2.InpaintImageRequest(settings=settings, image=_PICTURE, mask=_PAINTED, strength=0.5),
        edit_pb2.InpaintImageRequest(
            settings=settings, image=_PICTURE, outpaint=edit_pb2.Outpaint(left=16, bottom=16)
        ),
        edit_pb2.GenerateControlledRequest(
            settings=settings, controls=[_CONTROL], entities=[_ENTITY], start_image=_PICTURE, mask=_BOX
        ),
        edit_pb2.SeparateLayersRequest(settings=settings, image=_PICTURE, layer_count=2),
        edit_pb2.PreprocessControlRequest(kind="canny", image=_PICTURE, parameters={"low": 50, "high": 100}),
        tiling_pb2.GenerateTiledRequest(settings=sized, tiles=_TILES, entities=[_ENTITY], strength=0.3),
        tiling_pb2.UpscaleTiledRequest(
            settings=_settings(size=None), image=_PICTURE, scale=2, control_scale=1, tiles=_TILES
        ),
        capability_pb2.DescribeRequest(),
        capability_pb2.DescribeMemoryRequest(),
        capability_pb2.QuoteRequest(model="shapes", size=_SIZE, steps=2),
        arbiter_pb2.QuoteRequest(alternatives=[_alternative()]),
        arbiter_pb2.AdministerRequest(undrain_device="cpu:0"),
        arbiter_pb2.SnapshotRequest(),
        arbiter_pb2.WatchRequest(after_revision=1),
    ]


def _settings(size: image_pb2.Size | None = _SIZE, model: str = "") -> edit_pb2.Settings:
    return edit_pb2.Settings(
        prompt="a red circle",
        negative_prompt="blue",
        size=size,
        steps=2,
        guidance_scale=2,
        seeds=[1],
        model=model,
        resume_from=_CHECKPOINT,
        metadata={"limner": "{}"},
        priority=edit_pb2.PRIORITY_NORMAL,
    )


def _alternative() -> arbiter_pb2.Alternative:
    charge = arbiter_pb2.Charge(resident_bytes=1, working_bytes=1, load_extra_bytes=1, context_bytes=1)
    host = arbiter_pb2.HostCharge(pageable_bytes=1, pinned_bytes=1)
    second = Duration(seconds=1)
    return arbiter_pb2.Alternative(
        tier="full", profile="p", charges=[charge], host=host, load=second, run=second
    )
