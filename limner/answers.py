"""What a studio answers, and what it tells in its stream of events."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_FINAL = frozenset({"succeeded", "failed", "cancelled"})


class Answer(BaseModel):
    """Base of every answer; what a newer studio adds is passed over."""

    model_config = ConfigDict(frozen=True)


class Progress(Answer):
    """How far a job is."""

    stage: str
    step: int = 0
    total_steps: int = 0
    queue_position: int | None = None
    eta_s: float | None = None
    waiting_for: str | None = None
    image_index: int = 0
    image_count: int = 1
    images_at_once: int = 1  # that the steps make together, from image_index on
    tile: int = 0  # tiles done of the picture; steps count within the next one
    tile_count: int = 0  # 0: not tiled


class JobImage(Answer):
    """One finished picture."""

    id: str
    url: str
    width: int
    height: int
    seed: int


class UploadedImage(Answer):
    """A picture that jobs may refer to by its id."""

    id: str
    url: str
    width: int
    height: int
    format: str  # of the uploaded file: png, jpeg or webp


class InspectedImage(Answer):
    """How a picture was made, as its file says."""

    kind: str
    request: dict[str, Any]  # the body that makes it again
    seed: int | None  # of this very picture
    width: int
    height: int
    format: str
    missing_images: list[str]  # ids that the request refers to and that the studio does not keep
    dropped_fields: list[str]  # what the studio cannot use


class ControlImage(Answer):
    """A control image that jobs may refer to by its id."""

    id: str
    url: str
    width: int
    height: int
    kind: str


class JobError(Answer):
    """Why a job failed."""

    code: str
    message: str


class Performance(Answer):
    """Where the time of a job went, and the memory that it took."""

    tier: str
    waiting_s: float  # for memory, not in the queue
    evicting_s: float  # until the model before was gone
    loading_s: float
    encoding_s: float
    denoising_s: float
    decoding_s: float
    saving_s: float
    swap_s: float  # evicting and loading
    steps: int  # made for all images
    step_s: float | None  # None while unknown
    read_bytes: int  # of weights, to load the model
    streamed_bytes: int  # of weights, while computing
    peak_bytes: int  # on the device; 0 while unknown
    charged_bytes: int  # granted for that; 0 while unknown


class Job(Answer):
    """One accepted request and what became of it."""

    id: str
    kind: str
    status: str  # queued, running, cancelling, succeeded, failed or cancelled
    progress: Progress
    request: dict[str, Any]
    images: list[JobImage]
    error: JobError | None
    performance: Performance | None = None  # None until there is an image
    tier: str | None = None  # in which it ran; None until there is an image
    tier_reason: str | None = None  # why in no better one; None for the best
    priority: str = "normal"  # background, normal or interactive
    batch: str | None = None  # id of the batch that it was sent with
    favourite: bool = False  # kept when old jobs go
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in _FINAL


class JobBatch(Answer):
    """Jobs that were sent together."""

    id: str
    jobs: list[Job]


class Queue(Answer):
    """The jobs that wait, in the order in which they will start."""

    paused: bool
    held_up_by: str | None  # why nothing can start now, in plain words
    waiting: list[Job]  # not necessarily all
    total: int
    eta_s: float | None  # until the last of `waiting` is done


class JobEvent(Answer):
    """A job as it is now."""

    type: Literal["job"]
    seq: int | None  # place in the history; None for progress that is not kept
    job: Job


class PreviewEvent(Answer):
    """A small picture of a running job."""

    type: Literal["preview"]
    job_id: str
    image_index: int
    step: int
    data_url: str  # data:image/webp;base64,…

    @property
    def image(self) -> bytes:
        """The WebP file."""
        return base64.b64decode(self.data_url.partition(",")[2])


class QueueEvent(Answer):
    """Which jobs wait, in the order in which they will start."""

    type: Literal["queue"]
    waiting: list[str]  # ids, the next one first; not necessarily all
    total: int
    held_up_by: str | None
    paused: bool = False


class ResetEvent(Answer):
    """Events may be missing: what is known of jobs is to be fetched again. A new stream starts with it."""

    type: Literal["reset"]


class Download(Answer):
    """The download of a model, as it is now."""

    model: str
    state: Literal["waiting", "downloading", "finished", "failed", "cancelled"]
    file: str  # that is being fetched or checked
    done_bytes: int
    total_bytes: int  # 0: not known yet
    bytes_per_s: float | None
    eta_s: float | None
    text: str | None  # why it failed and what to do about it


class DownloadEvent(Answer):
    """A download has got further, or has ended."""

    type: Literal["download"]
    download: Download


Event = Annotated[
    JobEvent | PreviewEvent | QueueEvent | DownloadEvent | ResetEvent, Field(discriminator="type")
]
