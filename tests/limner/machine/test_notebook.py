from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from limner.machine.notebook import note, read_notes
from limner.models import profiles
from limner.models.profiles import Row

LIBRARIES = {"torch": "2.14.1"}
ROW = Row("shapes", "abc", "full", 256 * 256, step_s=0.2, load_s=2.0, peak_bytes=9, measured_at=1.0)


def test_what_was_noted_is_found_again(tmp_path: Path) -> None:
    note(tmp_path / "profiles", "cpu:0", LIBRARIES, ROW)
    found = read_notes(tmp_path / "profiles", "cpu:0", LIBRARIES)
    assert found.find("shapes", "abc", "full", 128 * 128) == ROW
    assert (found.device, found.libraries) == ("cpu:0", (("torch", "2.14.1"),))


def test_a_later_measurement_replaces_an_earlier_one_but_for_its_load(tmp_path: Path) -> None:
    note(tmp_path, "cpu:0", LIBRARIES, ROW)
    note(tmp_path, "cpu:0", LIBRARIES, replace(ROW, step_s=0.1, load_s=None))
    assert read_notes(tmp_path, "cpu:0", LIBRARIES).rows == (replace(ROW, step_s=0.1),)


def test_another_device_or_library_has_notes_of_its_own(tmp_path: Path) -> None:
    note(tmp_path, "cpu:0", LIBRARIES, ROW)
    assert read_notes(tmp_path, "GPU-1", LIBRARIES) == profiles.NONE
    assert read_notes(tmp_path, "cpu:0", {"torch": "2.15"}) == profiles.NONE


def test_torn_notes_are_as_good_as_none_and_are_written_anew(tmp_path: Path) -> None:
    note(tmp_path, "cpu:0", LIBRARIES, ROW)
    (file,) = tmp_path.glob("*.json")
    file.write_bytes(file.read_bytes()[:20] + b"\xff")
    assert read_notes(tmp_path, "cpu:0", LIBRARIES) == profiles.NONE
    note(tmp_path, "cpu:0", LIBRARIES, ROW)
    assert read_notes(tmp_path, "cpu:0", LIBRARIES).rows == (ROW,)


def test_two_who_note_at_once_lose_nothing(tmp_path: Path) -> None:
    def work(tier: str) -> None:
        for number in range(20):
            note(tmp_path, "cpu:0", LIBRARIES, replace(ROW, tier=tier, bucket_px=number))

    threads = [threading.Thread(target=work, args=(tier,)) for tier in ("full", "stream")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_notes(tmp_path, "cpu:0", LIBRARIES).rows) == 40
