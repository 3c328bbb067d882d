"""Replicas join and leave while the gateway runs: what settings name, and what a file names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from gateway.members import FileMembers, FixedMembers, Members, Membership, read_membership
from gateway.replicas import EDIT, SERVICES, T2I, TILING
from gateway.settings import Settings
from limner.capability.v1 import capability_pb2
from limner.progress.v1 import progress_pb2
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json, finish, submit, until, until_status
from tests.gateway.scripted import (
    Context,
    Request,
    Response,
    ScriptedArbiter,
    ScriptedService,
    checkpoint,
    paint,
    progress,
    serve_images,
)


class Yard:
    """Services that a test starts and stops, and the file that names them."""

    def __init__(self, folder: Path, file: Path) -> None:
        self._folder, self.file = folder, file
        self._running: dict[str, AsyncExitStack] = {}

    def address(self, name: str) -> str:
        return f"unix:{self._folder}/{name}"

    async def start(self, name: str, service: ScriptedService) -> None:
        stack = AsyncExitStack()
        await stack.enter_async_context(serve_images(self._folder / name, service))
        self._running[name] = stack

    async def kill(self, name: str) -> None:
        await self._running.pop(name).aclose()

    def name(self, *names: str) -> None:
        """Names the replicas that there are, as whoever runs them does: by a rename."""
        self.write(*(self.address(name) for name in names))

    def write(self, *addresses: str) -> None:
        draft = self.file.with_suffix(".part")
        draft.write_text(json.dumps({"t2i": addresses}))
        draft.replace(self.file)

    async def close(self) -> None:
        for name in list(self._running):
            await self.kill(name)


@pytest.fixture
async def yard(sockets: Path, tmp_path: Path) -> AsyncIterator[Yard]:
    yard = Yard(sockets, tmp_path / "replicas.json")
    yield yard
    await yard.close()


@pytest.fixture
async def client(settings: Settings, yard: Yard) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway whose replicas a file names, which is not there yet."""
    async with running_gateway(settings.model_copy(update={"replicas_file": yard.file})) as client:
        yield client


class Patient(ScriptedService):
    """Paints one after the other when it is let, and says where it went on from."""

    def __init__(self) -> None:
        super().__init__(usual=self._paint)
        self.may_end = asyncio.Event()
        self.resumed_from: list[int] = []
        self.is_asked, self.may_describe = asyncio.Event(), asyncio.Event()
        self.may_describe.set()
        self._turn = asyncio.Lock()

    async def Describe(
        self, request: capability_pb2.DescribeRequest, context: Context
    ) -> capability_pb2.DescribeResponse:
        if not self.may_describe.is_set():
            self.is_asked.set()
        await self.may_describe.wait()
        return await super().Describe(request, context)

    async def _paint(self, request: Request, context: Context) -> AsyncIterator[Response]:
        async with self._turn:
            self.resumed_from.append(request.resume_from.step)
            yield progress(progress_pb2.STAGE_DENOISING, 1)
            yield checkpoint(1)
            await self.may_end.wait()
            async for response in paint(request, context):
                yield response


