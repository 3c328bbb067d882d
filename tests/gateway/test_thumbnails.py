"""Smaller and differently packed files of kept images, through a real gateway."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from gateway.depot import Depot, Kept
from gateway.images import ImageStore
from gateway.negotiation import choose
from gateway.settings import Settings
from gateway.thumbnails import Rendition, Thumbnails
from limner.client import Client
from limner.image.v1 import image_pb2
from limner.t2i.v1 import t2i_pb2
from tests.gateway.flow import finish
from tests.gateway.scripted import Request, Response, ScriptedService
from tests.gateway.test_uploads import BLUE, RED, halves, packed, upload

_UNKNOWN = "0" * 64


async def kept(client: httpx.AsyncClient, image: Image.Image) -> str:
    """The URL of an upload."""
    return (await upload(client, packed(image))).json()["url"]


async def made(client: httpx.AsyncClient, service: ScriptedService, data: bytes) -> str:
    """The URL of that file as the result of a job."""

    async def script(request: Request, _context: object) -> AsyncIterator[Response]:
        image = image_pb2.Image(data=data, format="png", size=image_pb2.Size(width=16, height=16))
        yield Response(result=t2i_pb2.Result(image=image, seed=request.seeds[0]))

    service.scripts.append(script)
    job = await finish(client)
    assert job["status"] == "succeeded", job
    return job["images"][0]["url"]


def opened(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    image = Image.open(io.BytesIO(answer.content))
    assert answer.headers["content-type"] == f"image/{str(image.format).lower()}"
    return image


async def test_a_thumbnail_is_a_small_webp_of_the_same_shape_and_colours(client: httpx.AsyncClient) -> None:
    url = await kept(client, halves(640, 320))
    image = opened(await client.get(f"{url}/thumbnail"))
    assert (image.format, image.size) == ("WEBP", (256, 128))
    pixels = np.asarray(image).astype(int)
    assert np.abs(pixels[64, 40] - RED).max() <= 12
    assert np.abs(pixels[64, 216] - BLUE).max() <= 12


@pytest.mark.parametrize(("asked_px", "side_px"), [(64, 64), (512, 512), (511, 448), (127, 64)])
async def test_a_size_is_rounded_down(client: httpx.AsyncClient, asked_px: int, side_px: int) -> None:
    url = await kept(client, halves(640, 640))
    assert opened(await client.get(f"{url}/thumbnail?size={asked_px}")).size == (side_px, side_px)


async def test_a_small_picture_is_not_enlarged(client: httpx.AsyncClient) -> None:
    url = await kept(client, halves(32, 16))
    assert opened(await client.get(f"{url}/thumbnail")).size == (32, 16)


async def test_transparency_is_kept_and_becomes_white_where_it_cannot_be(client: httpx.AsyncClient) -> None:
    clear = halves(96, 96).convert("RGBA")
    clear.putalpha(0)
    url = await kept(client, clear)
    assert opened(await client.get(f"{url}/thumbnail")).mode == "RGBA"
    image = opened(await client.get(f"{url}/thumbnail", headers={"Accept": "image/jpeg"}))
    assert (np.asarray(image) >= 250).all()


@pytest.mark.parametrize("size", ["63", "513", "0", "-1", "many", "1e3", "9" * 40])
async def test_a_size_out_of_range_is_refused_with_the_field(client: httpx.AsyncClient, size: str) -> None:
    url = await kept(client, halves())
    answer = await client.get(f"{url}/thumbnail", params={"size": size})
    assert answer.status_code == 422
    assert "size" in answer.json()["errors"][0]["field"]


@pytest.mark.parametrize("image_id", [_UNKNOWN, "thumbnails", "A" * 64, "%2e%2e%2f%2e%2e"])
async def test_an_unknown_id_is_not_found(client: httpx.AsyncClient, image_id: str) -> None:
    for path in (f"/images/{image_id}/thumbnail", f"/images/{image_id}?format=webp"):
        answer = await client.get(path, headers={"If-None-Match": "*"})
        assert answer.status_code == 404


async def test_what_a_client_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    url = await kept(client, halves())
    paths = (url, f"{url}?format=webp", f"{url}/thumbnail", f"{url}/thumbnail?size=64")
    answers = [await client.get(path) for path in paths]
    tags = [answer.headers["etag"] for answer in answers]
    assert len(set(tags)) == len(paths)
    for path, answer, tag in zip(paths, answers, tags, strict=True):
        assert "immutable" in answer.headers["cache-control"]
        for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await client.get(path, headers={"If-None-Match": condition})
            assert (again.status_code, again.content) == (304, b"")
        others = ", ".join(each for each in tags if each != tag)
        assert (await client.get(path, headers={"If-None-Match": others})).status_code == 200


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
async def test_an_image_comes_in_the_format_that_is_asked_for(client: httpx.AsyncClient, kind: str) -> None:
    url = await kept(client, halves(96, 48))
    for answer in (
        await client.get(f"{url}?format={kind}"),
        await client.get(url, headers={"Accept": f"image/{kind}"}),
    ):
        image = opened(answer)
        assert (image.format, image.size) == (kind.upper(), (96, 48))
        assert np.abs(np.asarray(image)[24, 20].astype(int) - RED).max() <= 12


async def test_a_browser_gets_the_file_as_it_is_kept(client: httpx.AsyncClient) -> None:
    url = await kept(client, halves())
    img = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
    assert opened(await client.get(url, headers={"Accept": img})).format == "PNG"


async def test_an_unknown_format_is_refused_with_those_that_there_are(client: httpx.AsyncClient) -> None:
    url = await kept(client, halves())
    answer = await client.get(f"{url}?format=gif")
    assert (answer.status_code, "webp" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "webp"),
        ("*/*", "webp"),
        ("image/*", "webp"),
        ("image/png,*/*;q=0.5", "webp"),
        ("image/png", "png"),
        ("image/jpeg, image/png;q=0.1", "png"),
        ("IMAGE/JPEG", "jpeg"),
        ("image/webp;q=0, image/*", "png"),
        ("image/webp; q=0.000, image/png;q=0, */*", "jpeg"),
        ("text/html", "webp"),
        (",;=,;;q", "webp"),
        ("", "webp"),
    ],
)
def test_the_first_permitted_format_is_chosen(accept: str | None, chosen: str) -> None:
    assert choose(accept, ("webp", "png", "jpeg")) == chosen


async def test_many_who_ask_at_once_get_one_that_is_made_once(tmp_path: Path) -> None:
    images = ImageStore.open(str(tmp_path / "images"))
    image_id = await images.put(packed(halves(640, 640)))
    thumbnails = Thumbnails(images)
    wanted = Rendition(image_id, "webp", 256)
    asking = [asyncio.create_task(thumbnails.open_file(wanted)) for _ in range(8)]
    file = tmp_path / "images" / "thumbnails" / image_id / "256.webp"
    await asyncio.sleep(0)
    asking[0].cancel()
    answers = [await each for each in asking[1:]]
    made_at = file.stat().st_mtime_ns
    inode = file.stat().st_ino
    assert all(answer is not None for answer in answers)
    assert await thumbnails.open_file(wanted) is not None
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (made_at, inode)


async def test_a_deleted_thumbnail_is_made_again(client: httpx.AsyncClient, settings: Settings) -> None:
    url = await kept(client, halves())
    first = (await client.get(f"{url}/thumbnail")).content
    image_id = url.rpartition("/")[2]
    file = Path(settings.images) / "thumbnails" / image_id / "256.webp"
    file.unlink()
    assert (await client.get(f"{url}/thumbnail")).content == first
    assert file.read_bytes() == first


async def test_a_kept_file_that_is_no_picture_is_a_clear_refusal_every_time(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    url = await made(client, service, b"no picture at all")
    for path in (f"{url}/thumbnail", f"{url}?format=jpeg"):
        for _ in range(2):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (422, "UNREADABLE_IMAGE")


class HaltedStore(ImageStore):
    """Has every file, and never gives one out."""

    def __init__(self, depot: Depot) -> None:
        super().__init__(depot)
        self.asked = asyncio.Event()

    async def open_file(self, image_id: str) -> Kept | None:
        self.asked.set()
        await asyncio.Event().wait()


async def test_closing_gives_up_what_is_being_made(tmp_path: Path) -> None:
    images = HaltedStore(Depot.open(str(tmp_path / "images")))
    image_id = await images.put(packed(halves(64, 64)))
    thumbnails = Thumbnails(images)
    asking = asyncio.create_task(thumbnails.open_file(Rendition(image_id, "webp", 64)))
    await images.asked.wait()
    await thumbnails.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await images.open_derived(image_id, "64.webp") is None


async def test_the_client_of_code_that_does_not_await_gets_a_thumbnail(client: httpx.AsyncClient) -> None:
    image_id = (await kept(client, halves(640, 320))).rpartition("/")[2]

    def fetch() -> bytes:
        with Client(str(client.base_url)) as studio:
            return studio.thumbnail(image_id, 128)

    assert Image.open(io.BytesIO(await asyncio.to_thread(fetch))).size == (128, 64)


async def test_the_largest_picture_is_made_smaller_within_the_limits(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    largest = packed(Image.new("RGBA", (8192, 8192), (205, 10, 40, 255)), compress_level=1)
    url = await made(client, service, largest)
    assert opened(await client.get(f"{url}/thumbnail")).size == (256, 256)
