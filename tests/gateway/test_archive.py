from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.history import NotEnded
from gateway.jobs import tables
from gateway.jobs.archive import Search, select_page
from gateway.jobs.database import migrate
from gateway.jobs.job import Kind, State
from tests.gateway.records import Records, fresh, opened_records


@pytest.fixture
def records(tmp_path: Path, database: str) -> Iterator[Records]:
    with opened_records(tmp_path, database) as records:
        yield records


@pytest.fixture
def in_sqlite(tmp_path: Path) -> Iterator[Records]:
    with opened_records(tmp_path) as records:
        yield records


async def explain(records: Records, search: Search) -> str:
    """Returns how SQLite looks for a page."""
    query = select_page(search, 50)

    def read(connection: sa.Connection) -> str:
        compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
        return " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))

    return await records.transactions.read(read)


async def fill(records: Records, count: int) -> None:
    """Makes many ended jobs as quickly as can be."""
    one = fresh(State.SUCCEEDED)
    await records.store.add([one])
    first = sa.select(sa.literal(1).label("value")).cte(recursive=True)
    numbers = first.union_all(sa.select(first.c.value + 1).where(first.c.value < count))
    number = sa.cast(numbers.c.value, sa.String)
    changed = {
        "id": sa.func.printf("00000000-0000-7000-8000-%012d", numbers.c.value),
        "prompt": tables.jobs.c.prompt + " number " + number,
    }
    columns = [changed.get(column.name, column) for column in tables.jobs.c]
    copies = sa.select(*columns).join_from(tables.jobs, numbers, sa.true()).where(tables.jobs.c.id == one.id)
    insert = tables.jobs.insert().from_select([column.name for column in tables.jobs.c], copies)
    await records.transactions.write(lambda connection: connection.execute(insert).close())


@pytest.mark.parametrize(
    "search",
    [
        Search(""),
        Search("", before_id="01900000-0000-7000-8000-000000000000"),
        Search("", kinds=(Kind.LAYERS,)),
        Search("", only_favourites=True),
        Search("", words=("red",)),
        Search("", models=("shapes",)),
        Search("", since_s=1000.0, until_s=2000.0),
    ],
)
async def test_a_page_is_read_in_order_from_the_index_of_its_owner(
    in_sqlite: Records, search: Search
) -> None:
    plan = await explain(in_sqlite, search)
    assert "ix_jobs_owner_id (owner=?" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("states", [(State.QUEUED,), (State.SUCCEEDED, State.FAILED)])
async def test_a_page_of_some_states_is_not_sorted_as_a_whole(
    in_sqlite: Records, states: tuple[State, ...]
) -> None:
    await fill(in_sqlite, 2000)
    await in_sqlite.transactions.write(lambda connection: connection.exec_driver_sql("ANALYZE").close())
    assert "TEMP B-TREE" not in await explain(in_sqlite, Search("", states=states))


async def test_words_are_found_in_any_case_of_any_language(records: Records) -> None:
    prompts = ["ÉTOILE sur fond BLEU", "Ein STRASSENSCHILD, 100% rot", "красный КРУГ", "a_b"]
    jobs = [fresh(State.SUCCEEDED, request={"prompt": prompt}) for prompt in prompts]
    await records.store.add(jobs)

    async def found(*words: str) -> list[str]:
        page = await records.archive.page(Search("", words=words), 10)
        return [str(job.request["prompt"]) for job in page]

    assert await found("étoile", "bleu") == [prompts[0]]
    assert await found("e\u0301toile") == [prompts[0]]
    assert await found("straßen") == [prompts[1]]
    assert await found("100%") == [prompts[1]]
    assert await found("Круг") == [prompts[2]]
    assert await found("a_b") == [prompts[3]]
    assert await found("étoile", "rot") == []


