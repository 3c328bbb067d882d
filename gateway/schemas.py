"""The shapes of the REST interface."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gateway.jobs.job import Kind, Stage, State
from gateway.requests import Priority, Quality


class Shape(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class JobProgress(Shape):
    """A complete snapshot of how far a job is."""

    stage: Stage
    step: int = Field(description="Steps done on the current image.")
    total_steps: int = Field(description="0 while unknown.")
    queue_position: int | None = Field(description="1 is next; null when not waiting.")
    eta_s: float | None = Field(description="Seconds until the last image; null while unknown.")
    waiting_for: str | None = Field(description="What is in the way, in plain words; null when nothing is.")
    image_index: int = Field(description="Which image is being made, from 0.")
    image_count: int
    images_at_once: int = Field(description="How many images, from image_index on, the steps make together.")
    tile: int = Field(description="Tiles done of the current image; steps count within the next one.")
    tile_count: int = Field(description="0 when the job is not tiled.")


class JobImage(Shape):
    """One finished image."""

    id: str = Field(description="sha256 of the file, in hex.")
    url: str
    width: int
    height: int
    seed: int


class UploadedImage(Shape):
    """A picture that jobs may refer to by its id."""

    id: str = Field(description="sha256 of the file as it is kept, in hex.")
    url: str
    width: int = Field(description="Pixels, upright.")
    height: int = Field(description="Pixels, upright.")
    format: str = Field(description="Of the uploaded file: png, jpeg or webp.")


class InspectedImage(Shape):
    """How a picture was made, as its file says: enough to make it again."""

    kind: Kind
    request: dict[str, JsonValue] = Field(description="Body of `POST /generate/<kind>`.")
    seed: int | None = Field(
        description="Of this very picture; `request.seed` is that of the first image of its job."
    )
    width: int
    height: int
    format: str = Field(description="png, jpeg or webp.")
    missing_images: list[str] = Field(
        description="Ids that the request refers to and that are not kept here."
    )
    dropped_fields: list[str] = Field(
        description="Fields of the file's request that cannot be used here and are left out."
    )


class ControlImage(Shape):
    """A control image, kept for jobs to refer to by its id."""

    id: str = Field(description="sha256 of the file, in hex.")
    url: str
    width: int
    height: int
    kind: str


class JobError(Shape):
    """Why a job failed."""

    code: str
    message: str


class JobPerformance(Shape):
    """Where the time of a job went, and the memory that it took; images that are finished count."""

    tier: str = Field(description="In which the model ran, e.g. full, fp8, nf4, offload or stream.")
    waiting_s: float = Field(description="For memory, not in the queue.")
    evicting_s: float = Field(description="Until the model before was gone.")
    loading_s: float
    encoding_s: float
    denoising_s: float
    decoding_s: float
    saving_s: float
    swap_s: float = Field(description="Evicting and loading; 0 when the model was in memory.")
    steps: int = Field(description="Made for all images.")
    step_s: float | None = Field(description="Mean seconds of a step; null while unknown.")
    read_bytes: int = Field(description="Of weights, to load the model.")
    streamed_bytes: int = Field(description="Of weights, brought to the device while computing.")
    peak_bytes: int = Field(description="Most that was held on the device; 0 while unknown.")
    charged_bytes: int = Field(description="What the memory arbiter granted for that; 0 while unknown.")


class Job(Shape):
    """One accepted request and what became of it."""

    id: str
    kind: Kind
    status: State
    progress: JobProgress
    request: dict[str, JsonValue] = Field(
        description="As accepted, with defaults filled in once the model is known."
    )
    images: list[JobImage] = Field(
        description="Finished images; those of a running job appear as they are made."
    )
    error: JobError | None
    performance: JobPerformance | None = Field(description="What it cost; null until there is an image.")
    tier: str | None = Field(description="In which the model ran; null until there is an image.")
    tier_reason: str | None = Field(description="Why in no better one, in plain words; null for the best.")
    priority: Priority
    batch: str | None = Field(description="Id of the batch that it was sent with.")
    favourite: bool = Field(description="Starred: kept when old jobs go.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobBatch(Shape):
    """Jobs that were sent together."""

    id: str
    jobs: list[Job]


class Queue(Shape):
    """The jobs that wait, in the order in which they will start."""

    paused: bool
    held_up_by: str | None = Field(description="Why nothing can start now, in plain words; null when it can.")
    waiting: list[Job] = Field(description="At most `limit`, the next one first.")
    total: int
    eta_s: float | None = Field(
        description="Seconds until the last of `waiting` is done; null while unknown."
    )


class Cleared(Shape):
    """What clearing the queue did."""

    cancelled: int


class Forgotten(Shape):
    """What was deleted from the history."""

    forgotten: int = Field(description="Jobs that there were; others of the ids were unknown.")


class Amount(Shape):
    """How many there are, and the bytes of their images."""

    count: int
    image_bytes: int


class NextToGo(Shape):
    """A job that goes before younger ones."""

    id: str
    goes_at: datetime | None = Field(description="When it will be too old; null: when space is needed.")
    freed_bytes: int = Field(description="Of the images that only it holds.")


class HistoryUsage(Shape):
    """What is kept. An image that several hold counts once, for the first of these that does."""

    favourites: Amount
    jobs: Amount = Field(description="That are not starred.")
    uploads: Amount
    limit_bytes: int | None = Field(description="Of all images of the studio; null: none.")
    goes_next: list[NextToGo] = Field(
        description="The oldest first, at most ten; empty: no job goes by itself."
    )


class JobPage(Shape):
    """Part of the history, newest first."""

    jobs: list[Job]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last one.")


class JobEvent(Shape):
    """A job as it is now."""

    type: Literal["job"] = "job"
    seq: int | None = Field(description="Place in the history; null for progress that is not kept.")
    job: Job


class PreviewEvent(Shape):
    """A small picture of a running job; never kept, at most two a second for each job."""

    type: Literal["preview"] = "preview"
    job_id: str
    image_index: int
    step: int
    data_url: str = Field(description="data:image/webp;base64,…")


class QueueEvent(Shape):
    """Which jobs wait, in the order in which they will start."""

    type: Literal["queue"] = "queue"
    waiting: list[str] = Field(description="Ids, the next one first; at most 100.")
    total: int
    held_up_by: str | None = Field(description="Why nothing can start now, in plain words; null when it can.")
    paused: bool = Field(description="Whether the queue is paused.")


class ResetEvent(Shape):
    """Events may be missing: fetch the list of jobs again. Always the first event of a new stream."""

    type: Literal["reset"] = "reset"


class DownloadState(StrEnum):
    """Where the download of a model is."""

    WAITING = "waiting"
    DOWNLOADING = "downloading"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come."""
        return self not in {DownloadState.WAITING, DownloadState.DOWNLOADING}


