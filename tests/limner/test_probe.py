from __future__ import annotations

from pathlib import Path

import pytest

from limner.probe import main
from tests.studio import Studio


@pytest.mark.parametrize(
    ("socket", "service"),
    [
        ("arbiter", "limner.arbiter.v1.ArbiterService"),
        ("t2i", "limner.t2i.v1.TextToImageService"),
        ("edit", "limner.edit.v1.EditService"),
        ("tiling", "limner.tiling.v1.TilingService"),
    ],
)
def test_a_service_of_a_running_studio_is_well(studio: Studio, socket: str, service: str) -> None:
    assert main([studio.home.address(socket), service]) is None


def test_what_is_not_served_there_is_told(studio: Studio) -> None:
    answer = main([studio.home.address("t2i"), "limner.edit.v1.EditService"])
    assert answer is not None
    assert "limner.edit.v1.EditService" in answer
    assert "NOT_FOUND" in answer


def test_nobody_there_is_a_sentence(tmp_path: Path) -> None:
    answer = main([f"unix:{tmp_path}/nobody", "limner.t2i.v1.TextToImageService"])
    assert answer is not None
    assert "does not answer: UNAVAILABLE" in answer


def test_plain_text_over_a_network_is_refused() -> None:
    assert "plain text" in (main(["gpu1.example:7011", "limner.t2i.v1.TextToImageService"]) or "")


def test_a_wrong_call_says_how_it_is_called() -> None:
    assert (main(["unix:/x"]) or "").startswith("usage:")
