from __future__ import annotations

from typing import Any, cast

from services.pipelines.brief import Brief
from services.pipelines.finish import Finish
from services.pipelines.stock import read_catalogue


class Stream:
    """Bytes that are brought whenever a test says so."""

    def __init__(self) -> None:
        self.moved_bytes = 0

    def take(self) -> int:
        taken_bytes, self.moved_bytes = self.moved_bytes, 0
        return taken_bytes


def brief() -> Brief:
    model = read_catalogue(None).find("shapes")
    told: Any = {"model": model, "quality": "normal", "computed_steps": 20, "adapter": ""}
    return cast("Brief", type("Told", (), told))


def test_each_picture_tells_what_was_moved_for_it() -> None:
    stream = Stream()
    stream.moved_bytes = 7  # by the job before
    finish = Finish(brief(), "stream", {}, take_streamed_bytes=stream.take)
    stream.moved_bytes = 3
    assert finish.provenance().streamed_bytes == 3
    assert finish.provenance().streamed_bytes == 0


def test_times_that_pictures_share_are_told_with_the_first() -> None:
    finish = Finish(brief(), "full", {})
    finish.durations_s.update(encoding=1.0, denoising=2.0)
    assert set(finish.provenance().stage_durations) == {"encoding", "denoising"}
    finish.durations_s["denoising"] = 2.0
    assert set(finish.provenance().stage_durations) == {"denoising"}
