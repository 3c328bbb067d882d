"""The images API of OpenAI, called by its own client."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import httpx
import openai
import pytest
from grpc import StatusCode
from openai.types import ImagesResponse
from PIL import Image

from gateway.settings import Settings
from limner.progress.v1.progress_pb2 import STAGE_DENOISING
from tests.gateway.callers import calling
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import until_status
from tests.gateway.scripted import (
    Context,
    Request,
    Response,
    ScriptedService,
    draw,
    fail,
    preview,
    progress,
    result,
)
from tests.gateway.scripted_edit import ScriptedEdit, png, serve_edits

PROMPT = "a red circle"
GENERATIONS = "/v1/images/generations"


@pytest.fixture
async def edits(sockets: Path) -> AsyncIterator[ScriptedEdit]:
    service = ScriptedEdit()
    async with serve_edits(sockets / "edit", service):
        yield service


@pytest.fixture
async def client(settings: Settings, sockets: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with running_gateway(settings.model_copy(update={"edit": (f"unix:{sockets}/edit",)})) as client:
        yield client


@pytest.fixture
async def api(service: ScriptedService, client: httpx.AsyncClient) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's client as it comes, with its own retries."""
    async with openai.AsyncOpenAI(base_url=f"{client.base_url}/v1", api_key="anything") as api:
        yield api


def unpack(response: ImagesResponse) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(each.b64_json or ""))) for each in response.data or ()]


async def last_job(client: httpx.AsyncClient) -> dict[str, Any]:
    return (await client.get("/jobs", params={"limit": 1})).json()["jobs"][0]


async def count_jobs(client: httpx.AsyncClient) -> int:
    return len((await client.get("/jobs")).json()["jobs"])


async def test_images_are_answered_with_the_request_that_made_them(
    api: openai.AsyncOpenAI, client: httpx.AsyncClient
) -> None:
    response = await api.images.generate(
        prompt=PROMPT,
        model="shapes",
        n=2,
        size="128x64",
        quality="auto",
        user="somebody",
        extra_body={"seed": 7, "negative_prompt": "blue", "steps": 9, "guidance_scale": 3},
    )
    assert [base64.b64decode(each.b64_json or "") for each in response.data or ()] == [draw(7), draw(8)]
    assert [cast("Any", each).seed for each in response.data or ()] == [7, 8]
    assert (response.output_format, response.size) == ("png", "16x16")
    made = await last_job(client)
    assert response._request_id == made["id"]  # pyright: ignore[reportPrivateUsage] their public name for it
    wanted = {"width": 128, "height": 64, "count": 2, "steps": 9, "guidance_scale": 3, "seed": 7}
    assert wanted.items() <= made["request"].items()
    assert made["request"]["negative_prompt"] == "blue"


async def test_an_omitted_model_is_the_default_and_an_unknown_one_is_not_found(
    api: openai.AsyncOpenAI, client: httpx.AsyncClient
) -> None:
    await api.images.generate(prompt=PROMPT)
    assert (await last_job(client))["request"]["model"] == "shapes"
    with pytest.raises(openai.NotFoundError, match="known: shapes") as caught:
        await api.images.generate(prompt=PROMPT, model="gpt-image-2")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    assert await count_jobs(client) == 1


async def test_models_are_listed_and_looked_up(api: openai.AsyncOpenAI) -> None:
    listed = [model async for model in api.models.list()]
    assert [(model.id, model.object, model.owned_by) for model in listed] == [("shapes", "model", "limner")]
    assert (await api.models.retrieve("shapes")).id == "shapes"
    with pytest.raises(openai.NotFoundError) as caught:
        await api.models.retrieve("nobody/nothing")
    assert caught.value.code == "model_not_found"


async def test_a_url_is_where_the_image_is(api: openai.AsyncOpenAI, client: httpx.AsyncClient) -> None:
    for file_format in ("png", "webp"):
        response = await api.images.generate(
            prompt=PROMPT, response_format="url", output_format=file_format, extra_body={"seed": 3}
        )
        image = (response.data or [])[0]
        assert image.b64_json is None
        assert (image.url or "").startswith(f"{client.base_url}/images/")
        answer = await client.get(image.url or "")
        with Image.open(io.BytesIO(answer.content)) as found:
            assert (str(found.format).lower(), found.size) == (file_format, (16, 16))


