"""`limner scale` and `limner up` without a cluster: what is wanted, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from limner.cli.app import build
from limner.cli.failure import CommandFailed
from limner.cluster.wanted import WANTED, Span, read_wanted, write_wanted


def call(*arguments: str, home: Path) -> str:
    runner = CliRunner(env={"LIMNER_HOME": str(home)})
    result = runner.invoke(build(arguments[0]), arguments, catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_what_is_named_changes_and_the_rest_stays(tmp_path: Path) -> None:
    write_wanted(tmp_path / WANTED, {"t2i": Span(1, 1), "edit": Span(2, 2)})
    assert call("scale", "t2i=1..4", "tiling=3", home=tmp_path) == "t2i=1..4 edit=2 tiling=3\n"
    assert read_wanted(tmp_path / WANTED) == {"t2i": Span(1, 4), "edit": Span(2, 2), "tiling": Span(3, 3)}


def test_without_counts_it_says_what_is_wanted(tmp_path: Path) -> None:
    write_wanted(tmp_path / WANTED, {"t2i": Span(1, 4)})
    assert call("scale", home=tmp_path) == "t2i=1..4 edit=0 tiling=0\n"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("paint=2", "'paint' is no service; use t2i, edit, tiling"),
        ("t2i", "'t2i' names no count; write it like t2i=4 or t2i=1..4"),
        ("t2i=-1", "t2i is '-1'; write a number like 4, or two like 1..4"),
        ("t2i=1..", "t2i is '1..'; write a number"),
        ("t2i=4..1", "the least first"),
        ("t2i=1001", "use numbers from 0 to 1000"),
    ],
)
def test_a_wrong_count_is_refused_with_the_way_to_write_it(given: str, told: str, tmp_path: Path) -> None:
    write_wanted(tmp_path / WANTED, {"t2i": Span(1, 1)})
    with pytest.raises(CommandFailed, match=told):
        call("scale", given, home=tmp_path)
    assert read_wanted(tmp_path / WANTED)["t2i"] == Span(1, 1)


def test_without_a_cluster_there_is_nothing_to_scale(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="start one with `limner up --cluster`"):
        call("scale", "t2i=2", home=tmp_path)


@pytest.mark.parametrize("text", ["[]", "{", '{"t2i": 2}', '{"t2i": "many"}'])
def test_a_broken_file_is_told_with_its_fix(text: str, tmp_path: Path) -> None:
    (tmp_path / WANTED).write_text(text)
    with pytest.raises(ValueError, match=r"JSON object of counts|write a number"):
        read_wanted(tmp_path / WANTED)


@pytest.mark.parametrize(("count", "held"), [(0, 1), (2, 2), (9, 4)])
def test_a_span_holds_what_is_beyond_it_at_its_ends(count: int, held: int) -> None:
    assert Span(1, 4).clamp(count) == held


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    write_wanted(tmp_path / WANTED, {"t2i": Span(3, 3), "edit": Span(0, 2)})
    assert json.loads((tmp_path / WANTED).read_text()) == {"t2i": "3", "edit": "0..2"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--nodes", "2"], "add --cluster"),
        (["--cluster", "--nodes", "2", "--address", "auto"], "give one of them"),
        (["--cluster", "--t2i-replicas", "2"], "is said by `limner scale"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    arguments: list[str], told: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandFailed, match=told):
        call("up", *arguments, home=tmp_path)
