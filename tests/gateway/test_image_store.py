"""One suite over a folder and over a real S3 API."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.depot import StorageFailed
from gateway.images import ImageStore
from tests.gateway.s3 import Bucket, make_bucket, running_s3

_UNKNOWN = "0" * 64


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with running_s3() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    bucket = make_bucket(s3)
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return bucket


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "images"


@pytest.fixture(params=["folder", "s3"])
def images(request: pytest.FixtureRequest, folder: Path) -> ImageStore:
    if request.param == "folder":
        return ImageStore.open(str(folder))
    bucket: Bucket = request.getfixturevalue("bucket")
    return ImageStore.open(f"s3://{bucket.name}/a/studio")


async def test_a_store_that_works_passes_its_probe_and_is_empty_after_it(images: ImageStore) -> None:
    await images.probe()
    assert [kept async for kept in images.list_kept()] == []


async def test_a_file_is_found_under_the_hash_of_its_content(images: ImageStore) -> None:
    image_id = await images.put(b"picture")
    assert image_id == hashlib.sha256(b"picture").hexdigest()
    assert await images.get(image_id) == b"picture"
    assert await images.measure(image_id) == 7


async def test_the_same_picture_is_kept_once_and_counts_as_new(images: ImageStore) -> None:
    first = await images.put(b"picture")
    [before] = [kept async for kept in images.list_kept()]
    await asyncio.sleep(1.1)  # S3 tells the time in seconds
    assert await images.put(b"picture") == first
    [after] = [kept async for kept in images.list_kept()]
    assert (after.id, after.size_bytes) == (first, 7)
    assert after.modified_at > before.modified_at


async def test_what_is_kept_is_listed_with_its_size_and_age(images: ImageStore) -> None:
    started_at = time.time()
    sizes = {await images.put(bytes(size)): size for size in (1, 2, 3)}
    await images.put_checkpoint("job", b"latents")
    kept = [each async for each in images.list_kept()]
    assert {each.id: each.size_bytes for each in kept} == sizes
    assert all(started_at - 2 < each.modified_at < time.time() + 2 for each in kept)


async def test_a_large_file_has_the_same_id_and_comes_in_pieces(images: ImageStore) -> None:
    data = os.urandom(12_000_000)
    image_id = await images.put(data)
    assert image_id == hashlib.sha256(data).hexdigest()
    kept = await images.open_file(image_id)
    assert kept is not None
    assert kept.size_bytes == len(data)
    pieces = [piece async for piece in kept.chunks]
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) < 8_000_000


async def test_a_large_file_is_taken_from_its_path(images: ImageStore, tmp_path: Path) -> None:
    data = os.urandom(12_000_000)
    (tmp_path / "result").write_bytes(data)
    image_id = hashlib.sha256(data).hexdigest()
    await images.put_file(image_id, tmp_path / "result")
    assert await images.get(image_id) == data
    assert (tmp_path / "result").exists()


@pytest.mark.parametrize(
    "image_id", ["", "..", "../../etc/passwd", "0" * 63, _UNKNOWN, "A" * 64, "0" * 64 + "\n"]
)
async def test_an_id_that_is_no_hash_or_unknown_finds_nothing(images: ImageStore, image_id: str) -> None:
    assert await images.get(image_id) is None
    assert await images.measure(image_id) is None
    assert await images.open_file(image_id) is None
    assert await images.open_derived(image_id, "256.webp") is None
    await images.delete(image_id)


async def test_deleting_takes_what_was_derived_along(images: ImageStore) -> None:
    image_id, other = await images.put(b"picture"), await images.put(b"another")
    for each in (image_id, other):
        await images.put_derived(each, "64.webp", b"small")
        await images.put_derived(each, "256.webp", b"larger")
    await images.delete(image_id)
    assert [kept.id async for kept in images.list_kept()] == [other]
    assert await images.open_derived(image_id, "64.webp") is None
    assert await images.open_derived(image_id, "256.webp") is None
    assert await images.open_derived(other, "256.webp") is not None


async def test_what_is_derived_from_a_deleted_picture_does_not_stay(images: ImageStore) -> None:
    image_id = await images.put(b"picture")
    await images.delete(image_id)
    await images.put_derived(image_id, "64.webp", b"small")
    assert await images.open_derived(image_id, "64.webp") is None


async def test_a_checkpoint_is_replaced_and_dropped(images: ImageStore) -> None:
    assert await images.get_checkpoint("job") is None
    await images.put_checkpoint("job", b"one")
    await images.put_checkpoint("job", b"two")
    assert await images.get_checkpoint("job") == b"two"
    await images.drop_checkpoint("job")
    await images.drop_checkpoint("job")
    assert await images.get_checkpoint("job") is None


def left_in(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.name != "incoming"]


async def test_a_folder_holds_plain_files_and_nothing_when_all_is_deleted(folder: Path) -> None:
    images = ImageStore.open(str(folder))
    image_id = await images.put(b"picture")
    await images.put_derived(image_id, "64.webp", b"small")
    path = folder / "blobs" / "sha256" / image_id[:2] / image_id[2:4] / image_id
    assert path.read_bytes() == b"picture"
    await images.delete(image_id)
    assert left_in(folder) == []


async def test_a_file_that_a_power_cut_left_empty_is_mended_by_the_next_put(folder: Path) -> None:
    images = ImageStore.open(str(folder))
    image_id = await images.put(b"picture")
    (folder / "blobs" / "sha256" / image_id[:2] / image_id[2:4] / image_id).write_bytes(b"")
    await images.put(b"picture")
    assert await images.get(image_id) == b"picture"


def test_a_put_is_flushed_before_it_gets_its_name(folder: Path, tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from gateway.images import ImageStore;"
        "asyncio.run(ImageStore.open(sys.argv[1]).put(b'picture'))"
    )
    calls = tmp_path / "calls"
    trace = ["strace", "-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2", "-o", str(calls)]
    try:
        subprocess.run([*trace, sys.executable, "-c", program, str(folder)], check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("strace is not installed, or may not trace here")
    said = [line for line in calls.read_text().splitlines() if str(folder) in line]
    order = ["rename" if "rename" in line else "fsync" for line in said]
    assert order[:2] == ["fsync", "rename"]
    # The file's folder and those above it: a name that is not flushed is lost with the power.
    assert order[2:] == ["fsync"] * 5


def test_what_never_became_whole_is_swept_after_a_day(folder: Path) -> None:
    (folder / "incoming").mkdir(parents=True)
    old, new = folder / "incoming" / "old", folder / "incoming" / "new"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    ImageStore.open(str(folder))
    assert (old.exists(), new.exists()) == (False, True)


async def test_many_puts_and_deletes_at_once_leave_whole_files(folder: Path) -> None:
    images = ImageStore.open(str(folder))

    async def churn(data: bytes) -> None:
        for _ in range(20):
            await images.delete(await images.put(data))
        assert await images.get(await images.put(data)) == data

    await asyncio.gather(*(churn(bytes([n])) for n in range(8)))
    assert len([kept async for kept in images.list_kept()]) == 8


async def test_a_bucket_that_is_missing_is_named(bucket: Bucket) -> None:
    with pytest.raises(StorageFailed, match=r"bucket.*NoSuchBucket"):
        await ImageStore.open(f"s3://{bucket.name}-not/a").probe()


async def test_a_server_that_is_down_is_one_sentence_for_every_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with running_s3() as endpoint:
        bucket = make_bucket(endpoint)
        for name, value in bucket.environment.items():
            monkeypatch.setenv(name, value)
        images = ImageStore.open(f"s3://{bucket.name}")
        image_id = await images.put(b"picture")
    (tmp_path / "file").touch()
    for call in (
        images.put(b"another"),
        images.put_file(image_id, tmp_path / "file"),
        images.get(image_id),
        images.measure(image_id),
        images.open_file(image_id),
        images.delete(image_id),
    ):
        with pytest.raises(StorageFailed) as failed:
            await call
        assert "\n" not in str(failed.value)
        assert endpoint in str(failed.value)


@pytest.mark.parametrize("location", ["ftp://host/images", "gs://bucket", "s3://"])
def test_a_location_that_is_no_folder_and_no_bucket_is_refused(location: str) -> None:
    with pytest.raises(StorageFailed):
        ImageStore.open(location)


async def test_a_full_disk_is_told_from_a_broken_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = ImageStore.open(str(folder))
    for number, is_full in ((errno.ENOSPC, True), (errno.EIO, False)):

        def fail(_file: int, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StorageFailed) as failed:
            await images.put(b"picture")
        assert failed.value.is_full is is_full
        assert [each async for each in images.list_kept()] == []
    assert list((folder / "incoming").iterdir()) == []
