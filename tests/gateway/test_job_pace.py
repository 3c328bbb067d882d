from __future__ import annotations

from gateway.jobs.pace import Pace, Turn


def test_a_new_stage_is_always_shown_and_kept_at_most_twice_a_second() -> None:
    pace = Pace()
    turns = [pace.turn(is_new_stage=True, now=tenth / 10) for tenth in range(10)]
    assert [turn is Turn.KEEP for turn in turns] == [True, *[False] * 4, True, *[False] * 4]
    assert Turn.SKIP not in turns


def test_steps_are_shown_at_most_ten_times_a_second_and_never_kept() -> None:
    pace = Pace()
    turns = [pace.turn(is_new_stage=False, now=ms / 1000) for ms in range(0, 1000, 5)]
    assert turns.count(Turn.SHOW) == 10
    assert Turn.KEEP not in turns


def test_what_was_kept_for_another_reason_counts() -> None:
    pace = Pace()
    pace.kept(now=1.0)
    assert pace.turn(is_new_stage=True, now=1.4) is Turn.SHOW
    assert pace.turn(is_new_stage=True, now=1.5) is Turn.KEEP


def test_previews_pass_twice_a_second() -> None:
    pace = Pace()
    assert [pace.may_preview(now / 4) for now in range(6)] == [True, False, True, False, True, False]
