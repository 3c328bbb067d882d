# pyright: standard
# Torch code.
from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from diffsynth.configs import VRAM_MANAGEMENT_MODULE_MAPS as MAPS
from diffsynth.core import ModelConfig
from diffsynth.core.vram.layers import AutoTorchModule, AutoWrappedLinear
from diffsynth.models.model_loader import ModelPool
from diffsynth.pipelines.qwen_image import QwenImagePipeline

from services.shapes.checkpoint import CHECKPOINT
from services.synthesis.compatibility import reside, restore_frequencies
from services.synthesis.compatibility.residence import ExactModule, mend_residence
from services.synthesis.denoising import install
from services.synthesis.loading import find_weights, load_pipeline, register

TEXT_ENCODER = "diffsynth.models.qwen_image_text_encoder.QwenImageTextEncoder"
VISION_ROTARY = "transformers.models.qwen2_5_vl.modeling_qwen2_5_vl.Qwen2_5_VisionRotaryEmbedding"
SIZED = "services.synthesis.sized.SizedTextEncoder"
FLOAT8 = torch.float8_e4m3fn
GIB = 2**30
# As upstream has them: taken on collection, before any test mends this process.
STOCK_MAPS = {name: dict(modules) for name, modules in MAPS.items() if "qwen_image" in name}
STOCK_CHECK = AutoTorchModule.check_free_vram


@pytest.fixture(autouse=True)
def stock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """DiffSynth as it comes, on a pretended card of 10 GiB that is full: this process has one of them."""
    monkeypatch.setattr(torch.cpu, "empty_cache", lambda: None, raising=False)
    monkeypatch.setattr(torch.cpu, "mem_get_info", lambda _device=None: (0, 10 * GIB), raising=False)
    monkeypatch.setattr(torch.cpu, "memory_reserved", lambda _device=None: GIB, raising=False)
    monkeypatch.setattr(AutoTorchModule, "check_free_vram", STOCK_CHECK)
    found = copy.deepcopy(MAPS)
    MAPS.update(copy.deepcopy(STOCK_MAPS))
    MAPS.pop(SIZED, None)
    yield
    MAPS.clear()
    MAPS.update(found)


def load(part: str, stored: torch.dtype | None = None) -> Any:
    """A part of the built-in model under DiffSynth's management, brought onto its device."""
    files = find_weights(CHECKPOINT / part)
    register(CHECKPOINT / part, files)
    pool = ModelPool()
    pool.auto_load_model(files, vram_config=reside(part, "cpu", torch.bfloat16, stored))
    for module in pool.model[0].modules():
        if isinstance(module, AutoTorchModule):
            module.onload()
    return pool.model[0]


def frequencies(text_encoder: Any) -> torch.Tensor:
    return text_encoder.model.language_model.rotary_emb.inv_freq


def mend_only_the_names() -> None:
    MAPS[TEXT_ENCODER].pop(VISION_ROTARY, None)
    MAPS[SIZED] = MAPS[TEXT_ENCODER]
    ModelPool().fetch_module_map(TEXT_ENCODER, reside("text_encoder", "cpu", torch.bfloat16))


def test_the_map_of_the_text_encoder_names_a_class_that_is_no_more() -> None:
    settings = reside("text_encoder", "cpu", torch.bfloat16)
    # When this fails, DiffSynth has healed: the map needs no mending for its names.
    with pytest.raises(AttributeError, match="Qwen2_5_VisionRotaryEmbedding"):
        ModelPool().fetch_module_map(TEXT_ENCODER, settings)
    mend_residence()
    mend_residence()
    found = ModelPool().fetch_module_map(TEXT_ENCODER, settings)
    assert found == ModelPool().fetch_module_map(SIZED, settings)


def test_float8_flushes_rotary_frequencies_to_zero() -> None:
    mend_only_the_names()
    # When this fails, DiffSynth has healed: rotary embeddings may stay in the map.
    assert (frequencies(load("text_encoder", FLOAT8)).float() == 0).sum() >= 6


