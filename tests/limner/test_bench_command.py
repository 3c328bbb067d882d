"""limner bench against a running studio, and with one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from limner.machine.notebook import read_notes
from tests.studio import Studio, limner, studio_environment


def notes_of(folder: Path) -> list[dict[str, object]]:
    return [row for file in folder.glob("*.json") for row in json.loads(file.read_text())["rows"]]


def test_a_running_studio_measures_a_model_and_notes_it(studio: Studio) -> None:
    answer = limner(studio, "bench", "shapes", "--tier", "full", "--json")
    assert answer.returncode == 0, answer.stderr
    native, smaller = json.loads(answer.stdout)
    assert (native["trial"]["width_px"], smaller["trial"]["width_px"]) == (128, 64)
    assert smaller["step_s"] > 0
    assert native["peak_bytes"] > 0
    assert (native["tier"], native["problem"]) == ("full", "")
    with studio.client() as client:
        libraries = client.capabilities()["capabilities"][0]["library_versions"]
    row = read_notes(studio.home.profiles, "cpu:0", libraries).find(
        "shapes", _revision(studio), "full", 128**2
    )
    assert row is not None
    assert row.step_s == smaller["step_s"]  # of the same size bucket, and measured later


def test_an_unknown_model_is_answered_with_those_that_there_are(studio: Studio) -> None:
    answer = limner(studio, "bench", "nosuch")
    assert (answer.returncode, "there are shapes, shapes-edit" in answer.stderr) == (2, True)


def test_without_a_studio_one_is_borrowed_and_given_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    answer = subprocess.run(
        [sys.executable, "-m", "limner.cli", "bench", "shapes", "--tier", "full"],
        env=studio_environment(home, 1),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "128×128" in answer.stdout
    assert len(notes_of(home / "profiles")) == 1
    assert {path.name for path in home.iterdir()} <= {"cache", "profiles"}


def test_an_interrupt_keeps_what_was_measured(studio: Studio) -> None:
    before = len(notes_of(studio.home.profiles)) if studio.home.profiles.exists() else 0
    with subprocess.Popen(
        [sys.executable, "-m", "limner.cli", "bench", "shapes-edit", "--tier", "full"],
        env={**studio.environment(), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as benching:
        assert benching.stdout is not None
        assert benching.stdout.readline().startswith("1 of 2")
        assert benching.stdout.readline().startswith("2 of 2")
        os.kill(benching.pid, signal.SIGINT)
        said, why = benching.communicate(timeout=60)
    assert benching.returncode == 130
    assert "Interrupted; what was measured is kept." in why
    assert "shapes-edit" in said
    assert len(notes_of(studio.home.profiles)) >= max(1, before)


def _revision(studio: Studio) -> str:
    with studio.client() as client:
        models = client.capabilities()["capabilities"][0]["models"]
    return next(model["revision"] for model in models if model["name"] == "shapes")