class Download(Shape):
    """The download of a model, whole, as it is now."""

    model: str
    state: DownloadState
    file: str = Field(description="The one that is being fetched or checked; empty before the first.")
    done_bytes: int
    total_bytes: int = Field(description="0: not known yet.")
    bytes_per_s: float | None = Field(description="Of the last seconds.")
    eta_s: float | None
    text: str | None = Field(
        description="Why it failed and what to do about it, or what there is to say at its end."
    )


class DownloadEvent(Shape):
    """A download has got further, or has ended."""

    type: Literal["download"] = "download"
    download: Download


Event = Annotated[
    JobEvent | PreviewEvent | QueueEvent | DownloadEvent | ResetEvent, Field(discriminator="type")
]


class JobHistory(Shape):
    """What is kept of a job's events, oldest first."""

    events: list[Event]


class Preset(Shape):
    """What a quality means for a model."""

    quality: Quality
    steps: int
    guidance_scale: float
    edit_guidance_scale: float = Field(description="Of instruction edits.")
    computed_steps: int = Field(description="The other steps are extrapolated from these.")
    adapter: str | None = Field(description="Weights that make few steps do; null: none are used.")
    relative_seconds: float = Field(description="In units of what normal takes.")
    measured: bool = Field(description="Whether relative_seconds was; otherwise it follows from the steps.")
    adherence: float | None = Field(
        description="Share of requests that are painted as asked, from 0 to 1; null: not measured."
    )


class Model(Shape):
    """A model and its limits."""

    name: str
    title: str
    license: str
    commercial_use: bool
    revision: str
    weight_bytes: int
    width: int = Field(description="Native, in pixels.")
    height: int = Field(description="Native, in pixels.")
    min_side_px: int
    max_side_px: int
    size_multiple_px: int
    max_tile_px: int | None = Field(default=None, description="Of tiling: the largest tile.")
    default_steps: int
    default_guidance_scale: float
    default_edit_guidance_scale: float = Field(description="Of instruction edits, which need less.")
    presets: list[Preset] = Field(
        default_factory=list[Preset], description="One for each quality, the fastest first."
    )
    tiers: list[str]
    example_prompts: list[str]
    features: list[str] = Field(description="What this model can do, e.g. edit, inpaint, control.canny.")


class CatalogueModel(Shape):
    """A model that is here, or that can be downloaded."""

    name: str
    title: str
    family: str = Field(description="Empty: not known.")
    kind: Literal["checkpoint", "control", "lora"] = Field(
        description="A checkpoint paints by itself; the others are used with one."
    )
    license: str
    license_url: str
    commercial_use: bool
    opt_in: bool = Field(description="Whether its licence must be accepted before it is downloaded.")
    built_in: bool
    size_bytes: int = Field(description="0: not known before it is downloaded.")
    size_is_exact: bool
    is_present: bool
    fetched_bytes: int = Field(description="Of a download that has not been finished.")
    capabilities: list[str]
    tier: str = Field(description="In which it would run here; empty: in none, or not by itself.")
    note: str = Field(description="Its tier and why there is no better one, or why it cannot run.")
    download: Download | None


class Models(Shape):
    """Every model that is here or can be downloaded."""

    device: str = Field(description="For which the tiers are told.")
    models: list[CatalogueModel]


