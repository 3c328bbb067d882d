"""What a text-to-image request means: one frozen value, checked, with every default filled in."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from limner.failure import Violation
from limner.image.v1.image_pb2 import Size
from limner.t2i.v1 import t2i_pb2
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest
from services.pipelines import sizing
from services.pipelines.catalogue import Catalogue, Model
from services.pipelines.leases import Demand
from services.pipelines.residence import Need
from services.rpc.errors import InvalidFields

PROMPT_MAX_CHARS = 2000
STEPS_MIN, STEPS_MAX = 2, 100  # One step divides by zero in the standard schedule (DiffSynth and diffusers).
GUIDANCE_MIN, GUIDANCE_MAX = 1.0, 20.0
SEEDS_MAX = 16
SEED_LIMIT = 2**53  # The largest integer that survives JSON in a browser.
METADATA_MAX_BYTES = 64 * 1024

TIER = "full"
# float32 on the processor, bfloat16 on a card; the larger one is the safe prior.
_BYTES_PER_PARAMETER = 4


@dataclass(frozen=True, slots=True)
class Job:
    """A request that can run."""

    request_id: str
    prompt: str
    negative_prompt: str
    width_px: int
    height_px: int
    steps: int
    guidance_scale: float
    seeds: tuple[int, ...]  # never empty
    model: Model
    priority: int  # as limner.arbiter.v1.Acquire.priority
    metadata: tuple[tuple[str, str], ...]

    def fingerprint(self, tier: str, library_versions: dict[str, str]) -> str:
        """Names everything that decides the pixels: a checkpoint of another fingerprint is of no use."""
        parts = [
            self.prompt,
            self.negative_prompt,
            self.width_px,
            self.height_px,
            self.steps,
            self.guidance_scale,
            self.seeds,
            self.model.name,
            self.model.revision,
            tier,
            library_versions,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def to_job(request: GenerateImagesRequest, catalogue: Catalogue) -> Job:
    """Checks `request` and fills in the model's defaults.

    Raises ModelNotFound, or InvalidFields with every wrong field at once.
    """
    model = catalogue.find(request.model)
    violations = [violation for check in _CHECKS for violation in check(request, model)]
    if violations:
        raise InvalidFields(violations)
    limits = model.limits
    return Job(
        request_id=request.request_id or uuid.uuid4().hex,
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        width_px=request.size.width or limits.native_width_px,
        height_px=request.size.height or limits.native_height_px,
        steps=request.steps if request.HasField("steps") else limits.default_steps,
        guidance_scale=(
            request.guidance_scale if request.HasField("guidance_scale") else limits.default_guidance_scale
        ),
        seeds=tuple(request.seeds) or (secrets.randbelow(SEED_LIMIT),),
        model=model,
        priority=request.priority or t2i_pb2.PRIORITY_NORMAL,
        metadata=tuple(sorted(request.metadata.items())),
    )


def to_request(job: Job) -> GenerateImagesRequest:
    """Returns the request with nothing left open, as the worker gets it."""
    return GenerateImagesRequest(
        request_id=job.request_id,
        prompt=job.prompt,
        negative_prompt=job.negative_prompt,
        size=Size(width=job.width_px, height=job.height_px),
        steps=job.steps,
        guidance_scale=job.guidance_scale,
        seeds=job.seeds,
        model=job.model.name,
        priority=t2i_pb2.Priority.ValueType(job.priority),
        metadata=dict(job.metadata),
    )


def need_of(job: Job) -> Need:
    """Returns what the job needs, tier by tier, from the sizes of its files."""
    weights = sizing.read_weights(job.model.path)
    bucket_px = max(job.width_px * job.height_px, job.model.limits.native_width_px**2)
    demand = Demand(
        tier=TIER,
        profile=f"{job.model.name}:{job.model.revision}:{TIER}:{bucket_px}",
        resident_bytes=sizing.resident_bytes(weights, _BYTES_PER_PARAMETER),
        # Charged for at least the native size, so that one lease serves the usual jobs.
        working_bytes=sizing.working_bytes(weights, bucket_px),
        load_extra_bytes=sizing.load_extra_bytes(weights),
        context_bytes=sizing.CONTEXT_PRIOR_BYTES,
    )
    return Need(job.model.name, (demand,), job.priority)


def weight_bytes_of(job: Job) -> int:
    """Returns how many bytes loading the job's model reads."""
    return sizing.read_weights(job.model.path).file_bytes


Check = Callable[[GenerateImagesRequest, Model], list[Violation]]


def _check_text(request: GenerateImagesRequest, _model: Model) -> list[Violation]:
    found: list[Violation] = []
    if not request.prompt.strip():
        found.append(Violation("prompt", "prompt is empty; say what the picture shows."))
    for field in ("prompt", "negative_prompt"):
        length = len(getattr(request, field))
        if length > PROMPT_MAX_CHARS:
            text = f"{field} has {length} characters; at most {PROMPT_MAX_CHARS} are allowed."
            found.append(Violation(field, text))
    if len(request.request_id) > 64:
        found.append(Violation("request_id", "request_id is longer than 64 characters; use a UUID."))
    if (
        sum(len(k) + len(v) for k, v in request.metadata.items()) > METADATA_MAX_BYTES
        or len(request.metadata) > 64
    ):
        found.append(Violation("metadata", "metadata is larger than 64 keys or 64 KiB; leave something out."))
    return found


def _check_size(request: GenerateImagesRequest, model: Model) -> list[Violation]:
    if not request.HasField("size"):
        return []
    sides = (("size.width", request.size.width), ("size.height", request.size.height))
    return [Violation(field, text) for field, side in sides if (text := _side_fault(field, side, model))]


def _side_fault(field: str, side_px: int, model: Model) -> str:
    limits, multiple = model.limits, model.limits.size_multiple_px
    if not limits.min_side_px <= side_px <= limits.max_side_px:
        low, high = limits.min_side_px, limits.max_side_px
        return f"{field} is {side_px}; {model.name} paints {low} to {high} pixels a side."
    if side_px % multiple:
        near = max(limits.min_side_px, round(side_px / multiple) * multiple)
        return f"{field} is {side_px}; it must be a multiple of {multiple} (try {near})."
    return ""


def _check_numbers(request: GenerateImagesRequest, _model: Model) -> list[Violation]:
    found: list[Violation] = []
    if request.HasField("steps") and not STEPS_MIN <= request.steps <= STEPS_MAX:
        found.append(Violation("steps", f"steps is {request.steps}; use {STEPS_MIN} to {STEPS_MAX}."))
    scale = request.guidance_scale
    # `not a <= x <= b` also refuses NaN.
    if request.HasField("guidance_scale") and not (
        math.isfinite(scale) and GUIDANCE_MIN <= scale <= GUIDANCE_MAX
    ):
        text = f"guidance_scale is {scale}; use {GUIDANCE_MIN:g} (no guidance) to {GUIDANCE_MAX:g}."
        found.append(Violation("guidance_scale", text))
    if len(request.seeds) > SEEDS_MAX:
        found.append(
            Violation("seeds", f"seeds has {len(request.seeds)} entries; at most {SEEDS_MAX} a call.")
        )
    for index, seed in enumerate(request.seeds[:SEEDS_MAX]):
        if not 0 <= seed < SEED_LIMIT:
            found.append(Violation(f"seeds[{index}]", f"seeds[{index}] is {seed}; use 0 to 2^53 - 1."))
    return found


_CHECKS: tuple[Check, ...] = (_check_text, _check_size, _check_numbers)
