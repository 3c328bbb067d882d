"""Steps that are spared in diffusers' own pipeline."""

# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from diffusers.hooks.taylorseer_cache import TaylorSeerCacheConfig
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline

from limner.models.recipe import StepCache
from services.pipelines.forecast import Forecast
from services.shapes.captions import caption
from services.shapes.checkpoint import CFG, NEGATIVE, load_pipeline
from services.shapes.judge import judge
from services.shapes.scenes import requests
from services.t2i.sparing import spare_steps

STEPS = 20
SCENE = requests(1)[0]


@pytest.fixture(scope="module")
def pipeline() -> QwenImagePipeline:
    return load_pipeline()


def paint(pipeline: QwenImagePipeline, forecast: Forecast) -> Any:
    def see_step(*_: object) -> dict[str, Any]:
        forecast.advance()
        return {}

    with torch.inference_mode():
        painted: Any = pipeline(
            caption(SCENE),
            negative_prompt=NEGATIVE,
            width=128,
            height=128,
            num_inference_steps=STEPS,
            true_cfg_scale=CFG,
            generator=torch.Generator().manual_seed(0),
            # Annotated too narrowly in diffusers 0.42: it gets four arguments and its answer is used.
            callback_on_step_end=cast("Any", see_step),
        )
    return painted.images[0]


@pytest.fixture(scope="module")
def forecast(pipeline: QwenImagePipeline) -> Forecast:
    return spare_steps(pipeline.transformer)


def test_sparing_the_whole_transformer_paints_what_the_stock_cache_paints(
    pipeline: QwenImagePipeline, forecast: Forecast
) -> None:
    forecast.begin()
    config = TaylorSeerCacheConfig(
        cache_interval=2,
        disable_cache_before_step=3,
        disable_cache_after_step=STEPS - 1,
        taylor_factors_dtype=torch.float32,
        use_lite_mode=True,
    )
    pipeline.transformer.enable_cache(config)
    stock = paint(pipeline, forecast)
    pipeline.transformer.disable_cache()
    forecast.begin(StepCache(2, lead=3), STEPS)
    assert np.array_equal(paint(pipeline, forecast), stock)


def test_a_picture_with_spared_steps_shows_what_was_asked_for_and_the_next_is_whole_again(
    pipeline: QwenImagePipeline, forecast: Forecast
) -> None:
    forecast.begin()
    whole = paint(pipeline, forecast)
    forecast.begin(StepCache(3), STEPS)
    spared = paint(pipeline, forecast)
    assert judge(spared, SCENE).right
    assert not np.array_equal(spared, whole)
    forecast.begin()
    assert np.array_equal(paint(pipeline, forecast), whole)
