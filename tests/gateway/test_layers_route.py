"""POST /generate/layers."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from gateway.settings import Settings
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json
from tests.gateway.scripted_edit import ScriptedEdit, png, serve_edits


@pytest.fixture
async def edits(sockets: Path) -> AsyncIterator[ScriptedEdit]:
    service = ScriptedEdit(features=("layers",))
    async with serve_edits(sockets / "edit", service):
        yield service


@pytest.fixture
async def client(settings: Settings, sockets: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with running_gateway(settings.model_copy(update={"edit": (f"unix:{sockets}/edit",)})) as client:
        yield client


async def keep(client: httpx.AsyncClient, data: bytes) -> str:
    answer = await client.post("/images", content=data, headers={"Content-Type": "image/png"})
    return answer.json()["id"]


async def send(client: httpx.AsyncClient, body: Json, wait: str = "wait=60") -> httpx.Response:
    whole = {"prompt": "a poster", **body}
    return await client.post("/generate/layers", json=whole, headers={"Prefer": wait})


async def test_the_picture_reaches_the_service_with_its_transparency(
    edits: ScriptedEdit, client: httpx.AsyncClient
) -> None:
    image = await keep(client, png(colour="#ff000040", mode="RGBA"))
    await send(client, {"image": image, "layers": 3, "steps": 7})
    (request,) = edits.layers
    assert (request.layer_count, request.settings.steps, request.settings.prompt) == (3, 7, "a poster")
    assert not request.settings.HasField("size")
    sent = Image.open(io.BytesIO(request.image.data))
    assert (sent.mode, sent.getpixel((0, 0))) == ("RGBA", (255, 0, 0, 64))


async def test_four_layers_are_made_unless_told_otherwise(
    edits: ScriptedEdit, client: httpx.AsyncClient
) -> None:
    job = (await send(client, {"image": await keep(client, png())})).json()
    assert (job["request"]["layers"], edits.layers[0].layer_count, len(job["images"])) == (4, 4, 4)


async def test_all_layers_of_all_seeds_are_kept_in_order_and_with_alpha(
    edits: ScriptedEdit, client: httpx.AsyncClient
) -> None:
    image = await keep(client, png())
    job = (await send(client, {"image": image, "layers": 2, "count": 2, "seed": 5})).json()
    assert (job["kind"], job["status"], job["progress"]["image_count"]) == ("layers", "succeeded", 4)
    assert job["progress"]["images_at_once"] == 2
    assert [each["seed"] for each in job["images"]] == [5, 5, 6, 6]
    files = [(await client.get(each["url"])).content for each in job["images"]]
    pictures = [Image.open(io.BytesIO(file)) for file in files]
    assert [picture.getpixel((0, 0)) for picture in pictures] == [
        (seed, layer, 255, 128) for seed in (5, 6) for layer in (0, 1)
    ]
    (shown,) = (await client.get("/jobs")).json()["jobs"]
    assert shown["images"] == job["images"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "image is missing"),
        ({"image": "0" * 64}, "no such picture is kept"),
        ({"image": "IMAGE", "layers": 0}, "layers is 0; it must be at least 1"),
        ({"image": "IMAGE", "layers": 9}, "layers is 9; it must be at most 8"),
        ({"image": "IMAGE", "layer": 2}, "did you mean layers?"),
        ({"image": "IMAGE", "prompt": " "}, "prompt is blank"),
        ({"image": "IMAGE", "width": 128}, "width is given without height"),
    ],
)
async def test_what_cannot_be_done_is_refused_before_it_is_accepted(
    edits: ScriptedEdit, client: httpx.AsyncClient, body: Json, says: str
) -> None:
    image = await keep(client, png())
    answer = await send(client, {key: image if value == "IMAGE" else value for key, value in body.items()})
    assert answer.status_code == 422, answer.text
    assert says in " ".join(error["message"] for error in answer.json()["errors"])


async def test_a_model_without_layers_says_what_it_can(
    edits: ScriptedEdit, client: httpx.AsyncClient
) -> None:
    edits.features = ("inpaint",)
    answer = await send(client, {"image": await keep(client, png())})
    (error,) = answer.json()["errors"]
    assert (error["field"], error["value"]) == ("image", "layers")
    assert "image asks for layers, which shapes cannot do; it can do inpaint" in error["message"]