@pytest.mark.parametrize("kind", ["fixed", "file"])
async def test_every_kind_of_members_says_at_once_who_serves_what(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "replicas.json"
    file.write_text('{"t2i": ["10.0.0.7:7011", "10.0.0.8:7011"], "edit": ["unix:/run/edit"]}')
    given = {T2I: frozenset({"10.0.0.7:7011", "10.0.0.8:7011"}), EDIT: frozenset({"unix:/run/edit"})}
    members: Members = FileMembers(file) if kind == "file" else FixedMembers({**given, TILING: frozenset()})
    assert members.services == (SERVICES if kind == "file" else (T2I, EDIT))
    assert await anext(members.watch()) == Membership({**given, TILING: frozenset()})


async def test_a_file_that_is_not_there_yet_names_nobody_and_tells_later(tmp_path: Path) -> None:
    file = tmp_path / "replicas.json"
    watching = FileMembers(file).watch()
    assert await anext(watching) == Membership({})
    file.write_text('{"t2i": ["[::1]:7011"]}')
    async with asyncio.timeout(10):
        assert (await anext(watching)).addresses[T2I] == {"[::1]:7011"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "JSON object of lists"),
        ('{"t2i": "10.0.0.7:7011"}', "JSON object of lists"),
        ('{"paint": []}', "'paint' is no service; use t2i, edit, tiling"),
        ('{"edit": ["10.0.0.7"]}', "edit has '10.0.0.7'; use host:port or unix:/path"),
        ('{"edit": ["https://10.0.0.7:1"]}', "use host:port or unix:/path"),
        ('{"edit": {"10.0.0.7:1": "a"}}', "JSON object of lists"),
        ('{"hosts": ["10.0.0.7:1"]}', "JSON object of lists"),
        ('{"hosts": {"a": "10.0.0.7:1"}}', "hosts has 'a'; use host:port or unix:/path"),
    ],
)
def test_a_wrong_file_says_what_is_wrong_and_how_to_mend_it(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_membership(text.encode())


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("10.0.0.7:1", "10.0.0.7:2", True),
        ("10.0.0.7:1", "10.0.0.8:1", False),
        ("unix:/run/a", "unix:/run/b", False),
        ("127.0.0.2:1", "127.0.0.2:2", False),
        ("127.0.0.2:1", "127.0.0.2:3", True),
    ],
)
def test_replicas_share_a_host_where_their_address_or_the_file_says_so(
    first: str, second: str, is_one: bool
) -> None:
    told = read_membership(b'{"hosts": {"127.0.0.2:1": "a", "127.0.0.2:3": "a", "127.0.0.2:2": "b"}}')
    assert (told.host_of(first) == told.host_of(second)) == is_one


async def test_a_studio_is_ready_when_some_service_is_there(
    yard: Yard, arbiter: ScriptedArbiter, client: httpx.AsyncClient
) -> None:
    told = (await client.get("/readyz")).json()
    assert [(part["name"], part["detail"]) for part in told["parts"] if not part["ready"]] == [
        ("services", "no service is running yet")
    ]
    await begin(yard, client)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True), answer.text


async def test_a_job_waits_until_the_first_replica_joins(yard: Yard, client: httpx.AsyncClient) -> None:
    service = await begin(yard, client)
    yard.name()
    await until_replicas(client, 0)
    told = (await client.get("/capabilities")).json()["capabilities"][0]["reason"]
    assert told == "No text-to-image service is running; jobs sent now start as soon as one is."
    job = await submit(client)
    assert (await client.get("/queue")).json()["held_up_by"] == "no text-to-image service is running"
    service.may_end.set()
    yard.name("a")
    await until_status(client, job["id"], "succeeded")


async def test_a_replica_that_joins_gets_jobs_at_once(yard: Yard, client: httpx.AsyncClient) -> None:
    first, second = await begin(yard, client), Patient()
    await yard.start("b", second)
    jobs = [await submit(client, seed=seed) for seed in range(3)]
    await until_calls(first, 2)
    yard.name("a", "b")
    await until_calls(second, 1)
    first.may_end.set()
    second.may_end.set()
    for job in jobs:
        await until_status(client, job["id"], "succeeded")


async def test_a_replica_that_leaves_ends_its_job_and_gives_back_what_waits_there(
    yard: Yard, client: httpx.AsyncClient
) -> None:
    first, second = await begin(yard, client), Patient()
    running = await submit(client, seed=1)
    await until(client, running["id"], lambda job: job["progress"]["step"] == 1)
    waiting = await submit(client, seed=2)
    await until_calls(first, 2)
    await yard.start("b", second)
    yard.name("b")
    second.may_end.set()
    await until_status(client, waiting["id"], "succeeded")
    assert len(second.calls) == 1
    assert (await client.get(f"/jobs/{running['id']}")).json()["status"] == "running"
    first.may_end.set()
    await until_status(client, running["id"], "succeeded")
    await finish(client, seed=3)
    assert [list(call.seeds) for call in second.calls] == [[2], [3]]


