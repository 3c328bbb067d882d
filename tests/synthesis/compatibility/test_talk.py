# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator

import pytest
from diffsynth.pipelines.qwen_image import QwenImagePipeline
from structlog.testing import capture_logs

from services.synthesis.compatibility import talk


@pytest.fixture(autouse=True)
def talkative() -> Iterator[None]:
    muted = [module for module in talk._TALKERS if "print" in vars(module)]
    for module in muted:
        del module.print
    yield
    for module in talk._TALKERS:
        vars(module).pop("print", None)
    for module in muted:
        module.print = talk._tell


def round_up(pipeline: QwenImagePipeline) -> None:
    pipeline.check_resize_height_width(100, 100)


def test_diffsynth_prints(pipeline: QwenImagePipeline, capsys: pytest.CaptureFixture[str]) -> None:
    round_up(pipeline)
    assert "We round it up" in capsys.readouterr().out


def test_mended_it_says_so_in_the_log(
    pipeline: QwenImagePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    talk.mend_talk()
    with capture_logs() as logs:
        round_up(pipeline)
    assert capsys.readouterr().out == ""
    assert {entry["log_level"] for entry in logs} == {"debug"}
