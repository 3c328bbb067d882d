from __future__ import annotations

import pytest

from limner.models.download import pull
from limner.models.entry import File, Source
from limner.models.failure import ModelFailure, Reason
from limner.models.hub_settings import HubSettings
from limner.models.progress import Progress
from limner.models.removal import remove
from limner.models.shelf import Shelf
from tests.hub_contents import Hub
from tests.limner.models.pulling import (
    FILES,
    REPOSITORY,
    UNWANTED,
    WEIGHTS,
    contents,
    entry,
    fetch,
    research_only,
)


def refusal(hub: Hub, shelf: Shelf, **options: object) -> ModelFailure:
    with pytest.raises(ModelFailure) as caught:
        fetch(hub, shelf, **options)  # pyright: ignore[reportArgumentType]
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_model_appears_whole_with_a_note_of_where_it_came_from(hub: Hub, shelf: Shelf) -> None:
    commit = hub.commit(REPOSITORY, {**FILES, **UNWANTED})
    outcome = fetch(hub, shelf)
    assert contents(shelf) == FILES
    manifest = shelf.read_manifest("lantern")
    assert manifest == outcome.plan
    assert manifest is not None
    assert manifest.commit_of(REPOSITORY) == commit
    assert not shelf.unfinished()


def test_weights_come_from_the_host_of_blobs_without_the_token(
    hub: Hub, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.commit(REPOSITORY, FILES)
    fetch(hub, shelf)
    tokens = {(each.host, each.token) for each in hub.requests}
    assert tokens == {("api", "hf_secret"), ("blobs", "")}


def test_progress_counts_every_byte_of_every_file(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    seen: list[Progress] = []
    fetch(hub, shelf, seen=seen)
    total_bytes = sum(map(len, FILES.values()))
    assert [each.done_bytes for each in seen] == sorted(each.done_bytes for each in seen)
    assert {each.total_bytes for each in seen} == {total_bytes}
    assert (seen[-1].done_bytes, seen[-1].files_done, seen[-1].file_count) == (total_bytes, 5, 5)
    weights = [each for each in seen if each.file == WEIGHTS]
    assert weights[-1].file_bytes == weights[-1].file_total_bytes == len(FILES[WEIGHTS])


def test_a_model_that_is_there_is_not_fetched_again(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    fetch(hub, shelf)
    hub.requests.clear()
    assert fetch(hub, shelf).notes == ("lantern is there already.",)
    assert not hub.requests


def test_a_model_of_another_revision_than_the_catalogues_is_said_to_be(hub: Hub, shelf: Shelf) -> None:
    first, second = hub.commit(REPOSITORY, FILES), hub.commit(REPOSITORY, {**FILES, "a.json": b"{}"})
    fetch(hub, shelf, entry(first))
    (note,) = fetch(hub, shelf, entry(second)).notes
    assert first in note
    assert second in note


def test_files_of_several_repositories_lie_in_folders_of_the_model(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.commit("Ada/Edges", {"model.safetensors": b"edges", "other.safetensors": b"other"})
    sources = (
        Source(REPOSITORY, "main", ()),
        Source("Ada/Edges", "main", (), ("model.*",), "controlnets/canny"),
    )
    fetch(hub, shelf, entry("", *sources))
    assert contents(shelf) == {**FILES, "controlnets/canny/model.safetensors": b"edges"}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (File("gone.safetensors", 0), "gone.safetensors"),
        (File(WEIGHTS, 7), "7"),
        (File(WEIGHTS, 0, "0" * 64), "0" * 64),
    ],
)
def test_a_repository_that_has_other_files_than_the_catalogue_names_is_refused(
    hub: Hub, shelf: Shelf, file: File, words: str
) -> None:
    commit = hub.commit(REPOSITORY, FILES)
    failure = refusal(hub, shelf, what=entry("", Source(REPOSITORY, commit, (file,))))
    assert failure.reason is Reason.MOVED
    assert words in str(failure)
    assert not hub.fetches(WEIGHTS)


def test_a_revision_that_is_gone_is_named(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    failure = refusal(hub, shelf, what=entry("f" * 40))
    assert failure.reason is Reason.MOVED
    assert "f" * 40 in str(failure)


@pytest.mark.parametrize("path", ["../outside.json", "/etc/passwd.json", "a/../../b.json", "a\\b.json"])
def test_a_file_that_would_lie_outside_the_folder_is_refused(hub: Hub, shelf: Shelf, path: str) -> None:
    hub.commit(REPOSITORY, {path: b"{}"})
    assert refusal(hub, shelf).reason is Reason.CORRUPT
    assert not list(shelf.root.rglob("*.json"))


def test_a_repository_that_is_not_there_may_want_a_token(hub: Hub, shelf: Shelf) -> None:
    failure = refusal(hub, shelf)
    assert failure.reason is Reason.GATED
    assert "HF_TOKEN" in str(failure)


@pytest.mark.parametrize("token", ["", "hf_wrong"])
def test_a_gated_repository_says_how_to_set_a_token_and_never_shows_one(
    hub: Hub, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    hub.commit(REPOSITORY, FILES)
    hub.gated[REPOSITORY] = "hf_right"
    failure = refusal(hub, shelf)
    assert failure.reason is Reason.GATED
    assert "HF_TOKEN" in str(failure)
    assert f"{hub.url}/{REPOSITORY}" in str(failure)
    assert "hf_wrong" not in str(failure)
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    fetch(hub, shelf)
    assert contents(shelf) == FILES


def test_a_licence_is_accepted_first(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    failure = refusal(hub, shelf, what=research_only())
    assert failure.reason is Reason.LICENCE
    for words in ("Lantern-NC-1.0", "no commercial use", "https://example.org/licence", "--accept-licence"):
        assert words in str(failure)
    assert not hub.requests
    fetch(hub, shelf, research_only(), is_accepted=True)
    assert contents(shelf) == FILES


def test_offline_nothing_is_asked_and_the_setting_is_named(hub: Hub, shelf: Shelf) -> None:
    settings = HubSettings(hub.url, "HF_HUB_OFFLINE")
    with pytest.raises(ModelFailure, match="HF_HUB_OFFLINE is set") as caught:
        pull(entry(), shelf, settings, lambda _: None, is_accepted=False)
    assert caught.value.reason is Reason.OFFLINE
    assert not hub.requests


def test_a_second_download_of_a_model_says_that_one_is_under_way(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    with shelf.held("lantern"):
        assert refusal(hub, shelf).reason is Reason.UNDER_WAY
        with pytest.raises(ModelFailure, match="being downloaded"):
            remove("lantern", shelf)
    fetch(hub, shelf)


def test_a_removed_model_leaves_nothing(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    fetch(hub, shelf)
    assert remove("lantern", shelf) == sum(map(len, FILES.values()))
    assert not shelf.has("lantern")
    assert [path.name for path in shelf.root.rglob("*") if path.is_file()] == ["lantern.lock"]
    with pytest.raises(ModelFailure, match="nothing of lantern"):
        remove("lantern", shelf)


def test_a_folder_that_nobody_downloaded_is_not_removed(shelf: Shelf) -> None:
    (shelf.root / "mine").mkdir(parents=True)
    with pytest.raises(ModelFailure, match="was not downloaded") as caught:
        remove("mine", shelf)
    assert caught.value.reason is Reason.NOT_OURS
    assert (shelf.root / "mine").is_dir()


@pytest.mark.parametrize("name", ["..", ".part", "a/b", "", "a\0b"])
def test_a_name_is_no_path(shelf: Shelf, name: str) -> None:
    with pytest.raises(ModelFailure, match="no name of a model"):
        remove(name, shelf)