class Feature(Shape):
    """Something a capability can do, or why it cannot now."""

    name: str
    enabled: bool
    reason: str | None


class Capability(Shape):
    """One service as seen now."""

    name: str
    available: bool
    reason: str | None = Field(description="Why it is not available, in plain words.")
    models: list[Model] = Field(
        description="The first is the default. Kept from before while the service is down."
    )
    features: list[Feature]
    library_versions: dict[str, str]
    warm_model: str | None
    replicas: int


class Capabilities(Shape):
    """Everything the studio can do now."""

    version: str
    capabilities: list[Capability]


class GpuCharge(Shape):
    """What a lease holds on one device."""

    device: str
    resident_bytes: int
    working_bytes: int
    load_extra_bytes: int
    context_bytes: int


class GpuDevice(Shape):
    """One device and its book."""

    id: str
    name: str
    total_bytes: int
    capacity_bytes: int
    foreign_bytes: int
    charged_bytes: int
    observed_bytes: int
    draining: bool
    health: str


class GpuLease(Shape):
    """Memory that a worker holds."""

    token: int
    holder: str
    service: str
    profile: str
    tier: str
    state: str
    draining: bool
    charges: list[GpuCharge]
    observed_bytes: int
    job: str | None
    granted_at: datetime | None


class GpuTicket(Shape):
    """A worker that waits for memory."""

    ticket: str
    holder: str
    profile: str
    priority: int
    queue_position: int
    waited_s: float
    wait_bound_s: float | None
    waiting_for: str | None


class GpuRelease(Shape):
    """Memory that came back."""

    token: int
    holder: str
    profile: str
    charged_bytes: int
    verified_bytes: int
    cause: str
    released_at: datetime | None


class GpuHost(Shape):
    """The host's memory."""

    ram_bytes: int
    budget_bytes: int
    pinned_budget_bytes: int


class MachineGpu(Shape):
    """Devices, leases and who waits, as the arbiter of one machine sees them at one revision."""

    machine: str = Field(description="Its name; empty where nothing names it.")
    revision: int
    epoch: int
    host: GpuHost
    devices: list[GpuDevice]
    leases: list[GpuLease]
    tickets: list[GpuTicket]
    last_releases: list[GpuRelease]
    swaps_last_hour: int = Field(description="How often a model was loaded, by all services.")


class Gpu(MachineGpu):
    """The same of the machine whose arbiter is the gateway's own, and of the others."""

    others: list[MachineGpu] = Field(description="Those on which replicas are besides.")
    silent: list[str] = Field(description="Names of those that do not answer.")


class Session(Shape):
    """Who is signed in."""

    name: str = Field(description="Of the token; empty where none is demanded.")
    admin: bool = Field(description="Whether the whole queue may be paused.")


class Health(Shape):
    """The process lives."""

    status: Literal["ok"] = "ok"


class ActiveMinute(Shape):
    """The jobs of the whole studio that ended within one minute."""

    begins_at: datetime
    succeeded: int
    failed: int
    wait_p50_s: float | None = Field(description="Until they were begun; null where none were.")
    wait_p95_s: float | None


class Activity(Shape):
    """What the studio did in the last hour."""

    minutes: list[ActiveMinute] = Field(description="60 of them; the current one is the last.")


class Part(Shape):
    """One thing that the studio needs."""

    name: str
    ready: bool
    detail: str


class Readiness(Shape):
    """Whether a job sent now would be worked on."""

    ready: bool
    parts: list[Part]


class FieldProblem(Shape):
    """One wrong field."""

    field: str
    value: str = Field(description="As received, shortened.")
    message: str = Field(description="What is wrong and the fix.")


class Problem(Shape):
    """Why a call failed (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="A name of limner.errors.v1.Reason without prefix, or of the HTTP status.")
    errors: list[FieldProblem] | None = None
    parts: list[Part] | None = None


Fit = Literal["now", "after_switch", "after_wait", "never"]


class TierEstimate(Shape):
    """What a request would take in one tier."""

    tier: str
    fit: Fit = Field(
        description="now; after_switch: when an idle model has made room; after_wait: when a job is done."
    )
    wait_s: float | None = Field(description="Until there is room; null while unknown.")
    load_s: float | None = Field(description="Until the model is in memory; null while unknown.")
    run_s: float | None = Field(description="From then to the last image; null while unknown.")
    peak_device_bytes: int
    peak_host_bytes: int
    measured: bool = Field(description="Seconds are from this machine's own jobs or limner bench.")
    reason: str = Field(description="Why not sooner, or not at all, in plain words; may be empty.")


class Estimate(Shape):
    """What a request would take if it were sent now; binds nothing."""

    fit: Fit
    tier: str | None = Field(description="In which it would run; null when it never fits.")
    seconds: float | None = Field(description="To the last image: waiting, loading and running.")
    peak_device_bytes: int
    peak_host_bytes: int
    measured: bool
    reason: str = Field(description="In plain words: why this tier and no better one.")
    tiers: list[TierEstimate] = Field(description="Every tier that was asked for, best first.")