async def test_images_are_packed_as_asked(api: openai.AsyncOpenAI) -> None:
    async def make(compression: int | None) -> bytes:
        response = await api.images.generate(
            prompt=PROMPT,
            output_format="jpeg",
            extra_body={"seed": 3} | ({"output_compression": compression} if compression is not None else {}),
        )
        assert [image.format for image in unpack(response)] == ["JPEG"]
        return base64.b64decode((response.data or [])[0].b64_json or "")

    worst, middle, usual, best = [len(await make(compression)) for compression in (0, 50, None, 100)]
    assert worst <= middle <= usual <= best
    assert worst < best


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"size": "100x100"}, "size", "multiple of 16"),
        ({"size": "1024x1024"}, "size", "shapes takes multiples of 16 from 64 to 256"),
        ({"n": 11}, "n", "at most 10"),
        ({"quality": "ultra"}, "quality", "leave it out"),
        ({"output_format": "gif"}, "output_format", "gif"),
        ({"extra_body": {"seed": "seven"}}, "seed", "whole number"),
        ({"extra_body": {"svg": {}}}, "svg", "not a field of this request"),
    ],
)
async def test_wrong_fields_are_told_in_the_shape_that_clients_know(
    api: openai.AsyncOpenAI, client: httpx.AsyncClient, fields: dict[str, Any], param: str, says: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=says) as caught:
        await api.images.generate(prompt=PROMPT, **fields)
    assert (caught.value.param, caught.value.type) == (param, "invalid_request_error")
    assert await count_jobs(client) == 0


