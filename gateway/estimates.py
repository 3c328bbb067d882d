"""What a request would take: what its service says of memory, and this machine's past of time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from google.protobuf.duration_pb2 import Duration

from gateway.jobs.job import Job
from gateway.jobs.performance import Performance
from gateway.schemas import Estimate, Fit, TierEstimate
from limner.capability.v1 import capability_pb2

_FITS: Mapping[int, Fit] = {
    capability_pb2.FIT_NOW: "now",
    capability_pb2.FIT_AFTER_RECALL: "after_switch",
    capability_pb2.FIT_AFTER_WAIT: "after_wait",
    capability_pb2.FIT_NEVER: "never",
}
_NEVER = "never"
_LATEST = 5  # Jobs that count: how busy the machine is changes.
_ALIKE = 1.5  # Pictures are of about one size when neither has so many times the pixels of the other.


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a request decides over its time."""

    area_px: int
    steps: int
    image_count: int
    is_warm: bool  # its model is in memory


def estimate(quotes: Sequence[capability_pb2.TierQuote], past: Sequence[Job], wanted: Wanted) -> Estimate:
    """Returns what the request would take in the tier that it would get, and in all others."""
    tiers = [_estimate_tier(quote, past, wanted) for quote in quotes]
    chosen = next((each for each in tiers if each.fit != _NEVER), None)
    better = tiers[: tiers.index(chosen)] if chosen is not None else tiers
    shown = chosen or (tiers[-1] if tiers else None)
    return Estimate(
        fit=chosen.fit if chosen is not None else _NEVER,
        tier=chosen.tier if chosen is not None else None,
        seconds=_add(chosen.wait_s, chosen.load_s, chosen.run_s) if chosen is not None else None,
        peak_device_bytes=shown.peak_device_bytes if shown is not None else 0,
        peak_host_bytes=shown.peak_host_bytes if shown is not None else 0,
        measured=chosen.measured if chosen is not None else False,
        reason=_explain(chosen, better),
        tiers=tiers,
    )


def _estimate_tier(quote: capability_pb2.TierQuote, past: Sequence[Job], wanted: Wanted) -> TierEstimate:
    alike = [job for job in past if job.performance is not None and job.performance.tier == quote.tier]
    run_s = _run_s(alike, wanted)
    fit = _FITS.get(quote.fit, _NEVER)
    return TierEstimate(
        tier=quote.tier,
        fit=fit,
        wait_s=0.0 if fit == "now" else (_seconds(quote.wait) if quote.HasField("wait") else None),
        load_s=0.0
        if wanted.is_warm and fit == "now"
        else (_seconds(quote.load) if quote.HasField("load") else _load_s(alike)),
        run_s=_seconds(quote.run) if quote.HasField("run") else run_s,
        peak_device_bytes=quote.peak_device_bytes,
        peak_host_bytes=quote.peak_host_bytes,
        measured=quote.measured or run_s is not None,
        reason=quote.reason,
    )


def _run_s(past: Iterable[Job], wanted: Wanted) -> float | None:
    """Returns how long such pictures took, by the steps and images of the latest jobs of about that size."""
    found: list[float] = []
    for job in past:
        cost, area_px = job.performance, _area_px(job)
        if cost is None or cost.step_s is None or not job.images or not area_px:
            continue
        if max(area_px, wanted.area_px) <= _ALIKE * min(area_px, wanted.area_px):
            beside_s = (cost.encoding_s + cost.decoding_s + cost.saving_s) / len(job.images)
            found.append(wanted.image_count * (wanted.steps * _image_step_s(cost, job) + beside_s))
    return median(found[:_LATEST]) if found else None


def _image_step_s(cost: Performance, job: Job) -> float:
    """Returns what a step of the request took: where some are spared, fewer are made."""
    steps = job.request.get("steps")
    asked = steps * len(job.images) if isinstance(steps, int) else cost.steps
    return cost.denoising_s / max(1, asked, cost.steps)


def _load_s(past: Iterable[Job]) -> float | None:
    found = [c.loading_s for job in past if (c := job.performance) is not None and c.read_bytes]
    return median(found[:_LATEST]) if found else None


def _area_px(job: Job) -> int:
    return job.images[0].width * job.images[0].height if job.images else 0


def _explain(chosen: TierEstimate | None, better: Sequence[TierEstimate]) -> str:
    if chosen is None:
        return f"It fits in no tier: {better[-1].reason}." if better else "Its model runs in no tier here."
    told = [f"{each.tier} does not fit: {each.reason}" for each in better if each.reason]
    if chosen.reason:
        told.append(f"{chosen.tier}: {chosen.reason}")
    return f"{'; '.join(told)}." if told else ""


def _seconds(span: Duration) -> float:
    return span.ToTimedelta().total_seconds()


def _add(*parts_s: float | None) -> float | None:
    """Returns the sum as far as it is known; None unless the running, the last part, is."""
    return sum(part_s or 0.0 for part_s in parts_s) if parts_s[-1] is not None else None
