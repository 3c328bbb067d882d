from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from limner.cli.occupancy import occupant
from limner.home import locate
from tests.studio import Studio, free_port, members, studio_environment, until


def limner(*arguments: str, home: Path, port: int, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "limner.cli", *arguments],
        env=studio_environment(home, port) | settings,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_a_taken_port_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = limner("run", home=tmp_path / "home", port=port)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"limner: Port {port} on 127.0.0.1 is taken by another program; set LIMNER_PORT to a free one.\n"
    )


def test_a_home_that_cannot_be_used_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = limner("run", home=tmp_path / "file", port=free_port())
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"limner: LIMNER_HOME {tmp_path / 'file'} cannot be used: file exists")
    assert answer.stderr.count("\n") == 1


def test_a_stop_during_the_start_leaves_nothing(tmp_path: Path) -> None:
    home, port = locate(tmp_path / "home"), free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "limner.cli", "run"],
        env=studio_environment(home.root, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as starting:
        until(lambda: occupant(home), "the supervisor to start", 20)
        everyone = members(starting.pid, home)
        starting.send_signal(signal.SIGTERM)
        output, errors = starting.communicate(timeout=40)
    assert (starting.returncode, output, errors) == (0, b"", b"")
    assert [process for process in everyone if process.is_running()] == []


@pytest.mark.timeout(300)
def test_a_program_that_cannot_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    answer = limner("run", home=tmp_path, port=free_port(), LIMNER_ARBITER_RAM_BUDGET_BYTES="plenty")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "limner-arbiter keeps crashing" in answer.stderr
    assert "plenty" in answer.stderr


def test_a_second_studio_in_the_same_home_is_refused(studio: Studio) -> None:
    answer = limner("run", home=studio.home.root, port=free_port())
    assert answer.returncode == 1
    assert f"already running with LIMNER_HOME {studio.home.root}, at {studio.url}" in answer.stderr


def test_every_process_says_what_it_is(studio: Studio) -> None:
    titles = {
        "limner",
        "limner-supervisor",
        "limner-arbiter",
        "limner-edit",
        "limner-tiling",
        "limner-t2i",
        "limner-t2i-worker",
        "limner-gateway",
    }
    assert len({studio.pid_of(title) for title in titles}) == len(titles)


def test_only_the_owner_can_reach_the_sockets(studio: Studio) -> None:
    sockets = [path for path in studio.home.sockets.iterdir() if path.is_socket()]
    assert {path.name for path in sockets} >= {"arbiter.sock", "t2i.sock", "supervisor.sock"}
    assert {path.stat().st_mode & 0o077 for path in sockets} == {0}


def test_a_studio_comes_to_rest_when_it_has_nothing_to_do(studio: Studio) -> None:
    def seconds() -> float:
        return sum(sum(process.cpu_times()[:2]) for process in studio.members())

    def is_at_rest() -> bool:
        before, started_at = seconds(), time.monotonic()
        time.sleep(1.0)  # the quantity measured is a rate
        return (seconds() - before) / (time.monotonic() - started_at) < 0.2

    # A worker that has just been started imports its libraries first; something that polls never rests.
    until(lambda: is_at_rest() or None, "the studio to come to rest", 90)


@pytest.mark.parametrize("command", [("jobs",), ("gpu",), ("cancel", "1"), ("generate", "a red circle")])
def test_without_a_studio_every_command_says_how_to_start_one(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    port = free_port()
    arguments = (*command, "-o", str(tmp_path / "x.png")) if command[0] == "generate" else command
    answer = limner(*arguments, home=tmp_path, port=port)
    assert answer.returncode == 3
    assert answer.stderr == (
        f"limner: No studio answers at http://127.0.0.1:{port}; "
        "start one with `limner run` or set LIMNER_URL.\n"
    )