def test_mended_the_frequencies_are_exact_beside_float8_weights() -> None:
    mend_residence()
    encoder = load("text_encoder", FLOAT8)
    rotary = encoder.model.language_model.rotary_emb
    assert torch.equal(frequencies(encoder), type(rotary)(rotary.config).inv_freq)
    assert {m.weight.dtype for m in encoder.modules() if isinstance(m, AutoWrappedLinear)} == {FLOAT8}


@pytest.mark.parametrize("part", ["transformer", "text_encoder"])
def test_mended_norms_are_never_rounded_to_float8(part: str) -> None:
    mend_residence()
    norms = [module for module in load(part, FLOAT8).modules() if isinstance(module, ExactModule)]
    assert norms
    assert {parameter.dtype for norm in norms for parameter in norm.parameters()} == {torch.bfloat16}


def test_the_autoencoder_is_never_rounded_to_float8() -> None:
    mend_residence()
    assert {parameter.dtype for parameter in load("vae", FLOAT8).parameters()} == {torch.bfloat16}


def test_unmended_the_limit_counts_what_other_processes_hold() -> None:
    layer = AutoTorchModule(computation_device="cpu", vram_limit=4)
    # When this fails, DiffSynth has healed: its own check is good.
    assert not layer.check_free_vram()
    mend_residence()
    assert layer.check_free_vram()
    layer.vram_limit = 0.5
    assert not layer.check_free_vram()


def test_the_frequencies_are_cast_with_the_weights_until_they_are_restored() -> None:
    pipeline = load_pipeline(CHECKPOINT, torch.bfloat16, "cpu")
    # When this fails, DiffSynth has healed: restore_frequencies is no longer needed.
    assert frequencies(pipeline.text_encoder).dtype == torch.bfloat16
    restore_frequencies(pipeline)
    rotary: Any = pipeline.text_encoder.model.language_model.rotary_emb
    assert torch.equal(frequencies(pipeline.text_encoder), type(rotary)(rotary.config).inv_freq)


@pytest.fixture
def managed() -> Any:
    """The whole pipeline under management, with a seam."""
    mend_residence()
    parts = ("transformer", "text_encoder", "vae")
    files = {part: find_weights(CHECKPOINT / part) for part in parts}
    for part in parts:
        register(CHECKPOINT / part, files[part])
    settings = {part: reside(part, "cpu", torch.float32) for part in parts}
    pipeline: Any = QwenImagePipeline.from_pretrained(
        torch_dtype=torch.float32,
        device="cpu",
        model_configs=[ModelConfig(path=files[part], **settings[part]) for part in parts],
        tokenizer_config=ModelConfig(path=str(CHECKPOINT / "tokenizer")),
        vram_limit=4,
    )
    install(pipeline)
    return pipeline


def paint(pipeline: Any) -> np.ndarray:
    return np.asarray(pipeline("a red circle", width=64, height=64, seed=0, num_inference_steps=4))


def held(pipeline: Any) -> int:
    """How many layers are not back on the host."""
    return sum(module.state != 0 for module in pipeline.modules() if isinstance(module, AutoTorchModule))


def test_a_run_that_gives_the_card_away_between_two_steps_paints_the_same_pixels(managed: Any) -> None:
    undisturbed = paint(managed)
    freed: list[int] = []

    def give_back(_done: int, _latents: object, _clean: object) -> None:
        managed.load_models_to_device([])
        freed.append(held(managed))
        managed.load_models_to_device(managed.in_iteration_models)

    managed.seam.begin(on_step=give_back)
    assert np.array_equal(paint(managed), undisturbed)
    assert freed == [0, 0, 0, 0]


def test_after_a_failed_step_nothing_stays_on_the_card(managed: Any) -> None:
    undisturbed = paint(managed)

    def fail(_done: int, _latents: object, _clean: object) -> None:
        assert held(managed) > 0
        raise RuntimeError

    managed.seam.begin(on_step=fail)
    with pytest.raises(RuntimeError):
        paint(managed)
    assert held(managed) == 0
    assert np.array_equal(paint(managed), undisturbed)
