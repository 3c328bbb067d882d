"""Which blocks stay: pure arithmetic, so it is asked about many sizes at once."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from services.pipelines.weights.planning import choose, floor_bytes


@dataclass(frozen=True, eq=False)
class Block:
    size_bytes: int
    stage: str = "denoising"


sizes = st.lists(st.integers(1, 1000), min_size=1, max_size=80)


@given(sizes, st.integers(0, 100_000))
def test_what_stays_leaves_room_for_what_comes_and_goes(each: list[int], allowed_bytes: int) -> None:
    blocks = [Block(size) for size in each]
    staying = choose(blocks, allowed_bytes)
    moving = [block for block in blocks if block not in staying]
    held_bytes = sum(block.size_bytes for block in staying)
    assert not staying or held_bytes + floor_bytes(moving) <= allowed_bytes


@given(sizes)
def test_everything_stays_when_it_fits(each: list[int]) -> None:
    blocks = [Block(size) for size in each]
    assert choose(blocks, sum(each)) == frozenset(blocks)


@given(st.integers(3, 60), st.integers(0, 59))
def test_equal_blocks_that_stay_are_spread_evenly(count: int, allowed: int) -> None:
    blocks = [Block(10) for _ in range(count)]
    staying = choose(blocks, 10 * allowed)
    half = sum(block in staying for block in blocks[: count // 2])
    assert abs(2 * half - len(staying)) <= 2
    if 2 <= allowed < count:
        assert len(staying) == allowed - 2


def test_the_floor_is_that_of_the_largest_stage() -> None:
    blocks = [Block(10), Block(20), Block(5), Block(100, "decoding"), Block(4, "reading")]
    assert floor_bytes(blocks) == 100
    assert floor_bytes(blocks[:3]) == 30
    assert floor_bytes([]) == 0
