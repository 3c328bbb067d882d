"""What each kind of job is asked for with, which service does it, and how it is called."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from grpc import aio

from gateway.images import ImageStore
from gateway.jobs.editing import control, edit, separate
from gateway.jobs.job import Job, Kind
from gateway.jobs.messages import Message
from gateway.jobs.painting import paint
from gateway.jobs.tiling import tile
from gateway.replicas import EDIT, T2I, TILING, Service
from gateway.requests import (
    ControlNetRequest,
    GenerateRequest,
    ImageEditRequest,
    LayersRequest,
    TextToImageRequest,
    TiledRequest,
)
from limner.progress.v1.progress_pb2 import Checkpoint

Call = Callable[[aio.Channel, Job, ImageStore, Checkpoint | None], AsyncGenerator[Message]]


@dataclass(frozen=True, slots=True)
class Trade:
    """Everything that differs between kinds of jobs."""

    service: Service
    body: type[GenerateRequest]
    call: Call


TRADES = {
    Kind.TEXT_TO_IMAGE: Trade(T2I, TextToImageRequest, paint),
    Kind.IMAGE_EDIT: Trade(EDIT, ImageEditRequest, edit),
    Kind.CONTROLNET: Trade(EDIT, ControlNetRequest, control),
    Kind.LAYERS: Trade(EDIT, LayersRequest, separate),
    Kind.TILED: Trade(TILING, TiledRequest, tile),
}


def kind_of(body: GenerateRequest) -> Kind:
    """Returns which kind of job a request makes."""
    return next(kind for kind, trade in TRADES.items() if isinstance(body, trade.body))
