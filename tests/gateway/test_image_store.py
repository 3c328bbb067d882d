from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gateway.images import ImageStore


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    return ImageStore.open(str(tmp_path / "images"))


async def test_a_file_is_found_under_the_hash_of_its_content(images: ImageStore, tmp_path: Path) -> None:
    image_id = await images.put(b"picture")
    assert image_id == hashlib.sha256(b"picture").hexdigest()
    assert await images.get(image_id) == b"picture"
    path = tmp_path / "images" / "blobs" / "sha256" / image_id[:2] / image_id[2:4] / image_id
    assert path.read_bytes() == b"picture"


async def test_the_same_picture_is_kept_once(images: ImageStore) -> None:
    assert await images.put(b"picture") == await images.put(b"picture")


async def test_a_large_file_has_the_same_id(images: ImageStore) -> None:
    data = bytes(3_000_000)
    assert await images.put(data) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "image_id", ["", "..", "../../etc/passwd", "0" * 63, "0" * 64, "A" * 64, "0" * 64 + "\n"]
)
async def test_an_id_that_is_no_hash_or_unknown_finds_nothing(images: ImageStore, image_id: str) -> None:
    assert await images.get(image_id) is None


async def test_a_checkpoint_is_replaced_and_dropped(images: ImageStore) -> None:
    assert await images.get_checkpoint("job") is None
    await images.put_checkpoint("job", b"one")
    await images.put_checkpoint("job", b"two")
    assert await images.get_checkpoint("job") == b"two"
    await images.drop_checkpoint("job")
    await images.drop_checkpoint("job")
    assert await images.get_checkpoint("job") is None
