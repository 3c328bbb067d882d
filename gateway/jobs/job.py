from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from gateway.jobs.performance import Performance


class State(StrEnum):
    """Where a job is in its life: queued → running → succeeded | failed | cancelled."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"  # asked to stop; the service has not yet let go
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self in {State.SUCCEEDED, State.FAILED, State.CANCELLED}


# As limner.t2i.v1.Priority counts them.
PRIORITIES = {"background": 1, "normal": 2, "interactive": 3}


class Kind(StrEnum):
    """What a job was asked for: `POST /generate/<kind>`."""

    TEXT_TO_IMAGE = "text-to-image"
    IMAGE_EDIT = "image-edit"
    CONTROLNET = "controlnet"
    LAYERS = "layers"
    TILED = "tiled"


class Stage(StrEnum):
    """What a job is doing."""

    WAITING = "waiting"
    LOADING = "loading"
    ENCODING = "encoding"
    DENOISING = "denoising"
    DECODING = "decoding"
    SAVING = "saving"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """A complete snapshot of how far a job is."""

    stage: Stage = Stage.WAITING
    step: int = 0  # of the current image, done
    total_steps: int = 0  # 0 while unknown
    image_index: int = 0
    image_count: int = 1
    images_at_once: int = 1  # that the steps make together, from image_index on
    tile: int = 0  # tiles of the current image, done
    tile_count: int = 0  # 0 when the job is not tiled
    queue_position: int | None = None  # 1 is next; None when not waiting
    eta_s: float | None = None
    waiting_for: str | None = None  # in plain words


@dataclass(frozen=True, slots=True)
class Picture:
    """One finished image of a job."""

    index: int
    id: str  # sha256 of the file, in hex
    width: int  # px
    height: int  # px
    seed: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a job failed."""

    code: str  # a name of limner.errors.v1.Reason without prefix
    message: str


@dataclass(frozen=True, slots=True)
class Job:
    """One accepted request and what became of it."""

    id: str  # uuid7, so that ids sort by age
    kind: Kind
    capability: str  # the service that does it
    state: State
    request: dict[str, JsonValue]
    created_at: float  # s since the epoch, as all times here
    model: str | None = None  # None until the request has been checked against its model
    priority: int = 2  # 1 background, 2 normal, 3 interactive
    rank: float | None = None  # place given by hand, lowest first; None: by age
    attempt: int = 1
    losses: int = 0  # attempts in a row that died without getting further
    progress: Progress = Progress()
    images: tuple[Picture, ...] = ()
    fault: Fault | None = None
    performance: Performance | None = None  # None until there is a result
    started_at: float | None = None
    finished_at: float | None = None
    owner: str = ""  # whose job it is; empty while there are no tokens
    batch: str | None = None  # id of the batch that it was sent with
    is_favourite: bool = False  # kept when old jobs go
    holder: str | None = None  # id of the gateway that has given it to a service
    idempotency_key: str | None = None
    request_hash: str = ""


def only_ids(texts: Iterable[str]) -> list[str]:
    """Returns those of the texts that can be ids of jobs: not every database takes every text."""
    return [text for text in texts if text.isascii() and text.isprintable()]
