"""POST /generate/image-edit, /generate/controlnet and /preprocess."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.settings import Settings
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json, finish
from tests.gateway.scripted import ScriptedService
from tests.gateway.scripted_edit import ScriptedEdit, png, serve_edits

UNKNOWN = "0" * 64


@pytest.fixture
async def edits(sockets: Path) -> AsyncIterator[ScriptedEdit]:
    service = ScriptedEdit()
    async with serve_edits(sockets / "edit", service):
        yield service


@pytest.fixture
async def client(settings: Settings, sockets: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that knows where edits are served, served or not."""
    async with running_gateway(settings.model_copy(update={"edit": (f"unix:{sockets}/edit",)})) as client:
        yield client


async def keep(client: httpx.AsyncClient, data: bytes) -> str:
    answer = await client.post("/images", content=data, headers={"Content-Type": "image/png"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def send(client: httpx.AsyncClient, kind: str, **body: Any) -> httpx.Response:
    return await client.post(f"/generate/{kind}", json={"prompt": "x"} | body, headers={"Prefer": "wait=60"})


async def done(client: httpx.AsyncClient, kind: str, **body: Any) -> Json:
    answer = await send(client, kind, **body)
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert (job["kind"], job["status"]) == (kind, "succeeded"), job
    return job


async def test_an_instruction_reaches_the_service_with_its_pictures(
    edits: ScriptedEdit, client: httpx.AsyncClient
) -> None:
    first, second = await keep(client, png()), await keep(client, png(colour="red"))
    job = await done(client, "image-edit", images=[first, second], seed=4, count=2, steps=7)
    (request,) = edits.edits
    assert [len(image.data) > 0 for image in request.images] == [True, True]
    assert (list(request.settings.seeds), request.settings.steps) == ([4, 5], 7)
    assert not request.settings.HasField("size")
    assert request.settings.guidance_scale == 2.0
    assert [image["seed"] for image in job["images"]] == [4, 5]
    assert job["request"]["images"] == [first, second]


async def test_a_mask_makes_it_an_inpaint(edits: ScriptedEdit, client: httpx.AsyncClient) -> None:
    image = await keep(client, png())
    await done(client, "image-edit", images=[image], mask=image, mask_feather_px=3, strength=0.5)
    (request,) = edits.inpaints
    assert (request.mask.feather_px, request.strength) == (3, 0.5)
    assert request.mask.image.data


async def test_margins_make_it_an_outpaint(edits: ScriptedEdit, client: httpx.AsyncClient) -> None:
    image = await keep(client, png())
    await done(client, "image-edit", images=[image], outpaint={"left": 16, "bottom": 32})
    (request,) = edits.inpaints
    assert (request.outpaint.left, request.outpaint.bottom) == (16, 32)


async def test_controls_and_entities_reach_the_service(
    edits: ScriptedEdit, client: httpx.AsyncClient
) -> None:
    image = await keep(client, png())
    await done(
        client,
        "controlnet",
        controls=[{"image": image, "kind": "canny", "preprocess": True, "scale": 0.5, "end": 0.8}],
        entities=[
            {"prompt": "a star", "box": {"left": 0, "top": 0, "right": 64, "bottom": 64}},
            {"prompt": "a circle", "mask": image},
        ],
        init_image=image,
        mask=image,
    )
    (request,) = edits.controls
    (control,) = request.controls
    assert (control.kind, control.preprocess, control.scale, control.end) == ("canny", True, 0.5, 0.8)
    assert request.entities[0].mask.box.right == 64
    assert request.entities[1].mask.image.data
    assert request.start_image.data == request.mask.image.data


async def test_a_finished_picture_can_be_edited(
    edits: ScriptedEdit, service: ScriptedService, client: httpx.AsyncClient
) -> None:
    painted = (await finish(client))["images"][0]["id"]
    await done(client, "image-edit", images=[painted])
    assert edits.edits[0].images[0].data == (await client.get(f"/images/{painted}")).content


async def test_a_control_image_is_kept_to_be_used(edits: ScriptedEdit, client: httpx.AsyncClient) -> None:
    image = await keep(client, png())
    answer = await client.post(
        "/preprocess", json={"image": image, "kind": "canny", "parameters": {"low": 50}}
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["width"], made["height"], made["kind"]) == (128, 128, "canny")
    assert (await client.get(made["url"])).status_code == 200


BOX = {"left": 0, "top": 0, "right": 8, "bottom": 8}
WRONG: list[tuple[str, Json, str]] = [
    ("image-edit", {}, "images is missing"),
    ("image-edit", {"images": []}, "images has 0 entries; at least 1"),
    ("image-edit", {"images": ["IMAGE"] * 5}, "images has 5 entries; at most 4"),
    ("image-edit", {"images": ["../etc/passwd"]}, "it must be an id, as POST /images answers it"),
    ("image-edit", {"images": [UNKNOWN]}, "no such picture is kept; send it to POST /images first"),
    ("image-edit", {"images": ["IMAGE"], "mask": "SMALL"}, "mask is 64 × 64 px and its picture 128 × 128"),
    ("image-edit", {"images": ["IMAGE"], "mask": "BLACK"}, "nothing in it is white"),
    ("image-edit", {"images": ["IMAGE"], "mask": "IMAGE", "outpaint": {"left": 16}}, "exclude each other"),
    ("image-edit", {"images": ["IMAGE", "IMAGE"], "strength": 0.5}, "work on one image"),
    ("image-edit", {"images": ["IMAGE"], "outpaint": {}}, "adds nothing on any side"),
    ("image-edit", {"images": ["IMAGE"], "outpaint": {"left": 8}}, "multiple of 16 (try 16)"),
    ("image-edit", {"images": ["IMAGE"], "strength": 0}, "strength is 0; it must be above 0"),
    ("image-edit", {"images": ["IMAGE"], "width": 128}, "width is given without height"),
    ("image-edit", {"images": ["IMAGE"], "entities": [{"prompt": " ", "box": BOX}]}, "is blank"),
    ("image-edit", {"images": ["IMAGE"], "entities": [{"prompt": "x"}]}, "either a mask or a box"),
    ("controlnet", {}, "give controls or entities"),
    ("controlnet", {"controls": [{"image": "IMAGE", "kind": "depth"}]}, "asks for control.depth"),
    (
        "controlnet",
        {"controls": [{"image": "IMAGE", "kind": "canny", "start": 0.9, "end": 0.1}]},
        "below end",
    ),
    (
        "controlnet",
        {"controls": [{"image": "IMAGE", "kind": "canny"}], "mask": "IMAGE"},
        "without init_image",
    ),
]


@pytest.mark.parametrize(("kind", "body", "says"), WRONG, ids=[says for _, _, says in WRONG])
async def test_what_cannot_be_done_is_refused_before_it_is_accepted(
    edits: ScriptedEdit, client: httpx.AsyncClient, kind: str, body: Json, says: str
) -> None:
    ids = {
        "IMAGE": await keep(client, png()),
        "SMALL": await keep(client, png((64, 64))),
        "BLACK": await keep(client, png(colour="black")),
    }
    answer = await send(client, kind, **_with_ids(body, ids))
    assert answer.status_code == 422, answer.text
    assert says in " ".join(error["message"] for error in answer.json()["errors"])
    assert (await client.get("/jobs")).json()["jobs"] == []


def _with_ids(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _with_ids(each, ids) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_with_ids(each, ids) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return ids.get(value, value) if isinstance(value, str) else value


async def test_a_model_that_cannot_edit_says_what_it_can(
    edits: ScriptedEdit, client: httpx.AsyncClient
) -> None:
    edits.features = ("inpaint",)
    answer = await send(client, "image-edit", images=[await keep(client, png())])
    (error,) = answer.json()["errors"]
    assert (error["field"], error["value"]) == ("images", "edit")
    assert "shapes cannot do; it can do inpaint" in error["message"]


async def test_an_edit_service_that_is_down_holds_up_nothing_else(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    image = await keep(client, png())
    waiting = await client.post("/generate/image-edit", json={"prompt": "x", "images": [image]})
    assert waiting.status_code == 202
    assert (await finish(client))["status"] == "succeeded"
    job = (await client.get(waiting.headers["Location"])).json()
    assert job["status"] == "queued"
    capabilities = {c["name"]: c for c in (await client.get("/capabilities")).json()["capabilities"]}
    assert (capabilities["t2i"]["available"], capabilities["edit"]["available"]) == (True, False)
    assert "edit service is not answering" in capabilities["edit"]["reason"]


async def test_edits_wait_for_a_service_that_comes_later(sockets: Path, client: httpx.AsyncClient) -> None:
    image = await keep(client, png())
    waiting = await client.post("/generate/image-edit", json={"prompt": "x", "images": [image]})
    async with serve_edits(sockets / "edit", ScriptedEdit()):
        answer = await client.get(waiting.headers["Location"])
        while answer.json()["status"] not in {"succeeded", "failed"}:
            answer = await client.get(waiting.headers["Location"])
    assert answer.json()["status"] == "succeeded"


async def test_without_an_edit_service_edits_are_switched_off(settings: Settings) -> None:
    async with running_gateway(settings) as client:
        answer = await send(client, "image-edit", images=[UNKNOWN])
        assert (answer.status_code, answer.json()["code"]) == (409, "FEATURE_DISABLED")
        answer = await client.post("/preprocess", json={"image": UNKNOWN, "kind": "canny"})
        assert (answer.status_code, answer.json()["code"]) == (409, "FEATURE_DISABLED")
