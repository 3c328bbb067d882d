from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.models.errand import ERRANDS, Errand
from limner.models.failure import ModelFailure, Reason
from limner.models.persistence import Patience
from limner.models.progress import Progress
from limner.models.removal import remove
from limner.models.shelf import Shelf
from tests.hub_contents import Hub
from tests.limner.models.pulling import FILES, HASTY, REPOSITORY, WEIGHTS, contents, entry, fetch

ROOT = Path(__file__).parents[3]


def refusal(hub: Hub, shelf: Shelf, patience: Patience = HASTY) -> ModelFailure:
    with pytest.raises(ModelFailure) as caught:
        fetch(hub, shelf, patience=patience)
    assert not shelf.has("lantern")
    return caught.value


def test_a_dropped_connection_goes_on_where_it_broke(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.drops[WEIGHTS] = [70_000, 90_000]
    fetch(hub, shelf)
    assert contents(shelf) == FILES
    first, second, third = hub.fetches(WEIGHTS)
    assert first == 0
    assert second == 70_000
    assert third == 160_000


def test_drops_without_end_are_given_up_and_what_came_is_kept(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.drops[WEIGHTS] = [50_000] + [0] * HASTY.tries
    failure = refusal(hub, shelf)
    assert failure.reason is Reason.UNREACHABLE
    assert "kept" in str(failure)
    assert shelf.unfinished() == ["lantern"]
    hub.drops.clear()
    hub.requests.clear()
    fetch(hub, shelf)
    assert hub.fetches(WEIGHTS) == [50_000]
    assert contents(shelf) == FILES


def test_a_hub_that_cannot_send_parts_sends_all_again(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.ignores_ranges = True
    hub.drops[WEIGHTS] = [70_000]
    seen: list[Progress] = []
    fetch(hub, shelf, seen=seen)
    assert contents(shelf) == FILES
    assert seen[-1].done_bytes == seen[-1].total_bytes


@pytest.mark.parametrize("what", ["api", "model_index.json", WEIGHTS])
def test_a_hub_that_is_busy_is_asked_again(hub: Hub, shelf: Shelf, what: str) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.statuses[what] = [503, 429]
    fetch(hub, shelf)
    assert contents(shelf) == FILES


def test_a_hub_that_stays_busy_is_given_up(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.statuses["api"] = [503] * 10
    failure = refusal(hub, shelf)
    assert failure.reason is Reason.UNREACHABLE
    assert "503" in str(failure)
    assert f"{HASTY.tries} times" in str(failure)


def test_a_hub_that_falls_silent_is_asked_again(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.stuck[WEIGHTS] = 150_000
    failure = refusal(hub, shelf, Patience(tries=2, silence_s=0.3))
    assert failure.reason is Reason.UNREACHABLE
    assert "does not answer" in str(failure)
    hub.stuck.clear()
    hub.requests.clear()
    fetch(hub, shelf)
    assert hub.fetches(WEIGHTS)[0] >= 150_000
    assert contents(shelf) == FILES


def test_nobody_at_the_hubs_address_is_one_sentence(shelf: Shelf, hub: Hub) -> None:
    hub.url = "http://127.0.0.1:9"
    failure = refusal(hub, shelf)
    assert failure.reason is Reason.UNREACHABLE
    assert "http://127.0.0.1:9 cannot be reached" in str(failure)


@pytest.mark.parametrize("path", [WEIGHTS, "tokenizer/merges.txt"])
@pytest.mark.parametrize("kind", ["other", "longer"])
def test_wrong_bytes_are_thrown_away_and_named(hub: Hub, shelf: Shelf, path: str, kind: str) -> None:
    hub.commit(REPOSITORY, FILES)
    good = FILES[path]
    hub.lies[path] = good[:-1] + bytes([good[-1] ^ 1]) if kind == "other" else good + b"x"
    failure = refusal(hub, shelf)
    assert failure.reason is Reason.CORRUPT
    assert path in str(failure)
    folder = shelf.files("lantern") / path
    assert not list(folder.parent.glob(f"{folder.name}*"))
    hub.lies.clear()
    fetch(hub, shelf)
    assert contents(shelf) == FILES


def test_a_shorter_file_than_promised_is_never_complete(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.lies[WEIGHTS] = FILES[WEIGHTS][:1000]
    failure = refusal(hub, shelf)
    assert failure.reason is Reason.CORRUPT
    assert "1000 bytes" in str(failure)


def test_a_hub_that_always_breaks_at_the_same_place_is_given_up(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.ignores_ranges = True
    hub.drops[WEIGHTS] = [70_000] * 20
    assert refusal(hub, shelf).reason is Reason.UNREACHABLE
    assert len(hub.fetches(WEIGHTS)) == HASTY.tries


def test_what_was_damaged_while_it_waited_is_noticed(hub: Hub, shelf: Shelf) -> None:
    hub.commit(REPOSITORY, FILES)
    hub.drops[WEIGHTS] = [50_000] + [0] * HASTY.tries
    refusal(hub, shelf)
    partial = shelf.files("lantern") / f"{WEIGHTS}.partial"
    partial.write_bytes(bytes(partial.stat().st_size))
    failure = refusal(hub, shelf)
    assert failure.reason is Reason.CORRUPT
    fetch(hub, shelf)
    assert contents(shelf) == FILES


def test_a_branch_that_moved_is_named_and_the_download_stays_with_what_it_began(
    hub: Hub, shelf: Shelf
) -> None:
    first = hub.commit(REPOSITORY, FILES)
    hub.drops[WEIGHTS] = [50_000] + [0] * HASTY.tries
    refusal(hub, shelf)
    second = hub.commit(REPOSITORY, {**FILES, WEIGHTS: b"new"})
    (note,) = fetch(hub, shelf).notes
    assert first in note
    assert second in note
    assert contents(shelf) == FILES


def test_a_commit_that_vanished_meanwhile_is_named_and_can_be_let_go(hub: Hub, shelf: Shelf) -> None:
    first = hub.commit(REPOSITORY, FILES)
    hub.drops[WEIGHTS] = [50_000] + [0] * HASTY.tries
    refusal(hub, shelf)
    new = {**FILES, WEIGHTS: b"new"}
    hub.commit(REPOSITORY, new)
    hub.forget(REPOSITORY, first)
    failure = refusal(hub, shelf)
    assert failure.reason is Reason.MOVED
    assert first in str(failure)
    remove("lantern", shelf)
    fetch(hub, shelf)
    assert contents(shelf) == new


def test_a_catalogue_that_names_a_newer_revision_keeps_what_is_the_same(hub: Hub, shelf: Shelf) -> None:
    first = hub.commit(REPOSITORY, FILES)
    hub.drops["vae/model.safetensors"] = [50_000] + [0] * HASTY.tries
    with pytest.raises(ModelFailure):
        fetch(hub, shelf, entry(first))
    new = {**FILES, "vae/model.safetensors": b"new"}
    second = hub.commit(REPOSITORY, new)
    hub.drops.clear()
    hub.requests.clear()
    fetch(hub, shelf, entry(second))
    assert contents(shelf) == new
    assert hub.fetches(WEIGHTS) == []
    assert hub.fetches("vae/model.safetensors") == [0]


@pytest.fixture
def child(hub: Hub, shelf: Shelf) -> Iterator[subprocess.Popen[bytes]]:
    """A process that downloads from a slow hub."""
    hub.commit(REPOSITORY, FILES)
    hub.pause_s = 0.05
    process = subprocess.Popen(
        [sys.executable, "-m", "limner.models.errand"],
        env={**os.environ, "LIMNER_HUB": hub.url},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin
    process.stdin.write(ERRANDS.dump_json(Errand(entry(), shelf.root, patience=HASTY)))
    process.stdin.close()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_download_goes_on_with_what_it_had(
    hub: Hub, shelf: Shelf, child: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    partial = shelf.files("lantern") / f"{WEIGHTS}.partial"
    deadline = time.monotonic() + 30
    while not (partial.exists() and partial.stat().st_size > 50_000):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.send_signal(number)
    child.wait(10)
    assert not shelf.has("lantern")
    had_bytes = partial.stat().st_size
    hub.pause_s = 0.0
    hub.requests.clear()
    fetch(hub, shelf)
    assert hub.fetches(WEIGHTS) == [had_bytes]
    assert contents(shelf) == FILES


def test_a_download_in_a_process_of_its_own_tells_how_it_goes(
    hub: Hub, shelf: Shelf, child: subprocess.Popen[bytes]
) -> None:
    assert child.stdout
    reports = [json.loads(line) for line in child.stdout]
    assert child.wait(10) == 0
    assert reports[-1]["is_done"]
    assert reports[0]["progress"]["total_bytes"] == sum(map(len, FILES.values()))
    assert contents(shelf) == FILES
