"""The shipped weights: small, unpickled, loaded by stock diffusers, and obedient."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from diffusers import QwenImagePipeline

from services.shapes.checkpoint import CFG, CHECKPOINT, EDIT_CHECKPOINT, NEGATIVE, STEPS
from services.shapes.judge import judge, scene_from_caption
from services.shapes.tokens import build_tokenizer

CHECKPOINTS = (CHECKPOINT, EDIT_CHECKPOINT)
PROMPTS = (
    "a red circle on the left, white background",
    "a blue square at the bottom, yellow background",
    "a green triangle on the right and a white circle on the left, black background",
)


@pytest.fixture(scope="module")
def pipeline() -> QwenImagePipeline:
    pipeline = QwenImagePipeline.from_pretrained(CHECKPOINT, dtype=torch.float32, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def test_the_checkpoints_are_at_most_48_mb_of_safetensors_and_text() -> None:
    size_bytes = 0
    for folder in CHECKPOINTS:
        files = [path for path in folder.rglob("*") if path.is_file()]
        size_bytes += sum(path.lstat().st_size for path in files)
        assert {path.suffix for path in files} <= {".safetensors", ".json", ".md", ""}
        assert {"README.md", "LICENSE"} <= {path.name for path in files}
    assert size_bytes <= 48e6


def test_the_editor_has_the_painters_autoencoder_without_a_copy() -> None:
    for file in (CHECKPOINT / "vae").iterdir():
        link = EDIT_CHECKPOINT / "vae" / file.name
        assert link.is_symlink()
        assert link.resolve() == file.resolve()


@pytest.mark.parametrize("folder", CHECKPOINTS, ids=lambda folder: folder.name)
def test_a_checkpoint_names_no_place_on_a_machine(folder: Path) -> None:
    texts = [path.read_text() for path in folder.rglob("*.json") if path.name != "tokenizer.json"]
    assert not [text for text in texts if '"_name_or_path' in text or '"/' in text]


def test_the_checkpoint_keeps_the_stock_latent_statistics() -> None:
    config = json.loads((CHECKPOINT / "vae" / "config.json").read_text())
    assert config["latents_mean"][0] == pytest.approx(-0.7571)
    assert config["latents_std"][0] == pytest.approx(2.8184)


def test_the_checkpoint_has_all_that_the_painter_is_controlled_with() -> None:
    controls = [config.parent.name for config in CHECKPOINT.glob("controlnets/*/config.json")]
    assert set(controls) == {"canny", "inpaint"}
    assert (CHECKPOINT / "adapters" / "entities" / "adapter_config.json").exists()


def test_the_shipped_tokenizer_is_the_one_that_training_builds(pipeline: QwenImagePipeline) -> None:
    assert pipeline.tokenizer.get_vocab() == build_tokenizer().get_vocab()


def test_the_model_paints_what_it_is_asked_for(pipeline: QwenImagePipeline) -> None:
    images = pipeline(
        list(PROMPTS),
        negative_prompt=[NEGATIVE] * len(PROMPTS),
        width=128,
        height=128,
        num_inference_steps=STEPS,
        true_cfg_scale=CFG,
        generator=[torch.Generator().manual_seed(seed) for seed in range(len(PROMPTS))],
    ).images
    for image, prompt in zip(images, PROMPTS, strict=True):
        verdict = judge(image, scene_from_caption(prompt))
        assert verdict.right, (prompt, verdict)
