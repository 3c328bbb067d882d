from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from limner.cli.occupancy import occupant, occupy, record
from limner.home import Home, HomeUnusable, locate, prepare

HOLD = "import sys, time; sys.stdin.fileno(); time.sleep(600)"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = locate(tmp_path)
    prepare(found)
    return found


def holder(lock: int) -> subprocess.Popen[bytes]:
    """A process that inherits the lock as supervisord does: as its standard input."""
    return subprocess.Popen([sys.executable, "-c", HOLD], stdin=lock)


def forget_master(home: Home) -> None:
    """Makes the record look as after a kill -9 of `limner run`: its process id now is somebody else's."""
    path = home.run / "studio.json"
    found = json.loads(path.read_text())
    found["master"]["start_ticks"] += 1
    path.write_text(json.dumps(found))


def test_a_home_has_one_studio(home: Home) -> None:
    with occupy(home):
        record(home, "http://127.0.0.1:8000", os.getpid())
        with pytest.raises(HomeUnusable, match=r"already running .* at http://127.0.0.1:8000"), occupy(home):
            pass


def test_a_home_is_free_again_after_its_studio(home: Home) -> None:
    with occupy(home):
        record(home, "http://127.0.0.1:8000", os.getpid())
    with occupy(home):
        assert occupant(home) is None


def test_what_a_killed_master_left_is_stopped(home: Home) -> None:
    with occupy(home) as lock:
        left = holder(lock)
        record(home, "http://127.0.0.1:8000", left.pid)
        kept = (home.run / "studio.json").read_text()
    (home.run / "studio.json").write_text(kept)
    forget_master(home)
    with occupy(home):
        assert left.wait(timeout=5) != 0


def test_a_process_that_only_has_the_same_id_is_left_alone(home: Home) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.DEVNULL) as stranger:
        with occupy(home) as lock:
            keeper = holder(lock)
            record(home, "http://127.0.0.1:8000", stranger.pid)
            found = json.loads((home.run / "studio.json").read_text())
        found["master"]["start_ticks"] += 1
        found["supervisor"]["start_ticks"] += 1
        (home.run / "studio.json").write_text(json.dumps(found))
        with pytest.raises(HomeUnusable, match="Another studio"), occupy(home, patience_s=0.1):
            pass
        assert stranger.poll() is None
        stranger.kill()
        keeper.kill()
        keeper.wait()


def test_a_master_that_nobody_has_waited_for_counts_as_ended(home: Home) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        with occupy(home) as lock:
            left = holder(lock)
            record(home, "http://127.0.0.1:8000", left.pid)
            found = json.loads((home.run / "studio.json").read_text())
        found["master"] = {"pid": zombie.pid, "start_ticks": start_ticks(zombie.pid)}
        (home.run / "studio.json").write_text(json.dumps(found))
        with occupy(home):
            assert left.wait(timeout=5) != 0


def start_ticks(pid: int) -> int:
    """Field 22 of a process whose name has no spaces."""
    return int(Path(f"/proc/{pid}/stat").read_text().split()[21])


def test_a_torn_record_is_as_good_as_none(home: Home) -> None:
    (home.run / "studio.json").write_text('{"url": ')
    assert occupant(home) is None