async def test_old_prompts_are_searched_like_new_ones(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/old.db")
    migrate(engine, "0002")
    with engine.begin() as connection:
        columns = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(jobs)")]
        values = {
            "id": "1", "owner": "", "kind": "text-to-image", "capability": "t2i", "state": "succeeded",
            "priority": 2, "request": json.dumps({"prompt": "ÉTOILE"}), "request_hash": "", "attempt": 1,
            "losses": 0, "progress": "{}", "images": "[]", "created_at": 1.0,
        }  # fmt: skip
        names = [name for name in columns if name in values]
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(
            f"INSERT INTO jobs ({', '.join(names)}) VALUES ({marks})", tuple(values[name] for name in names)
        )
    migrate(engine)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT prompt FROM jobs").scalar() == "étoile"
    engine.dispose()


async def test_an_ended_job_is_forgotten_with_all_that_only_it_needs(records: Records) -> None:
    job = await records.make(b"picture")
    await records.images.put_checkpoint(job.id, b"latents")
    assert await records.history.forget("", [job.id]) == 1
    assert await records.store.get(job.id) is None
    assert await records.events.of_job(job.id) == []
    assert await records.images.get_checkpoint(job.id) is None
    assert await records.kept() == set()
    assert await records.history.forget("", [job.id]) == 0


async def test_a_picture_that_another_job_made_or_refers_to_stays(records: Records) -> None:
    first = await records.make(b"picture")
    twin = await records.make(b"picture")
    image_id = first.images[0].id
    user = await records.make(b"edited", inputs=(image_id,))
    assert await records.history.forget("", [first.id, twin.id]) == 2
    assert await records.images.get(image_id) == b"picture"
    await records.history.forget("", [user.id])
    assert await records.kept() == set()


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.CANCELLING])
async def test_a_job_that_has_not_ended_is_not_forgotten_nor_are_those_with_it(
    records: Records, state: State
) -> None:
    job, done = fresh(state), await records.make(b"picture")
    await records.store.add([job])
    with pytest.raises(NotEnded) as refused:
        await records.history.forget("", [done.id, job.id])
    assert refused.value.job_ids == (job.id,)
    assert (await records.archive.forget([job.id])).job_ids == ()
    assert set(await records.store.get_all([job.id, done.id])) == {job.id, done.id}


async def test_nobody_forgets_the_jobs_of_another(records: Records) -> None:
    job = await records.make(b"picture", owner="ann")
    assert await records.history.forget("ben", [job.id]) == 0
    assert await records.store.get(job.id) == job
    assert await records.history.forget("ann", [job.id]) == 1


async def test_who_has_not_heard_that_a_job_is_gone_starts_afresh(records: Records) -> None:
    first, last = await records.make(b"first"), await records.make(b"last")
    seen = await records.events.last_seq()
    assert await records.events.since(seen, 10) == []
    await records.history.forget("", [last.id, first.id])
    assert await records.events.since(seen, 10) is None
    assert await records.events.since(0, 10) is None
    await records.store.add([fresh()])
    now = await records.events.last_seq()
    assert now == seen + 1
    assert await records.events.since(now, 10) == []


async def test_a_list_of_a_hundred_thousand_is_read_as_fast_as_one_of_a_thousand(in_sqlite: Records) -> None:
    async def duration_s() -> float:
        durations: list[float] = []
        for _ in range(30):
            began = time.perf_counter()
            await in_sqlite.archive.page(Search(""), 51)
            durations.append(time.perf_counter() - began)
        return sorted(durations)[3]

    await fill(in_sqlite, 1000)
    few_s = await duration_s()
    await in_sqlite.transactions.write(
        lambda connection: connection.exec_driver_sql("DELETE FROM jobs WHERE id LIKE '00000000-%'").close()
    )
    await fill(in_sqlite, 100_000)
    assert await duration_s() < 3 * few_s  # 1.0 on a quiet machine


async def test_a_star_that_comes_in_time_saves_a_job(records: Records) -> None:
    job = await records.make(b"picture")
    await records.archive.star(job.id, True)
    assert await records.history.let_go([job.id]) == 0
    assert await records.store.get(job.id) == replace(job, is_favourite=True)
