"""Models are listed and downloaded over REST, from a hub on this machine that misbehaves when told to."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest

from gateway.settings import Settings
from limner.models.entry import Entry, File, Kind, Source
from limner.models.shelf import Shelf
from tests.gateway.callers import calling
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json, listening, take
from tests.hub import running_hub
from tests.hub_contents import Hub
from tests.limner.models.pulling import FILES, REPOSITORY, UNWANTED, WEIGHTS, contents, entry, research_only

WEIGHTS_BYTES = 300_000
TOTAL_BYTES = sum(map(len, FILES.values()))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub with one model, which is the one that the gateway is told of."""
    for name in ("HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE", "LIMNER_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "no-token"))
    offer(monkeypatch, entry())
    with running_hub() as hub:
        hub.commit(REPOSITORY, FILES | UNWANTED)
        monkeypatch.setenv("LIMNER_HUB", hub.url)
        yield hub


@pytest.fixture
def shelf(settings: Settings) -> Shelf:
    assert settings.models_dir is not None
    return Shelf(settings.models_dir)


@pytest.fixture
async def client(hub: Hub, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with running_gateway(settings) as client:
        yield client


def offer(monkeypatch: pytest.MonkeyPatch, *entries: Entry) -> None:
    monkeypatch.setattr("gateway.studio.read_catalogue", lambda: entries)


async def start(client: httpx.AsyncClient, **body: bool) -> Json:
    answer = await client.post("/models/lantern/download", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def models(client: httpx.AsyncClient) -> dict[str, Json]:
    answer = await client.get("/models")
    assert answer.status_code == 200, answer.text
    return {model["name"]: model for model in answer.json()["models"]}


async def until(client: httpx.AsyncClient, is_so: Callable[[Json], bool]) -> Json:
    """Returns the download as soon as `is_so`."""
    async with asyncio.timeout(60):
        while not ((found := (await models(client))["lantern"]["download"]) and is_so(found)):
            await asyncio.sleep(0.02)
    return found


async def until_fetched(client: httpx.AsyncClient, size_bytes: int) -> None:
    """Waits until so much of the model lies on the disk."""
    async with asyncio.timeout(60):
        while (await models(client))["lantern"]["fetched_bytes"] < size_bytes:
            await asyncio.sleep(0.02)


async def ended(client: httpx.AsyncClient) -> Json:
    return await until(client, lambda download: download["state"] not in {"waiting", "downloading"})


def is_ended(event: Json) -> bool:
    data = event["data"]
    return data["type"] == "download" and data["download"]["state"] not in {"waiting", "downloading"}


def processes() -> list[psutil.Process]:
    """Returns the downloads that run below this process, where the gateway of a test is."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "limner.models.errand" in child.cmdline():
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


async def test_a_model_is_fetched_and_everybody_hears_how_far_it_is(
    client: httpx.AsyncClient, hub: Hub, shelf: Shelf
) -> None:
    hub.pause_s = 0.15
    async with listening(client) as events:
        await take(events, lambda event: event["data"]["type"] == "queue")
        assert (await start(client))["state"] in {"waiting", "downloading"}
        told = [
            event["data"]["download"]
            for event in await take(events, is_ended)
            if event["event"] == "download"
        ]
    assert {each["model"] for each in told} == {"lantern"}
    assert (told[-1]["state"], told[-1]["done_bytes"]) == ("finished", TOTAL_BYTES)
    assert told[-1]["total_bytes"] == TOTAL_BYTES
    assert any(0 < each["done_bytes"] < TOTAL_BYTES for each in told)
    assert [each["done_bytes"] for each in told] == sorted(each["done_bytes"] for each in told)
    assert contents(shelf) == FILES
    assert (await models(client))["lantern"]["is_present"]


async def test_who_comes_later_hears_of_downloads_that_run(client: httpx.AsyncClient, hub: Hub) -> None:
    hub.stuck[WEIGHTS] = 100_000
    await start(client)
    await until(client, lambda download: download["done_bytes"] > 0)
    async with listening(client) as events:
        found = await take(events, lambda event: event["data"]["type"] == "download")
    assert found[-1]["data"]["download"]["state"] == "downloading"


async def test_a_dropped_line_is_gone_on_with(client: httpx.AsyncClient, hub: Hub, shelf: Shelf) -> None:
    hub.drops[WEIGHTS] = [100_000]
    await start(client)
    assert (await ended(client))["state"] == "finished"
    assert hub.fetches(WEIGHTS) == [0, 100_000]
    assert contents(shelf) == FILES


async def test_a_cancelled_download_leaves_its_process_and_goes_on_later(
    client: httpx.AsyncClient, hub: Hub, shelf: Shelf
) -> None:
    hub.stuck[WEIGHTS] = 100_000
    await start(client)
    await until_fetched(client, 100_000)
    answer = await client.delete("/models/lantern/download")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert processes() == []
    assert not shelf.has("lantern")
    assert (await models(client))["lantern"]["fetched_bytes"] >= 100_000
    assert (await client.delete("/models/lantern/download")).json()["state"] == "cancelled"
    hub.stuck.clear()
    await start(client)
    assert (await ended(client))["state"] == "finished"
    assert hub.fetches(WEIGHTS)[-1] >= 100_000
    assert contents(shelf) == FILES


async def test_two_who_ask_get_the_same_download(client: httpx.AsyncClient, hub: Hub) -> None:
    hub.stuck[WEIGHTS] = 100_000
    await start(client)
    await until(client, lambda download: download["state"] == "downloading")
    await start(client)
    assert len(processes()) == 1


async def test_wrong_bytes_are_said_to_be_wrong_and_nothing_appears(
    client: httpx.AsyncClient, hub: Hub, shelf: Shelf
) -> None:
    hub.lies[WEIGHTS] = bytes(WEIGHTS_BYTES)
    await start(client)
    download = await ended(client)
    assert download["state"] == "failed"
    assert WEIGHTS in download["text"]
    assert not shelf.has("lantern")


async def test_a_killed_download_says_so_and_goes_on_when_it_is_started_again(
    client: httpx.AsyncClient, hub: Hub, shelf: Shelf
) -> None:
    hub.stuck[WEIGHTS] = 100_000
    await start(client)
    await until_fetched(client, 100_000)
    (process,) = processes()
    process.kill()
    assert "exit status -9" in (await ended(client))["text"]
    hub.stuck.clear()
    await start(client)
    assert (await ended(client))["state"] == "finished"
    assert contents(shelf) == FILES


async def test_a_stopped_gateway_takes_its_downloads_along(hub: Hub, settings: Settings) -> None:
    hub.stuck[WEIGHTS] = 100_000
    async with running_gateway(settings) as client:
        await start(client)
        await until(client, lambda download: download["done_bytes"] > 0)
    assert processes() == []


async def test_a_licence_is_accepted_first(
    monkeypatch: pytest.MonkeyPatch, hub: Hub, settings: Settings, shelf: Shelf
) -> None:
    offer(monkeypatch, research_only())
    async with running_gateway(settings) as client:
        assert (await models(client))["lantern"]["opt_in"]
        answer = await client.post("/models/lantern/download")
        assert (answer.status_code, answer.json()["code"]) == (403, "LICENCE_NOT_ACCEPTED")
        assert '"accept_licence": true' in answer.json()["detail"]
        assert hub.requests == []
        await start(client, accept_licence=True)
        assert (await ended(client))["state"] == "finished"


async def test_a_model_that_is_here_is_not_fetched_again(
    client: httpx.AsyncClient, hub: Hub, shelf: Shelf
) -> None:
    shelf.finished("lantern").mkdir(parents=True)
    answer = await client.post("/models/lantern/download")
    assert (answer.status_code, answer.json()["code"]) == (409, "MODEL_PRESENT")


async def test_what_cannot_be_fetched_says_why(
    monkeypatch: pytest.MonkeyPatch, hub: Hub, settings: Settings
) -> None:
    large = entry("main", Source(REPOSITORY, "main", (File(WEIGHTS, 10**15),)))
    built_in = replace(entry(), name="shapes", sources=())
    offer(monkeypatch, large, built_in)
    async with running_gateway(settings) as client:
        answers = {name: await client.post(f"/models/{name}/download") for name in ("lantern", "shapes", "x")}
    found = {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()}
    assert found["lantern"] == (507, "INSUFFICIENT_STORAGE")
    assert found["shapes"] == (409, "MODEL_BUILT_IN")
    assert found["x"] == (404, "MODEL_NOT_FOUND")
    assert "lantern" in answers["x"].json()["detail"]
    assert hub.requests == []


async def test_offline_nothing_is_fetched(
    monkeypatch: pytest.MonkeyPatch, client: httpx.AsyncClient, hub: Hub
) -> None:
    monkeypatch.setenv("LIMNER_OFFLINE", "1")
    answer = await client.post("/models/lantern/download")
    assert (answer.status_code, answer.json()["code"]) == (503, "OFFLINE")
    assert "LIMNER_OFFLINE" in answer.json()["detail"]


async def test_only_the_admin_fetches_for_everybody(hub: Hub, settings: Settings) -> None:
    async with calling(settings) as callers:
        for act in (callers.ada.post, callers.ada.delete):
            answer = await act("/models/lantern/download")
            assert (answer.status_code, answer.json()["code"]) == (403, "ADMIN_ONLY")
        assert (await callers.nobody.get("/models")).status_code == 401
        await start(callers.admin)
        assert (await ended(callers.ada))["state"] == "finished"


async def test_a_download_that_nobody_started_is_not_there(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/models/lantern/download")
    assert (answer.status_code, answer.json()["code"]) == (404, "DOWNLOAD_NOT_FOUND")


async def test_a_studio_without_a_folder_of_models_offers_none(hub: Hub, settings: Settings) -> None:
    async with running_gateway(settings.model_copy(update={"models_dir": None})) as client:
        for answer in (await client.get("/models"), await client.post("/models/lantern/download")):
            assert (answer.status_code, answer.json()["code"]) == (409, "FEATURE_DISABLED")
            assert "LIMNER_GATEWAY_MODELS_DIR" in answer.json()["detail"]


async def test_the_list_tells_licences_sizes_and_tiers(settings: Settings) -> None:
    async with running_gateway(settings) as client:
        found = await models(client)
    known = found["Qwen-Image"]
    assert (known["license"], known["commercial_use"], known["kind"]) == ("Apache-2.0", True, "checkpoint")
    assert known["size_bytes"] > 50e9
    assert known["note"].startswith("Qwen-Image")
    assert not known["is_present"]
    assert found["shapes"]["built_in"]
    assert found["shapes"]["tier"] == "full"
    assert any(model["kind"] == Kind.LORA for model in found.values())


async def test_a_folder_that_nobody_downloaded_is_listed_too(
    client: httpx.AsyncClient, settings: Settings, shelf: Shelf
) -> None:
    built_in = Path(__file__).parents[2] / "services" / "shapes" / "checkpoint"
    shutil.copytree(built_in, shelf.root / "mine")
    mine = (await models(client))["mine"]
    assert (mine["is_present"], mine["tier"], mine["license"]) == (True, "full", "see the model card")
