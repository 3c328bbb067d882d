from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from limner.answers import Job, JobError, Performance, Progress, UploadedImage
from limner.cli.measuring import Measurement, measure
from limner.cli.trials import NothingToTry, Trial, plan_trials
from limner.client import RequestRejected
from limner.requests import ImageEdit, Layers, Request
from tests.limner.test_gpu import COST

LIBRARIES = (("diffusers", "0.42.1"), ("torch", "2.14.1"))
TRIAL = Trial("text-to-image", "shapes", "abc", "full", LIBRARIES, 128, 128)
LOADED = COST.model_copy(update={"tier": "full", "loading_s": 2.0})
WARM = LOADED.model_copy(update={"step_s": 0.2, "read_bytes": 0, "loading_s": 0.0, "peak_bytes": 1})

Run = Callable[[Request], Performance | JobError | RequestRejected]


def model(name: str, *features: str, **changed: Any) -> dict[str, Any]:
    limits = {"width": 128, "height": 128, "min_side_px": 64, "size_multiple_px": 16}
    plain = {"name": name, "revision": "abc", "features": features, "tiers": ["full", "stream"]}
    return plain | limits | changed


def capabilities(*models: dict[str, Any]) -> dict[str, Any]:
    services = ({"torch": "2.14.1", "diffusers": "0.42.1"}, {"diffsynth": "2.1.12"})
    return {"capabilities": [{"models": list(models), "library_versions": each} for each in services]}


PAINTER, EDITOR = model("shapes", "text_to_image", "edit"), model("shapes-edit", "edit", tiers=["full"])


def test_every_model_is_tried_in_every_tier_at_two_sizes() -> None:
    trials = plan_trials(capabilities(PAINTER, EDITOR))
    assert [(trial.kind, trial.model, trial.tier, trial.width_px) for trial in trials] == [
        ("text-to-image", "shapes", "full", 128),
        ("text-to-image", "shapes", "full", 64),
        ("text-to-image", "shapes", "stream", 128),
        ("text-to-image", "shapes", "stream", 64),
        ("image-edit", "shapes-edit", "full", 128),
        ("image-edit", "shapes-edit", "full", 64),
    ]


def test_what_was_named_alone_is_tried() -> None:
    trials = plan_trials(capabilities(PAINTER, EDITOR), "shapes", "stream")
    assert {(trial.model, trial.tier) for trial in trials} == {("shapes", "stream")}
    assert {trial.libraries for trial in trials} == {LIBRARIES}
    assert {trial.has_choice for trial in trials} == {True}


def test_a_model_that_knows_one_size_is_tried_at_that_alone() -> None:
    (trial,) = plan_trials(capabilities(model("small", "layers", min_side_px=128, tiers=["full"])))
    assert (trial.kind, trial.width_px, trial.has_choice) == ("layers", 128, False)


def test_the_smaller_size_is_one_that_the_model_makes() -> None:
    _, trial = plan_trials(capabilities(model("odd", "edit", tiers=["full"], width=1328, height=400)))
    assert (trial.width_px, trial.height_px) == (656, 192)


@pytest.mark.parametrize(
    ("name", "tier", "says"),
    [("nosuch", "", "there are shapes, shapes-edit"), ("shapes", "fp4", "the tiers are full, stream")],
)
def test_what_is_not_there_is_answered_with_what_is(name: str, tier: str, says: str) -> None:
    with pytest.raises(NothingToTry, match=says):
        plan_trials(capabilities(PAINTER, EDITOR), name, tier)


