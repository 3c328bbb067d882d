from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx

from gateway.settings import Settings
from limner.capability.v1 import capability_pb2
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json, finish, job, submit, until, until_status
from tests.gateway.scripted import Context, ScriptedService, describe, serve_images
from tests.gateway.turns import OneByOne


async def line_up(
    service: ScriptedService, client: httpx.AsyncClient, count: int
) -> tuple[OneByOne, list[str]]:
    """Returns a service in which the first of `count` jobs, whose seeds count up, has begun."""
    service.usual = one_by_one = OneByOne()
    ids = [(await submit(client, seed=seed))["id"] for seed in range(count)]
    await until_status(client, ids[0], "running")
    return one_by_one, ids


async def queue(client: httpx.AsyncClient) -> Json:
    return (await client.get("/queue")).json()


async def end_all(client: httpx.AsyncClient, service: OneByOne, ids: list[str]) -> None:
    service.let(len(ids))
    for each in ids:
        await until(client, each, lambda job: job["finished_at"] is not None)


async def test_the_queue_shows_who_waits_in_order(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    one_by_one, ids = await line_up(service, client, 4)
    shown = await queue(client)
    assert [each["id"] for each in shown["waiting"]] == ids[1:]
    assert [each["progress"]["queue_position"] for each in shown["waiting"]] == [1, 2, 3]
    assert (shown["total"], shown["paused"], shown["held_up_by"]) == (3, False, None)
    await end_all(client, one_by_one, ids)


async def test_named_jobs_come_first_even_before_one_that_a_service_has(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    one_by_one, ids = await line_up(service, client, 5)
    await until(client, ids[1], lambda job: job["progress"]["waiting_for"] is not None)
    order = [ids[4], "00000000-0000-7000-8000-000000000000", ids[0], ids[3]]
    answer = await client.put("/queue/order", json={"ids": order})
    assert [each["id"] for each in answer.json()["waiting"]] == [ids[4], ids[3], ids[1], ids[2]]
    await one_by_one.until_held([0, 4])
    await end_all(client, one_by_one, ids)
    assert one_by_one.begun == [0, 4, 3, 1, 2]
    assert [(await job(client, each))["status"] for each in ids] == ["succeeded"] * 5


async def test_hand_order_survives_a_restart(service: ScriptedService, settings: Settings) -> None:
    async with running_gateway(settings) as client:
        assert (await client.patch("/queue", json={"paused": True})).json()["paused"]
        ids = [(await submit(client, seed=seed))["id"] for seed in range(3)]
        await client.put("/queue/order", json={"ids": [ids[2]]})
    async with running_gateway(settings) as client:
        shown = await queue(client)
        assert shown["paused"]
        assert [each["id"] for each in shown["waiting"]] == [ids[2], ids[0], ids[1]]


async def test_a_paused_queue_starts_nothing_and_ends_what_runs(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    one_by_one, ids = await line_up(service, client, 3)
    shown = (await client.patch("/queue", json={"paused": True})).json()
    assert [each["id"] for each in shown["waiting"]] == ids[1:]
    assert "paused" in shown["held_up_by"]
    await one_by_one.until_held([0])
    one_by_one.let(3)
    await until_status(client, ids[0], "succeeded")
    second = await job(client, ids[1])
    assert (second["status"], second["progress"]["waiting_for"]) == ("queued", shown["held_up_by"])
    await client.patch("/queue", json={"paused": False})
    await until_status(client, ids[2], "succeeded")
    assert one_by_one.begun == [0, 1, 2]


async def test_an_urgent_job_overtakes_those_that_wait(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    one_by_one, ids = await line_up(service, client, 3)
    await client.patch(f"/jobs/{ids[2]}", json={"priority": "interactive"})
    urgent = (await submit(client, seed=7, priority="interactive"))["id"]
    late = (await submit(client, seed=8, priority="background"))["id"]
    await one_by_one.until_held([0, 2])
    await end_all(client, one_by_one, [*ids, urgent, late])
    assert one_by_one.begun == [0, 2, 7, 1, 8]


async def test_a_job_that_a_service_has_is_put_off(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    one_by_one, ids = await line_up(service, client, 3)
    await one_by_one.until_held([0, 1])
    await client.patch(f"/jobs/{ids[1]}", json={"priority": "background"})
    await one_by_one.until_held([0, 2])
    await end_all(client, one_by_one, ids)
    assert one_by_one.begun == [0, 2, 1]


async def test_the_priority_that_a_job_has_can_be_given_to_it(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    one_by_one, ids = await line_up(service, client, 3)
    answer = await client.patch(f"/jobs/{ids[2]}", json={"priority": "normal"})
    assert (answer.status_code, answer.json()["priority"]) == (200, "normal")
    await end_all(client, one_by_one, ids)


async def test_when_a_job_is_made_is_no_part_of_its_picture(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    done = await finish(client, priority="background")
    assert done["priority"] == "background"
    assert "priority" not in done["request"]


async def test_clearing_cancels_what_waits_and_nothing_else(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    one_by_one, ids = await line_up(service, client, 4)
    assert (await client.post("/queue/clear")).json() == {"cancelled": 3}
    assert (await queue(client))["total"] == 0
    await one_by_one.until_held([0])
    await end_all(client, one_by_one, ids)
    assert [(await job(client, each))["status"] for each in ids] == ["succeeded"] + ["cancelled"] * 3
    assert one_by_one.begun == [0]


async def test_a_waiting_job_is_told_when_it_will_be_done(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    await finish(client)
    one_by_one, ids = await line_up(service, client, 3)
    etas_s = [each["progress"]["eta_s"] for each in (await queue(client))["waiting"]]
    assert 0 < etas_s[0] < etas_s[1]
    await end_all(client, one_by_one, ids)


class TwoModels(ScriptedService):
    """A service with a second model."""

    async def Describe(
        self, request: capability_pb2.DescribeRequest, context: Context
    ) -> capability_pb2.DescribeResponse:
        described = describe()
        described.models.add().CopyFrom(described.models[0])
        described.models[1].name = "other"
        return described


async def test_a_job_held_back_to_avoid_a_model_switch_says_so(sockets: Path, settings: Settings) -> None:
    one_by_one = OneByOne()
    service = TwoModels(usual=one_by_one)
    async with serve_images(sockets / "t2i", service), running_gateway(settings) as client:
        await client.patch("/queue", json={"paused": True})
        models = ["shapes", "other", "shapes", "other"]
        ids = [(await submit(client, seed=n, model=model))["id"] for n, model in enumerate(models)]
        await client.patch("/queue", json={"paused": False})
        await until_status(client, ids[0], "running")
        held_back, last = (await queue(client))["waiting"][1:]
        assert (held_back["id"], last["id"]) == (ids[1], ids[3])
        assert "avoid a model switch" in held_back["progress"]["waiting_for"]
        assert last["progress"]["waiting_for"] is None
        await end_all(client, one_by_one, ids)
    assert one_by_one.begun == [0, 2, 1, 3]


async def test_a_job_can_be_tried_again(service: ScriptedService, client: httpx.AsyncClient) -> None:
    first = await finish(client, seed=5, priority="interactive")
    answer = await client.post(f"/jobs/{first['id']}/retry")
    again = await until(client, answer.json()["id"], lambda job: job["finished_at"] is not None)
    assert answer.headers["Location"] == f"/jobs/{again['id']}"
    assert again["id"] != first["id"]
    assert (again["images"], again["request"]) == (first["images"], first["request"])
    assert again["priority"] == "interactive"


async def test_a_batch_is_every_prompt_with_every_seed(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    body = {
        "request": {"kind": "text-to-image", "prompt": "a red circle", "steps": 4},
        "prompts": ["a blue star", "a green square"],
        "seeds": [3, 4, 5],
    }
    answers = [
        await client.post("/generate/batch", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    batch, again = (answer.json() for answer in answers)
    made = [(each["request"]["prompt"], each["request"]["seed"]) for each in batch["jobs"]]
    assert made == [(prompt, seed) for prompt in body["prompts"] for seed in body["seeds"]]
    assert [each["id"] for each in again["jobs"]] == [each["id"] for each in batch["jobs"]]
    page = (await client.get("/jobs", params={"batch": batch["id"]})).json()["jobs"]
    assert len(page) == 6
    conflict = await client.post(
        "/generate/batch", json=body | {"seeds": [1]}, headers={"Idempotency-Key": "k"}
    )
    assert (conflict.status_code, conflict.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_a_batch_with_a_wrong_field_makes_no_job(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    body = {"request": {"kind": "text-to-image", "prompt": "x", "width": 4096}, "seeds": [1, 2]}
    assert (await client.post("/generate/batch", json=body)).status_code == 422
    body["request"] = {"kind": "text-to-image", "prompt": "x", "steps": 1}
    answer = await client.post("/generate/batch", json=body)
    assert [error["field"] for error in answer.json()["errors"]] == ["request.steps"]
    many = {"request": {"kind": "text-to-image", "prompt": "x"}, "seeds": list(range(1001))}
    answer = await client.post("/generate/batch", json=many)
    assert "1001 jobs" in answer.json()["detail"]
    assert (await client.get("/jobs")).json()["jobs"] == []


async def test_prompts_are_searched_and_stars_are_found(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    red = await finish(client, prompt="A Red circle, 100% red")
    await finish(client, prompt="a blue star")

    async def found(**query: str) -> list[str]:
        return [each["id"] for each in (await client.get("/jobs", params=query)).json()["jobs"]]

    assert await found(q="RED circle") == [red["id"]]
    assert await found(q="100%") == [red["id"]]
    assert await found(q="red star") == []
    assert await found(favourite="true") == []
    starred = (await client.patch(f"/jobs/{red['id']}", json={"favourite": True})).json()
    assert starred["favourite"]
    assert await found(favourite="true") == [red["id"]]


async def test_jobs_are_found_by_model_and_by_when_they_were_accepted(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    first = await finish(client, prompt="a red circle")
    await asyncio.sleep(0.01)  # the search tells milliseconds apart
    second = await finish(client, prompt="a blue star")

    async def found(**query: str | list[str]) -> list[str]:
        return [each["id"] for each in (await client.get("/jobs", params=query)).json()["jobs"]]

    both = [second["id"], first["id"]]
    model = str(first["request"]["model"])
    assert await found(model=model) == await found(model=["another", model]) == both
    assert await found(model="another") == []
    earlier, later = (datetime.fromisoformat(each["created_at"]) for each in (first, second))
    between = earlier + (later - earlier) / 2
    assert await found(until=between.isoformat()) == [first["id"]]
    for same in (between, between.astimezone(timezone(timedelta(hours=9))), between.replace(tzinfo=None)):
        assert await found(since=same.isoformat()) == [second["id"]]
    assert await found(since="0001-01-01T00:00:00Z", until="9999-12-31T23:59:59Z") == both


async def test_changing_nothing_known_is_refused(service: ScriptedService, client: httpx.AsyncClient) -> None:
    unknown = "00000000-0000-7000-8000-000000000000"
    for method, path, body in (
        ("PATCH", f"/jobs/{unknown}", {"favourite": True}),
        ("POST", f"/jobs/{unknown}/retry", None),
    ):
        answer = await client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "JOB_NOT_FOUND")
    wrong = await client.patch("/queue", json={"paused": "yes"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "paused")
