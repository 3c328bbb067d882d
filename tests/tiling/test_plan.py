"""Sizes on the way to a large picture: a base that the model can paint, then hops of two at most."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiling.layout import Size, Tile
from services.tiling.plan import plan_enlarged, plan_joint, plan_refined

SIDES = st.integers(8, 40).map(lambda tokens: tokens * 16)


@given(st.tuples(SIDES, SIDES))
def test_every_size_is_at_most_twice_the_one_before_and_the_last_is_the_target(target: Size) -> None:
    plan = plan_refined(target, (128, 128), 256, 128, 32)
    assert plan.base is not None
    sizes = [stage.size for stage in plan.stages]
    assert sizes[-1] == target
    for before, after in pairwise(sizes):
        assert after[0] <= 2 * before[0]
        assert after[1] <= 2 * before[1]
    assert plan.tile_count == sum(len(stage.tiles) for stage in plan.stages)


def test_a_picture_of_the_native_size_is_one_tile() -> None:
    plan = plan_refined((128, 128), (128, 128), 256, 128, 32)
    assert [stage.tiles for stage in plan.stages] == [(Tile(0, 0, 128, 128),)]


def test_a_base_beyond_what_the_model_paints_at_once_is_tiled() -> None:
    base = plan_refined((2048, 128), (128, 128), 256, 128, 32).base
    assert base is not None
    assert max(base.size) > 256
    assert len(base.tiles) > 1


def test_a_joint_picture_has_no_hops() -> None:
    plan = plan_joint((512, 128), 128, 32)
    assert plan.base is not None
    assert (plan.base.size, plan.hops) == ((512, 128), ())


@pytest.mark.parametrize(("source", "hops"), [((100, 60), [(208, 128)]), ((208, 128), [(208, 128)])])
def test_a_given_picture_is_enlarged_and_one_of_that_size_is_refined_once(
    source: Size, hops: list[Size]
) -> None:
    plan = plan_enlarged(source, (208, 128), 128, 32)
    assert plan.base is None
    assert plan.hops[-1].size == (208, 128)
    assert len(plan.hops) >= len(hops)
