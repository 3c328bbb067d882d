from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from limner.models.download import pull, pull_into
from limner.models.entry import Entry, Kind, Source
from limner.models.failure import ModelFailure, Reason
from limner.models.hub_settings import HubSettings
from limner.models.library import Library
from limner.models.removal import remove_from
from limner.models.shelf import Shelf
from limner.models.space import check_room, disk_refusals
from tests.hub_contents import Hub
from tests.limner.models.pulling import FILES, HASTY, REPOSITORY, WEIGHTS, contents, entry, fetch

EDGES = replace(
    entry("", Source("Ada/Edges", "main", ())),
    name="edges",
    kind=Kind.CONTROL,
    bases=("lantern",),
    slot="controlnets/canny",
)
FAST = replace(
    entry("", Source("Ada/Fast", "main", ())),
    name="fast",
    kind=Kind.LORA,
    bases=("lantern",),
    slot="adapters/lightning",
)


@pytest.fixture
def library(hub: Hub, tmp_path: Path) -> Library:
    hub.commit(REPOSITORY, FILES)
    hub.commit("Ada/Edges", {"config.json": b"{}", "model.safetensors": b"edges"})
    hub.commit("Ada/Fast", {"fast.safetensors": b"fast"})
    return Library(tmp_path / "models", (entry(), EDGES, FAST))


def get(hub: Hub, library: Library, what: Entry) -> tuple[str, ...]:
    settings = HubSettings(hub.url)
    return pull_into(library, what, settings, lambda _: None, HASTY, is_accepted=False).notes


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_what_belongs_to_a_model_is_seen_in_its_folder_whichever_came_first(
    hub: Hub, library: Library, order: tuple[int, ...]
) -> None:
    for index in order:
        assert not get(hub, library, library.entries[index])
    base = library.models / "lantern"
    assert (base / "controlnets/canny/config.json").read_bytes() == b"{}"
    assert (base / "controlnets/canny/model.safetensors").read_bytes() == b"edges"
    assert [*(base / "adapters/lightning").iterdir()] == [base / "adapters/lightning/fast.safetensors"]
    assert (library.models.parent / "loras/fast/fast.safetensors").read_bytes() == b"fast"


def test_a_studios_folder_may_be_moved_with_what_was_downloaded(hub: Hub, library: Library) -> None:
    for each in library.entries:
        get(hub, library, each)
    home = library.models.parent
    moved = home.parent / f"{home.name}-moved"
    shutil.move(home, moved)
    try:
        assert (moved / "models/lantern/adapters/lightning/fast.safetensors").read_bytes() == b"fast"
    finally:
        shutil.move(moved, home)


def test_a_removed_part_is_gone_from_its_bases_and_a_removed_base_leaves_its_parts(
    hub: Hub, library: Library
) -> None:
    for each in library.entries:
        get(hub, library, each)
    remove_from(library, "EDGES")
    assert not (library.models / "lantern/controlnets/canny").exists()
    remove_from(library, "lantern")
    assert library.has(FAST)
    get(hub, library, entry())
    assert (library.models / "lantern/adapters/lightning/fast.safetensors").read_bytes() == b"fast"


def test_what_somebody_else_put_into_a_slot_stays(hub: Hub, library: Library) -> None:
    get(hub, library, entry())
    slot = library.models / "lantern/controlnets/canny"
    slot.mkdir(parents=True)
    (slot / "mine.safetensors").write_bytes(b"mine")
    (note,) = get(hub, library, EDGES)
    assert str(slot) in note
    remove_from(library, "edges")
    assert (slot / "mine.safetensors").read_bytes() == b"mine"


def test_an_unknown_model_and_a_built_in_one_are_told_apart(library: Library) -> None:
    with pytest.raises(
        ModelFailure, match="no model 'x'; those to be downloaded are lantern, edges"
    ) as caught:
        library.find("x")
    assert caught.value.reason is Reason.UNKNOWN
    built_in = replace(entry(), name="shapes", sources=())
    with pytest.raises(ModelFailure, match="cannot be removed") as caught:
        remove_from(Library(library.models, (built_in,)), "shapes")
    assert caught.value.reason is Reason.BUILT_IN


def test_a_disk_too_small_is_refused_before_a_byte_is_fetched(tmp_path: Path) -> None:
    check_room(tmp_path, 10_000_000_000, 11_000_000_000)
    with pytest.raises(ModelFailure) as caught:
        check_room(tmp_path, 10_000_000_000, 10_900_000_000)
    assert caught.value.reason is Reason.NO_ROOM
    assert "10.9 GB free, and 11.0 GB are wanted" in str(caught.value)
    assert "free 0.1 GB there" in str(caught.value)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, Reason.NO_ROOM),
        (errno.EDQUOT, Reason.NO_ROOM),
        (errno.EROFS, Reason.NOT_WRITABLE),
        (errno.EACCES, Reason.NOT_WRITABLE),
    ],
)
def test_what_a_disk_refuses_is_one_sentence_with_its_folder(
    tmp_path: Path, number: int, reason: Reason
) -> None:
    with pytest.raises(ModelFailure) as caught, disk_refusals(tmp_path):
        raise OSError(number, os.strerror(number))
    assert caught.value.reason is reason
    assert str(tmp_path) in str(caught.value)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 640 KiB, which holds a lantern and a tenth more, but no ballast beside it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.getuid() or _call("mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", folder):
        pytest.skip("Only root, outside a container, may mount.")
    yield folder
    assert _call("umount", folder) == 0


def test_a_disk_that_fills_in_the_middle_leaves_no_model_and_keeps_what_came(hub: Hub, disk: Path) -> None:
    hub.commit(REPOSITORY, FILES)
    shelf, ballast = Shelf(disk), disk / "ballast"

    def fill(progress: object) -> None:
        if not ballast.exists():
            ballast.write_bytes(bytes(400_000))

    with pytest.raises(ModelFailure, match="is full; free some space") as caught:
        pull(entry(), shelf, HubSettings(hub.url), fill, HASTY, is_accepted=False)
    assert caught.value.reason is Reason.NO_ROOM
    assert sorted(path.name for path in disk.iterdir()) == [".part", "ballast"]
    with pytest.raises(ModelFailure, match="are wanted"):
        fetch(hub, shelf)
    ballast.unlink()
    hub.requests.clear()
    fetch(hub, shelf)
    assert contents(shelf) == FILES
    assert hub.fetches(WEIGHTS)[0] > 0


def test_a_folder_on_a_read_only_disk_says_so(hub: Hub, disk: Path) -> None:
    hub.commit(REPOSITORY, FILES)
    assert _call("mount", "-o", "remount,ro", disk) == 0
    with pytest.raises(ModelFailure, match=f"{disk} cannot be written to") as caught:
        fetch(hub, Shelf(disk))
    assert caught.value.reason is Reason.NOT_WRITABLE


def _call(*command: object) -> int:
    return subprocess.run([*map(str, command)], capture_output=True, timeout=30, check=False).returncode