async def test_whatever_goes_wrong_below_v1_has_that_shape(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    for status, answer in (
        (404, await client.post("/v1/images/variations")),
        (405, await client.get(GENERATIONS)),
        (400, await client.post(GENERATIONS, content=b"{")),
        (403, await client.post(GENERATIONS, json={}, headers={"Origin": "http://elsewhere"})),
        (413, await client.post(GENERATIONS, content=b" " * (2**20 + 1))),
        (415, await client.post("/v1/images/edits", json={"prompt": PROMPT})),
    ):
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
        assert answer.headers["X-Should-Retry"] == "false"
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["message"]
    assert (await client.get("/jobs/unknown")).headers["Content-Type"] == "application/problem+json"


async def test_a_failed_job_is_told_and_not_repeated(
    api: openai.AsyncOpenAI, service: ScriptedService, client: httpx.AsyncClient
) -> None:
    async def refuse(request: Request, context: Context) -> AsyncIterator[Response]:
        yield progress(STAGE_DENOISING)
        await fail(context, StatusCode.FAILED_PRECONDITION, "NEVER_FITS", "It does not fit this card.")

    service.scripts = [refuse]
    with pytest.raises(openai.InternalServerError, match="It does not fit this card") as caught:
        await api.images.generate(prompt=PROMPT)
    assert caught.value.code == "never_fits"
    assert caught.value.request_id == (await last_job(client))["id"]
    assert await count_jobs(client) == 1


async def test_a_cancelled_job_is_told(api: openai.AsyncOpenAI, client: httpx.AsyncClient) -> None:
    await client.patch("/queue", json={"paused": True})
    asking = asyncio.create_task(api.images.generate(prompt=PROMPT))
    await _until_there(client, 1)
    await client.post("/queue/clear")
    with pytest.raises(openai.ConflictError, match="The job was cancelled"):
        await asking
    assert await count_jobs(client) == 1


async def test_hanging_up_cancels_nothing(
    api: openai.AsyncOpenAI, service: ScriptedService, client: httpx.AsyncClient
) -> None:
    has_left = asyncio.Event()

    async def linger(request: Request, context: Context) -> AsyncIterator[Response]:
        yield progress(STAGE_DENOISING)
        await has_left.wait()
        yield result(request)

    service.scripts = [linger]
    impatient = api.with_options(timeout=0.3, max_retries=0)
    with pytest.raises(openai.APITimeoutError):
        await impatient.images.generate(prompt=PROMPT)
    has_left.set()
    await until_status(client, (await last_job(client))["id"], "succeeded")


async def test_the_same_key_waits_for_the_same_job(
    api: openai.AsyncOpenAI, client: httpx.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "the same"}
    first, second = await asyncio.gather(
        *(api.images.generate(prompt=PROMPT, extra_headers=headers) for _ in range(2))
    )
    third = await api.images.generate(prompt=PROMPT, extra_headers=headers)
    assert first.data == second.data == third.data
    assert await count_jobs(client) == 1


async def test_a_stream_has_previews_and_then_the_image(
    api: openai.AsyncOpenAI, service: ScriptedService
) -> None:
    async def show(request: Request, context: Context) -> AsyncIterator[Response]:
        for step in (1, 2, 3, 4):
            yield preview(step)
            await asyncio.sleep(0.55)  # previews come at most twice a second
        yield result(request)

    service.scripts = [show]
    stream = await api.images.generate(
        prompt=PROMPT, stream=True, partial_images=2, size="128x128", extra_body={"seed": 3, "steps": 4}
    )
    events = [event async for event in stream]
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    partial, completed = cast("Any", events[0]), cast("Any", events[-1])
    assert [cast("Any", event).partial_image_index for event in events[:2]] == [0, 1]
    assert (partial.b64_json, partial.output_format, partial.size) == ("UklGRg==", "webp", "128x128")
    assert base64.b64decode(completed.b64_json) == draw(3)
    assert (completed.seed, completed.size, completed.output_format) == (3, "16x16", "png")
    assert completed.usage.total_tokens == 0


async def test_a_stream_has_every_image_of_several(api: openai.AsyncOpenAI) -> None:
    stream = await api.images.generate(prompt=PROMPT, stream=True, n=3, extra_body={"seed": 5})
    assert [cast("Any", event).seed async for event in stream] == [5, 6, 7]


async def test_a_stream_tells_of_failure(
    api: openai.AsyncOpenAI, service: ScriptedService, client: httpx.AsyncClient
) -> None:
    async def refuse(request: Request, context: Context) -> AsyncIterator[Response]:
        yield progress(STAGE_DENOISING)
        await fail(context, StatusCode.FAILED_PRECONDITION, "NEVER_FITS", "It does not fit this card.")

    service.scripts = [refuse]
    stream = await api.images.generate(prompt=PROMPT, stream=True)
    with pytest.raises(openai.APIError, match="It does not fit this card") as caught:
        [event async for event in stream]
    assert caught.value.code == "never_fits"
    with pytest.raises(openai.BadRequestError, match="WIDTHxHEIGHT"):
        await api.images.generate(prompt=PROMPT, stream=True, size="wide")


async def test_a_reader_who_leaves_a_stream_cancels_nothing(
    api: openai.AsyncOpenAI, service: ScriptedService, client: httpx.AsyncClient
) -> None:
    has_left = asyncio.Event()

    async def linger(request: Request, context: Context) -> AsyncIterator[Response]:
        # Again and again: the first may come before the reader listens.
        while not has_left.is_set():
            yield preview(4)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(has_left.wait(), 0.1)
        yield result(request)

    service.scripts = [linger]
    stream = await api.images.generate(prompt=PROMPT, stream=True, partial_images=1)
    assert (await anext(aiter(stream))).type == "image_generation.partial_image"
    await stream.close()
    has_left.set()
    await until_status(client, (await last_job(client))["id"], "succeeded")


async def test_a_gateway_that_stops_says_that_the_job_goes_on(
    service: ScriptedService, settings: Settings
) -> None:
    async with AsyncExitStack() as api_lasts_longer:
        async with running_gateway(settings) as client:
            await client.patch("/queue", json={"paused": True})
            api = openai.AsyncOpenAI(base_url=f"{client.base_url}/v1", api_key="anything")
            await api_lasts_longer.enter_async_context(api)
            whole = asyncio.create_task(api.images.generate(prompt=PROMPT))
            stream = await api.images.generate(prompt=PROMPT, stream=True)
            reading = asyncio.create_task(_read_all(stream))
            await _until_there(client, 2)
        for waiting in (whole, reading):
            with pytest.raises(openai.APIError, match="the job goes on when it is back"):
                await waiting
    async with running_gateway(settings) as client:
        assert await count_jobs(client) == 2


async def test_a_picture_is_changed_as_an_instruction_says(
    api: openai.AsyncOpenAI, edits: ScriptedEdit, client: httpx.AsyncClient
) -> None:
    response = await api.images.edit(
        image=[("first.png", png(), "image/png"), png(colour="red")],
        prompt="make it blue",
        n=2,
        input_fidelity="high",
        extra_body={"seed": 4, "steps": 7},
    )
    assert [base64.b64decode(each.b64_json or "") for each in response.data or ()] == [draw(4), draw(5)]
    (request,) = edits.edits
    assert len(request.images) == 2
    assert (list(request.settings.seeds), request.settings.steps) == ([4, 5], 7)
    assert (await last_job(client))["kind"] == "image-edit"


async def test_a_transparent_mask_is_repainted_where_it_is_transparent(
    api: openai.AsyncOpenAI, edits: ScriptedEdit
) -> None:
    mask = Image.new("RGBA", (128, 128), "white")
    mask.paste((0, 0, 0, 0), (32, 48, 64, 80))
    file = io.BytesIO()
    mask.save(file, "PNG")
    await api.images.edit(image=png(), mask=file.getvalue(), prompt="a blue circle")
    (request,) = edits.inpaints
    with Image.open(io.BytesIO(request.mask.image.data)) as sent:
        assert (sent.mode, sent.getbbox(), sent.getextrema()) == ("L", (32, 48, 64, 80), (0, 255))


async def test_an_edit_is_streamed_under_its_own_name(api: openai.AsyncOpenAI, edits: ScriptedEdit) -> None:
    stream = await api.images.edit(image=png(), prompt="make it blue", stream=True, partial_images=1)
    assert [event.type async for event in stream][-1] == "image_edit.completed"


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"image": [png()] * 5}, "image", "image has 5 pictures; services here take at most 4"),
        ({"image": [png()] * 2, "mask": png(mode="RGBA")}, "image", "with a mask services here take one"),
        ({"image": b"no picture"}, "image", "image: The file is not a picture"),
        ({"image": png(), "mask": png()}, "mask", "mask has no transparency"),
        ({"image": png(), "size": "64"}, "size", "WIDTHxHEIGHT"),
        ({"image": png(), "quality": "ultra"}, "quality", "leave it out"),
        ({"image": png(), "input_fidelity": "low"}, "input_fidelity", "leave input_fidelity out"),
        ({"image": png(), "n": 12}, "n", "at most 10"),
        ({"image": png(), "extra_body": {"strange": "1"}}, "strange", "not a field of this request"),
    ],
)
async def test_wrong_edits_are_refused_and_nothing_is_queued(
    api: openai.AsyncOpenAI,
    edits: ScriptedEdit,
    client: httpx.AsyncClient,
    fields: dict[str, Any],
    param: str,
    says: str,
) -> None:
    with pytest.raises(openai.BadRequestError, match=says) as caught:
        await api.images.edit(prompt="make it blue", **fields)
    assert caught.value.param == param
    assert await count_jobs(client) == 0