class Scripted:
    """A studio whose jobs take what a test says."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.requests: list[Request] = []
        self.cancelled: list[str] = []
        self.uploaded: list[bytes] = []

    async def submit(self, request: Request) -> Job:
        self.requests.append(request)
        if isinstance(answer := self._run(request), RequestRejected):
            raise answer
        return _job(str(len(self.requests)), answer)

    async def wait(self, job_id: str) -> Job:
        answer = self._run(self.requests[int(job_id) - 1])
        assert not isinstance(answer, RequestRejected)
        return _job(job_id, answer)

    async def cancel(self, job_id: str) -> Job:
        self.cancelled.append(job_id)
        return _job(job_id, COST)

    async def upload(self, data: bytes) -> UploadedImage:
        self.uploaded.append(data)
        return UploadedImage(id="picture", url="", width=1, height=1, format="png")


def _job(job_id: str, answer: Performance | JobError) -> Job:
    failed = isinstance(answer, JobError)
    return Job(
        id=job_id,
        kind="text-to-image",
        status="failed" if failed else "succeeded",
        progress=Progress(stage="done"),
        request={},
        images=[],
        error=answer if failed else None,
        performance=None if failed else answer,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        started_at=None,
        finished_at=None,
    )


def first_then(second: Performance) -> Run:
    return lambda request: LOADED if request.steps == 2 else second


async def test_the_load_is_that_of_the_first_run_and_the_step_that_of_the_second() -> None:
    found = await measure(Scripted(first_then(WARM)), TRIAL)
    assert (found.load_s, found.step_s, found.peak_bytes) == (2.0, 0.2, LOADED.peak_bytes)
    assert (found.tier, found.problem) == ("full", "")


async def test_a_measurement_is_noted_down_by_model_tier_and_size() -> None:
    found = await measure(Scripted(first_then(WARM)), TRIAL)
    row = found.to_row(now_s=5.0)
    assert row is not None
    assert row.key == ("shapes", "abc", "full", 256 * 256)
    assert (row.load_s, row.step_s, row.decode_s, row.measured_at) == (2.0, 0.2, COST.decoding_s, 5.0)
    assert Measurement(TRIAL, problem="It is too large.").to_row(now_s=5.0) is None


async def test_a_model_that_was_in_memory_has_no_load() -> None:
    found = await measure(Scripted(lambda _: WARM), TRIAL)
    assert (found.load_s, found.step_s) == (None, 0.2)


async def test_a_slow_tier_is_run_once() -> None:
    studio = Scripted(lambda _: LOADED.model_copy(update={"step_s": 60.0}))
    found = await measure(studio, TRIAL)
    assert (found.step_s, len(studio.requests)) == (60.0, 1)


async def test_another_size_of_a_warm_model_is_run_once() -> None:
    studio = Scripted(lambda _: WARM)
    before = await measure(studio, TRIAL)
    found = await measure(studio, replace(TRIAL, width_px=64, height_px=64), before)
    assert [request.steps for request in studio.requests] == [2, 6, 6]
    assert (found.load_s, found.step_s) == (None, 0.2)
    await measure(studio, replace(TRIAL, tier="stream"), found)
    assert [request.steps for request in studio.requests[3:]] == [2, 6]


async def test_a_tier_is_named_where_there_is_a_choice() -> None:
    studio = Scripted(first_then(WARM))
    await measure(studio, TRIAL)
    assert {request.tier for request in studio.requests} == {"full"}
    await measure(studio, replace(TRIAL, has_choice=False))
    assert studio.requests[-1].tier is None


async def test_a_model_that_fell_to_another_tier_is_told_so() -> None:
    lower = LOADED.model_copy(update={"tier": "offload"})
    found = await measure(Scripted(lambda _: lower), TRIAL)
    assert (found.tier, found.problem) == ("offload", "it ran in tier offload")


@pytest.mark.parametrize(
    "answer",
    [JobError(code="NEVER_FITS", message="It is too large."), RequestRejected(422, "", "It is too large.")],
    ids=["failed", "refused"],
)
async def test_what_does_not_run_is_told_and_the_round_goes_on(answer: JobError | RequestRejected) -> None:
    found = await measure(Scripted(lambda _: answer), TRIAL)
    assert found == Measurement(TRIAL, problem="It is too large.")


@pytest.mark.parametrize(("kind", "shape"), [("image-edit", ImageEdit), ("layers", Layers)])
async def test_models_that_change_pictures_are_given_one(kind: str, shape: type[Request]) -> None:
    studio = Scripted(first_then(WARM))
    await measure(studio, Trial(kind, "editor", "abc", "full", (), 48, 32))
    assert {type(request) for request in studio.requests} == {shape}
    with Image.open(io.BytesIO(studio.uploaded[0])) as picture:
        assert (picture.size, picture.getpixel((47, 31))) == ((48, 32), 128)


async def test_who_interrupts_leaves_no_job_behind() -> None:
    studio = Scripted(first_then(WARM))
    reached = asyncio.Event()

    async def wait(_job_id: str) -> Job:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    studio.wait = wait  # pyright: ignore[reportAttributeAccessIssue]
    work = asyncio.create_task(measure(studio, TRIAL))
    await reached.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert studio.cancelled == ["1"]
