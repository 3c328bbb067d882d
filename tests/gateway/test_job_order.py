from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.jobs.order import AGE_LIMIT_S, Entry, Line

COLD: list[str | None] = []


def entry(
    name: str, priority: int = 2, rank: float | None = None, model: str = "a", created_at: float = 0
) -> Entry:
    return Entry(name, "t2i", priority, rank, model, created_at)


def line(*entries: Entry) -> Line:
    line = Line()
    for each in entries:
        line.add(each)
    return line


def test_older_jobs_go_first() -> None:
    assert list(line(entry("2"), entry("1"), entry("3"))) == ["1", "2", "3"]


def test_a_higher_priority_goes_before_an_older_job() -> None:
    assert list(line(entry("1"), entry("2", priority=3), entry("3", priority=1))) == ["2", "1", "3"]


def test_hand_order_goes_before_age_but_not_before_priority() -> None:
    waiting = line(entry("1"), entry("2", rank=2.0), entry("3", rank=1.0), entry("4", priority=3))
    assert list(waiting) == ["4", "3", "2", "1"]


def test_positions_count_from_one_and_forget_what_left() -> None:
    waiting = line(entry("1"), entry("2"), entry("3"))
    waiting.discard("1")
    waiting.discard("1")
    assert [waiting.position(name) for name in "123"] == [None, 1, 2]


def test_adding_again_moves_a_job() -> None:
    waiting = line(entry("1"), entry("2"))
    waiting.add(entry("2", priority=3))
    assert list(waiting) == ["2", "1"]


def test_nothing_is_chosen_from_an_empty_line() -> None:
    assert line().choose("t2i", COLD, now=0) is None


def test_a_job_of_the_warm_model_overtakes_within_its_priority() -> None:
    waiting = line(entry("1", model="a"), entry("2", model="b"))
    assert waiting.choose("t2i", ["b"], now=0) == "2"


def test_the_warm_model_does_not_overtake_a_higher_priority() -> None:
    waiting = line(entry("1", priority=3, model="a"), entry("2", model="b"))
    assert waiting.choose("t2i", ["b"], now=0) == "1"


def test_the_warm_model_does_not_overtake_hand_order() -> None:
    waiting = line(entry("1", rank=1.0, model="a"), entry("2", model="b"))
    assert waiting.choose("t2i", ["b"], now=0) == "1"


def test_no_job_is_held_back_beyond_the_age_limit() -> None:
    waiting = line(entry("1", model="a", created_at=0), entry("2", model="b", created_at=1))
    assert waiting.choose("t2i", ["b"], now=AGE_LIMIT_S + 1) == "1"


@settings(max_examples=50)
@given(
    st.lists(
        st.builds(
            Entry,
            id=st.text("0123456789", min_size=1, max_size=3),
            priority=st.integers(1, 3),
            rank=st.none() | st.floats(-5, 5),
            model=st.sampled_from(["a", "b"]),
            created_at=st.floats(0, 100),
        ),
        unique_by=lambda each: each.id,
    )
)
def test_the_line_is_always_sorted_and_complete(entries: list[Entry]) -> None:
    waiting = line(*entries)
    assert list(waiting) == [each.id for each in sorted(entries, key=lambda each: each.place)]
    assert [waiting.position(name) for name in waiting] == list(range(1, len(entries) + 1))
    for each in entries:
        waiting.discard(each.id)
    assert len(waiting) == 0