async def test_a_mask_of_another_size_is_refused(api: openai.AsyncOpenAI, edits: ScriptedEdit) -> None:
    with pytest.raises(openai.BadRequestError, match="make them the same size"):
        await api.images.edit(image=png(), mask=png((64, 64), "#00000000", "RGBA"), prompt="x")


async def test_an_odd_form_is_refused_part_by_part(
    client: httpx.AsyncClient, service: ScriptedService, edits: ScriptedEdit
) -> None:
    file = ("a.png", png(), "image/png")
    for parts, says in (
        ([("prompt", (None, "x"))], "image is missing"),
        ([("image", (None, "x"))], "image is a text; send a file"),
        ([("image", file), ("prompt", file)], "prompt is a file"),
        ([("image", file), ("prompt", (None, "x")), ("prompt", (None, "y"))], "prompt is given twice"),
        ([("image", file), ("mask", file), ("mask", file)], "mask has 2 files; send one"),
        ([("image[]", file)], "prompt is missing; it is required"),
        ([("image[]", file)] * 18, "Too many files"),
    ):
        answer = await client.post("/v1/images/edits", files=cast("Any", parts))
        assert answer.status_code == 400
        assert says in answer.json()["error"]["message"]


async def test_a_studio_without_an_editor_says_so_once(service: ScriptedService, settings: Settings) -> None:
    async with (
        running_gateway(settings) as client,
        openai.AsyncOpenAI(base_url=f"{client.base_url}/v1", api_key="anything") as api,
    ):
        with pytest.raises(openai.ConflictError, match="This studio runs no") as caught:
            await api.images.edit(image=png(), prompt="make it blue")
        assert caught.value.response.headers["X-Should-Retry"] == "false"


async def test_the_key_is_the_token_and_images_are_its_own(
    settings: Settings, service: ScriptedService
) -> None:
    async with calling(settings) as callers:
        url = f"{callers.nobody.base_url}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key=callers.secrets["ada"]) as ada:
            await ada.images.generate(prompt=PROMPT)
        assert await count_jobs(callers.ada) == 1
        assert await count_jobs(callers.bob) == 0
        async with openai.AsyncOpenAI(base_url=url, api_key="anything") as stranger:
            with pytest.raises(openai.AuthenticationError, match="wrong or revoked") as caught:
                await stranger.images.generate(prompt=PROMPT)
        assert caught.value.code == "invalid_api_key"


async def _read_all(stream: Any) -> list[Any]:
    return [event async for event in stream]


async def _until_there(client: httpx.AsyncClient, count: int) -> None:
    async with asyncio.timeout(30):
        while await count_jobs(client) < count:
            await asyncio.sleep(0.01)