async def test_a_lost_replicas_job_goes_on_at_another_from_its_checkpoint(
    yard: Yard, client: httpx.AsyncClient
) -> None:
    await begin(yard, client)
    second = Patient()
    job = await submit(client)
    await until(client, job["id"], lambda each: each["progress"]["step"] == 1)
    await yard.start("b", second)
    second.may_end.set()
    yard.name("a", "b")
    await yard.kill("a")
    yard.name("b")
    ended = await until_status(client, job["id"], "succeeded")
    assert second.resumed_from == [1]
    assert len(ended["images"]) == 1


async def test_a_replica_that_comes_back_before_it_has_left_stays(
    yard: Yard, client: httpx.AsyncClient
) -> None:
    service = await begin(yard, client)
    job = await submit(client, seed=1)
    await until(client, job["id"], lambda each: each["progress"]["step"] == 1)
    yard.name()
    await until_replicas(client, 0)
    yard.name("a")
    service.may_end.set()
    await until_status(client, job["id"], "succeeded")
    await finish(client, seed=2)


async def test_a_file_that_breaks_changes_nothing(yard: Yard, client: httpx.AsyncClient) -> None:
    service = await begin(yard, client)
    service.may_end.set()
    yard.file.write_text('{"t2i": [')
    await finish(client, seed=1)
    yard.file.unlink()
    await finish(client, seed=2)


async def test_whoever_asks_a_replica_that_leaves_gets_the_answer(
    yard: Yard, client: httpx.AsyncClient
) -> None:
    service = await begin(yard, client)
    service.may_describe.clear()
    asking = asyncio.create_task(client.get("/capabilities"))
    await asyncio.wait_for(service.is_asked.wait(), 20)
    yard.name()
    async with asyncio.timeout(20):
        while "no service is running yet" not in (await client.get("/readyz")).text:
            await asyncio.sleep(0.05)
    service.may_describe.set()
    answer = await asking
    assert answer.status_code == 200
    assert [each["name"] for each in answer.json()["capabilities"] if each["models"]] == ["t2i"]


async def test_who_cannot_be_spoken_to_safely_is_passed_over_and_the_others_are_not(
    yard: Yard, client: httpx.AsyncClient
) -> None:
    await begin(yard, client)
    other = Patient()
    other.may_end.set()
    await yard.start("b", other)
    # Without certificates, an address that leaves this machine.
    yard.write("10.0.0.7:7011", yard.address("a"), yard.address("b"))
    await until_replicas(client, 2)
    yard.name("b")
    await until_replicas(client, 1)
    await finish(client, seed=1)
    assert len(other.calls) == 1


async def begin(yard: Yard, client: httpx.AsyncClient) -> Patient:
    """Starts the first replica and returns it when the gateway knows it."""
    service = Patient()
    await yard.start("a", service)
    yard.name("a")
    await until_replicas(client, 1)
    return service


async def until_replicas(client: httpx.AsyncClient, count: int) -> None:
    """Returns when the gateway knows so many text-to-image replicas, and what they can do."""
    async with asyncio.timeout(20):
        while True:
            told: Json = (await client.get("/capabilities")).json()
            (t2i,) = [each for each in told["capabilities"] if each["name"] == "t2i"]
            if t2i["replicas"] == count and (t2i["models"] or not count):
                return
            await asyncio.sleep(0.05)


async def until_calls(service: ScriptedService, count: int, patience_s: float = 20) -> None:
    async with asyncio.timeout(patience_s):
        while len(service.calls) < count:
            await asyncio.sleep(0.01)
