"""POST /generate/tiled."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from grpc import StatusCode

from gateway.jobs.database import open_database
from gateway.jobs.holdings import Holding, add_holdings
from gateway.settings import Settings
from limner.edit.v1 import edit_pb2
from limner.image.v1 import image_pb2
from limner.tiling.v1 import tiling_pb2
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json, is_end_of, listening, take, until, until_status
from tests.gateway.scripted import Context, fail
from tests.gateway.scripted_edit import png
from tests.gateway.scripted_tiling import ScriptedTiling, leave, progress, result, serve_tiles


@pytest.fixture
async def tiling(sockets: Path) -> AsyncIterator[ScriptedTiling]:
    service = ScriptedTiling()
    async with serve_tiles(sockets / "tiling", service):
        yield service


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
async def client(settings: Settings, sockets: Path, results: Path) -> AsyncIterator[httpx.AsyncClient]:
    changed = {"tiling": (f"unix:{sockets}/tiling",), "results": results}
    async with running_gateway(settings.model_copy(update=changed)) as client:
        yield client


async def keep(client: httpx.AsyncClient, data: bytes) -> str:
    answer = await client.post("/images", content=data, headers={"Content-Type": "image/png"})
    return answer.json()["id"]


async def send(client: httpx.AsyncClient, wait: str = "wait=60", **body: Any) -> httpx.Response:
    return await client.post("/generate/tiled", json=body, headers={"Prefer": wait})


async def paint(client: httpx.AsyncClient, wait: str = "wait=60", **body: Any) -> Json:
    answer = await send(client, wait, **{"prompt": "a red circle", "width": 512, "height": 256} | body)
    assert answer.is_success, answer.text
    return answer.json()


async def test_a_target_beyond_the_model_reaches_the_service(
    tiling: ScriptedTiling, client: httpx.AsyncClient
) -> None:
    box = {"left": 0, "top": 0, "right": 256, "bottom": 256}
    entities = [{"prompt": "a star", "box": box}]
    job = await paint(client, tile_size=128, overlap=32, entities=entities, seed=5)
    assert (job["kind"], job["status"], job["images"][0]["seed"]) == ("tiled", "succeeded", 5)
    (asked,) = tiling.painted
    assert (asked.settings.size.width, asked.settings.size.height) == (512, 256)
    assert (asked.settings.steps, asked.settings.guidance_scale) == (20, 4.0)
    assert (asked.tiles.tile_px, asked.tiles.overlap_px, asked.tiles.mode) == (128, 32, 0)
    assert (asked.entities[0].prompt, asked.entities[0].mask.box.right) == ("a star", 256)


async def test_an_image_is_enlarged_without_a_word(tiling: ScriptedTiling, client: httpx.AsyncClient) -> None:
    data = png((64, 32))
    image = await keep(client, data)
    answer = await send(client, image=image, scale=2.5, strength=0.5, control_scale=1)
    assert answer.json()["status"] == "succeeded"
    (asked,) = tiling.enlarged
    assert (asked.scale, asked.strength, asked.control_scale) == (2.5, 0.5, 1)
    assert asked.settings.prompt == ""
    assert not asked.settings.HasField("size")
    assert hashlib.sha256(asked.image.data).hexdigest() == image


async def test_an_image_is_enlarged_to_a_size(tiling: ScriptedTiling, client: httpx.AsyncClient) -> None:
    await send(client, image=await keep(client, png((64, 32))), width=1024, height=512)
    assert (tiling.enlarged[0].settings.size.width, tiling.enlarged[0].scale) == (1024, 0)


async def test_events_tell_the_tile_and_show_the_picture_grow(
    tiling: ScriptedTiling, client: httpx.AsyncClient
) -> None:
    async def script(settings: edit_pb2.Settings, context: Context) -> AsyncIterator[tiling_pb2.Event]:
        yield progress(0)
        yield progress(2, preview=image_pb2.Image(data=b"RIFF", format="webp"))
        await asyncio.sleep(0.2)
        yield progress(2)
        async for event in leave_inline(settings, context):
            yield event

    tiling.script = script
    async with listening(client) as events:
        job = await paint(client, wait="")
        seen = [event["data"] for event in await take(events, is_end_of(job["id"]))]
    told = [each["job"]["progress"] for each in seen if each["type"] == "job"]
    assert [(each["tile"], each["tile_count"]) for each in told][-2:] == [(2, 3), (3, 3)]
    assert any(each["type"] == "preview" for each in seen)


async def leave_inline(settings: edit_pb2.Settings, context: Context) -> AsyncIterator[tiling_pb2.Event]:
    yield result(settings, data=png())


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"prompt": " ", "width": 512, "height": 512}, "prompt", "prompt is blank"),
        ({"prompt": "x"}, "width", "width is missing; say how large"),
        ({"prompt": "x", "width": 8208, "height": 512}, "width", "width is 8208; it must be at most 8192"),
        ({"prompt": "x", "width": 8193, "height": 512}, "width", "width is 8193; it must be"),
        ({"prompt": "x", "width": 112, "height": 512}, "width", "less than a tile of 128"),
        ({"prompt": "x", "width": 160, "height": 512, "tile_size": 192}, "width", "less than a tile of 192"),
        ({"prompt": "x", "width": 5120, "height": 256}, "width", "at most 16:1"),
        ({"prompt": "x", "width": 512, "height": 512, "tile_size": 272}, "tile_size", "64 to 256 (try 256)"),
        ({"prompt": "x", "width": 512, "height": 512, "overlap": 128}, "overlap", "16 to 64, half of a tile"),
        ({"prompt": "x", "width": 512, "height": 512, "scale": 2}, "scale", "without image"),
        ({"prompt": "x", "width": 512, "height": 512, "control_scale": 1}, "control_scale", "without image"),
        (
            {"prompt": "x", "width": 512, "height": 512, "mode": "joint", "strength": 0.5},
            "strength",
            "mode joint refines nothing",
        ),
        (
            {
                "prompt": "x",
                "width": 512,
                "height": 512,
                "entities": [{"prompt": "a", "box": {"right": 528}}],
            },
            "entities.0.box",
            "0, 0, 528, 9, beyond the picture's 512 × 512 px; move it inside",
        ),
        ({"image": "IMAGE"}, "scale", "scale is missing"),
        ({"image": "IMAGE", "scale": 1}, "scale", "scale is 1; it must be above 1"),
        ({"image": "IMAGE", "scale": 2, "width": 512}, "scale", "exclude each other"),
        ({"image": "IMAGE", "width": 512}, "height", "width is given without height"),
        ({"image": "IMAGE", "width": 32, "height": 32}, "width", "at least the picture's 128 × 128"),
        ({"image": "IMAGE", "scale": 2, "mode": "joint"}, "mode", "paints from noise"),
        ({"image": "IMAGE", "scale": 2, "entities": [{"prompt": "a", "box": {"right": 9}}]}, "entities", ""),
        ({"image": "STRIP", "scale": 2}, "image", "at most 16:1"),
        ({"image": "LONG", "scale": 8}, "scale", "goes beyond 8192 px; use at most 6.82"),
        ({"image": "0" * 64, "scale": 2}, "image", "no such picture is kept"),
    ],
)
async def test_what_cannot_be_done_is_refused_before_it_is_accepted(
    tiling: ScriptedTiling, client: httpx.AsyncClient, body: Json, field: str, says: str
) -> None:
    sizes = {"IMAGE": (128, 128), "STRIP": (640, 32), "LONG": (1200, 128)}
    if (size := sizes.get(body.get("image", ""))) is not None:
        body = body | {"image": await keep(client, png(size))}
    for entity in body.get("entities", ()):
        entity["box"] = {"left": 0, "top": 0, "bottom": 9} | entity["box"]
    answer = await send(client, **body)
    assert answer.status_code == 422, answer.text
    found = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert says in found[field]
    assert not tiling.painted
    assert not tiling.enlarged


async def test_a_picture_too_large_to_be_sent_is_refused(
    tiling: ScriptedTiling, client: httpx.AsyncClient, settings: Settings
) -> None:
    large = await kept_by_hand(settings, bytes(65 * 2**20))
    (error,) = (await send(client, image=large, scale=2)).json()["errors"]
    assert (error["field"], error["value"]) == ("image", large)
    assert "have 65 MiB, and services take 64" in error["message"]


async def test_a_result_of_all_pixels_is_no_source(
    tiling: ScriptedTiling, client: httpx.AsyncClient, settings: Settings
) -> None:
    whole = await kept_by_hand(settings, png((8192, 8192)))
    (error,) = (await send(client, image=whole, scale=1.5)).json()["errors"]
    assert "image is 8192 × 8192 px; services take at most 64 megapixels" in error["message"]


async def kept_by_hand(settings: Settings, data: bytes) -> str:
    image_id = hashlib.sha256(data).hexdigest()
    path = Path(settings.images) / "blobs" / "sha256" / image_id[:2] / image_id[2:4] / image_id
    await asyncio.to_thread(path.parent.mkdir, parents=True)
    await asyncio.to_thread(path.write_bytes, data)
    await asyncio.to_thread(_hold, settings, image_id)
    return image_id


def _hold(settings: Settings, image_id: str) -> None:
    engine = open_database(settings.database)
    with engine.begin() as connection:
        add_holdings(connection, [Holding(image_id, "")], time.time())
    engine.dispose()


async def test_a_large_result_moves_from_the_folder_into_the_store(
    tiling: ScriptedTiling, client: httpx.AsyncClient, results: Path
) -> None:
    data = png() + bytes(24 * 2**20)  # more than one piece, on the way in and on the way out
    tiling.script = leave(results, data)
    job = await paint(client)
    assert job["status"] == "succeeded", job["error"]
    answer = await client.get(job["images"][0]["url"])
    assert answer.content == data
    assert answer.headers["content-length"] == str(len(data))
    await until(client, job["id"], lambda _: not [*results.iterdir()])


@pytest.fixture
def half_a_picture(results: Path) -> Path:
    results.mkdir()
    file = results / ("1" * 64)
    file.write_bytes(b"half a picture")
    return file


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        (f"sha256:{'0' * 64}", "LIMNER_GATEWAY_RESULTS must name the folder"),
        ("sha256:../../etc/passwd", "which is no digest"),
        ("/etc/passwd", "which is no digest"),
        (f"sha256:{'1' * 64}", "is damaged on disk"),
    ],
)
async def test_a_result_that_is_not_what_it_says_fails_the_job(
    tiling: ScriptedTiling, client: httpx.AsyncClient, half_a_picture: Path, uri: str, says: str
) -> None:
    async def script(settings: edit_pb2.Settings, context: Context) -> AsyncIterator[tiling_pb2.Event]:
        yield result(settings, uri=uri)

    tiling.script = script
    job = await paint(client)
    assert job["error"]["code"] == "STORAGE_FAILED"
    assert says in job["error"]["message"]


async def test_a_full_disk_fails_the_job_in_the_services_words(
    tiling: ScriptedTiling, client: httpx.AsyncClient
) -> None:
    text = "The unfinished picture cannot be kept in /t: No space left on device. Free some space."

    async def script(settings: edit_pb2.Settings, context: Context) -> AsyncIterator[tiling_pb2.Event]:
        yield progress(1)
        await fail(context, StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FAILED", text)

    tiling.script = script
    job = await paint(client)
    assert (job["status"], job["images"]) == ("failed", [])
    assert job["error"] == {"code": "STORAGE_FAILED", "message": text}


async def test_a_job_is_cancelled_within_a_tile(tiling: ScriptedTiling, client: httpx.AsyncClient) -> None:
    hung_up = asyncio.Event()

    async def script(settings: edit_pb2.Settings, context: Context) -> AsyncIterator[tiling_pb2.Event]:
        yield progress(1)
        try:
            await asyncio.sleep(60)
        finally:
            hung_up.set()

    tiling.script = script
    job = await paint(client, wait="")
    await until(client, job["id"], lambda job: job["progress"]["tile"] == 1)
    await client.delete(f"/jobs/{job['id']}")
    await until_status(client, job["id"], "cancelled")
    await asyncio.wait_for(hung_up.wait(), 10)


async def test_a_studio_without_the_service_names_the_variable(settings: Settings) -> None:
    async with running_gateway(settings) as client:
        answer = await send(client, prompt="x", width=512, height=512)
    assert (answer.status_code, answer.json()["code"]) == (409, "FEATURE_DISABLED")
    assert "LIMNER_GATEWAY_TILING" in answer.json()["detail"]


async def test_capabilities_tell_the_largest_tile_beside_the_longest_side(
    tiling: ScriptedTiling, client: httpx.AsyncClient
) -> None:
    told = (await client.get("/capabilities")).json()["capabilities"]
    (model,) = next(each for each in told if each["name"] == "tiling")["models"]
    assert (model["max_tile_px"], model["max_side_px"]) == (256, 8192)
