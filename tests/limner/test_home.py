from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.home import HomeUnusable, locate, prepare, tidy


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The system's temporary folder, as short as it usually is."""
    with tempfile.TemporaryDirectory(prefix="l") as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield Path(folder)


def test_a_new_home_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    home = locate(tmp_path / "new" / "home")
    prepare(home)
    modes = {stat.S_IMODE(folder.stat().st_mode) for folder in (home.root, home.images, home.run, home.logs)}
    assert modes == {0o700}


def test_preparing_twice_keeps_what_is_there(tmp_path: Path) -> None:
    home = locate(tmp_path)
    prepare(home)
    (home.images / "kept").write_text("x")
    prepare(home)
    assert (home.images / "kept").exists()


def test_a_short_home_holds_its_own_sockets() -> None:
    home = locate(Path("/srv/limner"))
    assert home.address("t2i") == "unix:/srv/limner/run/t2i.sock"


def test_a_long_home_gets_a_short_private_folder_for_its_sockets(tmp_path: Path, temporary: Path) -> None:
    home = locate(tmp_path / ("deep" * 25))
    prepare(home)
    assert home.sockets.parent == temporary
    assert stat.S_IMODE(home.sockets.stat().st_mode) == 0o700
    assert len(os.fsencode(home.address("arbiter").removeprefix("unix:"))) <= 107


def test_two_long_homes_do_not_share_sockets(tmp_path: Path) -> None:
    assert locate(tmp_path / ("a" * 100)).sockets != locate(tmp_path / ("b" * 100)).sockets


@pytest.mark.usefixtures("temporary")
def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    home = locate(tmp_path / ("deep" * 25))
    home.sockets.mkdir()
    home.sockets.chmod(0o755)
    with pytest.raises(HomeUnusable, match="not a private folder"):
        prepare(home)


def test_a_home_that_is_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(HomeUnusable, match=r"file exists.*set it to a folder") as caught:
        prepare(locate(tmp_path / "file"))
    assert "\n" not in str(caught.value)


def test_a_home_on_a_file_system_that_takes_no_files_is_refused() -> None:
    with pytest.raises(HomeUnusable, match="/proc/limner cannot be used"):
        prepare(locate(Path("/proc/limner")))


def test_the_short_folder_goes_with_the_studio(tmp_path: Path, temporary: Path) -> None:
    home = locate(tmp_path / ("deep" * 25))
    prepare(home)
    (home.sockets / "t2i.sock").touch()
    tidy(home)
    assert list(temporary.iterdir()) == []
