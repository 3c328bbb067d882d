from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.jobs.holdings import Holding, ImagesGone
from tests.gateway.records import Records, fresh, opened_records


@pytest.fixture
def records(tmp_path: Path, database: str) -> Iterator[Records]:
    with opened_records(tmp_path, database) as records:
        yield records


async def test_an_image_goes_only_when_nobody_holds_it(records: Records) -> None:
    image_id = await records.upload(b"picture")
    job = await records.make(inputs=(image_id,))
    assert await records.holdings.release_uploads(2e9, 10) == []
    assert await records.history.drop_images([image_id]) == 0
    await records.archive.forget([job.id])
    assert await records.holdings.release_uploads(2e9, 10) == [image_id]
    assert await records.history.drop_images([image_id, image_id]) == 2
    assert await records.kept() == set()


async def test_what_another_owner_holds_stays(records: Records) -> None:
    image_id = await records.upload(b"picture", owner="ann")
    await records.upload(b"picture", owner="ben")
    job = await records.make(owner="ann", inputs=(image_id,))
    await records.history.forget("ann", [job.id])
    assert await records.kept() == {image_id}
    assert await records.holdings.is_held_by("ben", image_id)
    assert not await records.holdings.is_held_by("eve", image_id)


async def test_a_job_that_refers_to_what_nobody_holds_is_not_taken(records: Records) -> None:
    image_id = await records.images.put(b"about to go")
    job = fresh()
    with pytest.raises(ImagesGone) as gone:
        await records.store.add([job], [image_id])
    assert gone.value.image_ids == {image_id}
    assert await records.store.get(job.id) is None


async def test_an_upload_that_is_sent_again_counts_as_new(records: Records) -> None:
    image_id = await records.upload(b"picture")
    await records.transactions.write(
        lambda connection: connection.exec_driver_sql("UPDATE image_refs SET created_at = 1").close()
    )
    await records.upload(b"picture")
    assert await records.holdings.release_uploads(2, 10) == []
    assert await records.kept() == {image_id}


async def test_sizes_are_known_of_what_is_made_sent_and_referred_to(records: Records) -> None:
    image_id = await records.upload(b"12345")
    await records.make(b"123", inputs=(image_id,))
    await records.holdings.release_uploads(2e9, 10)
    assert await records.inventory.total_bytes() == 8
    await records.transactions.write(
        lambda connection: connection.exec_driver_sql("UPDATE image_refs SET size_bytes = 0").close()
    )
    await records.holdings.note_sizes({image_id: 5})
    assert await records.inventory.total_bytes() == 5


async def test_whoever_holds_an_image_while_it_is_dropped_puts_it_after_that(records: Records) -> None:
    image_id = await records.images.put(b"picture")
    deleting, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def delete(_image_id: str) -> None:
        deleting.set()
        go_on.wait(30)
        order.append("deleted")

    async def hold() -> None:
        await records.holdings.hold(Holding(image_id, "", size_bytes=7))
        order.append("held")

    dropping = asyncio.create_task(records.holdings.drop(image_id, delete))
    await asyncio.to_thread(deleting.wait, 30)
    holding = asyncio.create_task(hold())
    await asyncio.wait([holding], timeout=0.05)
    go_on.set()
    assert await dropping
    await holding
    assert order == ["deleted", "held"]
    assert not await records.holdings.drop(image_id, delete)


async def test_an_image_whose_deletion_fails_is_still_nobodys(records: Records) -> None:
    image_id = await records.images.put(b"picture")

    def fail(_image_id: str) -> None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        await records.holdings.drop(image_id, fail)
    assert await records.holdings.unheld([image_id]) == {image_id}
    assert await records.history.drop_images([image_id]) == 1


async def test_what_a_late_attempt_holds_for_a_forgotten_job_is_given_up(records: Records) -> None:
    job = await records.make(b"first")
    await records.history.forget("", [job.id])
    image_id = await records.images.identify(b"late")
    await records.holdings.hold(Holding(image_id, "", job.id, 4))
    await records.images.put(b"late")
    assert await records.holdings.release_strays(1.0, 10) == []
    assert await records.holdings.release_strays(2e9, 10) == [image_id]
    assert await records.holdings.unheld([image_id]) == {image_id}


async def test_many_who_make_and_forget_the_same_picture_never_lose_it(records: Records) -> None:
    """A job that is there has its image, at every moment."""

    async def live(turn: int) -> None:
        for _ in range(6):
            job = await records.make(b"the same")
            assert await records.images.get(job.images[0].id) == b"the same"
            if turn % 2:
                await asyncio.gather(*(records.history.forget("", [job.id]) for _ in range(2)))
            else:
                await records.upload(b"the same")
                await records.holdings.release_uploads(2e9, 10)
                assert await records.images.get(job.images[0].id) == b"the same"
                await records.history.forget("", [job.id])

    await asyncio.gather(*(live(turn) for turn in range(6)))
    last = await records.make(b"the same")
    assert await records.kept() == {last.images[0].id}
    await records.history.forget("", [last.id])
    await records.history.drop_images(await records.holdings.release_uploads(2e9, 10))
    assert await records.kept() == set()
