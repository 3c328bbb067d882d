"""The training runs from nothing, goes on after a stop, and leaves a checkpoint that diffusers loads."""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import QwenImageEditPlusPipeline, QwenImagePipeline
from safetensors.torch import load_file

from services.pipelines.frame import hasten
from services.shapes import train, train_editor
from services.shapes.architecture import build_vae
from services.shapes.autoencoder import measure_latents, normalise
from services.shapes.checkpoint import CHECKPOINT, EDIT_CHECKPOINT, load_painter
from services.shapes.edit_course import SIZE, Pair
from services.shapes.edits import Remove
from services.shapes.flow import build_painter
from services.shapes.latents import pack
from services.shapes.loop import Trainee, fit
from services.shapes.pictures import render
from services.shapes.prompts import encode, encode_instructions
from services.shapes.scenes import Scene, Shape, requests
from services.shapes.tokens import build_processor, build_tokenizer
from services.shapes.understanding import deepen


@pytest.fixture
def pixels() -> torch.Tensor:
    return torch.rand(2, 3, 1, 64, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_for_one_frame_flat_convolutions_give_the_same_numbers(pixels: torch.Tensor) -> None:
    torch.manual_seed(0)
    vae = build_vae().eval()
    with torch.no_grad():
        deep = vae.encode(pixels).latent_dist.mode()
        painted = vae.decode(deep).sample
        hasten(vae)
        assert torch.allclose(vae.encode(pixels).latent_dist.mode(), deep, atol=1e-5)
        assert torch.allclose(vae.decode(deep).sample, painted, atol=1e-5)


def test_normalising_changes_the_latents_but_not_the_picture(pixels: torch.Tensor) -> None:
    torch.manual_seed(0)
    vae = hasten(build_vae()).eval()
    with torch.no_grad():
        before = vae.decode(vae.encode(pixels).latent_dist.mode()).sample
        normalise(vae, *measure_latents(vae, count=8))
        after = vae.decode(vae.encode(pixels).latent_dist.mode()).sample
    assert torch.allclose(before, after, atol=1e-4)


def test_prompts_are_encoded_as_the_pipeline_does() -> None:
    tokenizer = build_tokenizer()
    encoder = build_painter(tokenizer, seed=0).text_encoder.eval()
    parts = dict.fromkeys(("scheduler", "vae", "transformer"))
    pipeline = QwenImagePipeline(text_encoder=encoder, tokenizer=tokenizer, **parts)
    prompts = ["a red circle on the left", " "]
    with torch.no_grad():
        theirs, their_mask = pipeline.encode_prompt(prompts)
        ours, our_mask = encode(encoder, tokenizer, prompts)
    assert torch.equal(ours, theirs)
    assert torch.equal(our_mask, their_mask)


def test_latents_are_packed_as_the_pipeline_does() -> None:
    latents = torch.randn(2, 16, 6, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(pack(latents), QwenImagePipeline._pack_latents(latents, 2, 16, 6, 4))


def trained(folder: Path, kill_at: int | None = None) -> Trainee:
    """Fits a line for ten steps, saving after each, and is killed before step `kill_at`."""
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    trainee = Trainee(model, copy.deepcopy(model), torch.optim.AdamW(model.parameters()))

    def step(index: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        if index == kill_at:
            raise KeyboardInterrupt
        return {"loss": model(torch.randn(8, 2, generator=generator)).square().mean()}

    fit("line", trainee, step, 10, 1e-2, folder, save_every_s=-1)
    return trainee


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    undisturbed = trained(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "parts", kill_at=6)
    resumed = trained(tmp_path / "parts")
    assert torch.equal(undisturbed.model.weight, resumed.model.weight)
    assert torch.equal(undisturbed.average.weight, resumed.average.weight)


def test_one_command_trains_from_nothing_and_saves_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, out = tmp_path / "work", tmp_path / "checkpoint"
    arguments = [
        "--folder",
        str(work),
        "--out",
        str(out),
        "--vae-steps",
        "1",
        "--decoder-steps",
        "1",
        "--steps",
        "1",
    ]
    monkeypatch.setattr(sys, "argv", ["train", *arguments, "--scenes-share", "0.001"])
    train.main()
    pipeline = QwenImagePipeline.from_pretrained(out, dtype=torch.float32, local_files_only=True)
    assert pipeline.transformer.config.num_layers == 6
    assert {path.suffix for path in out.rglob("*") if path.is_file()} <= {
        ".json",
        ".safetensors",
        ".jinja",
        ".txt",
    }
    assert (work / "painter.csv").read_text().startswith("step,seconds,loss\n1,")
    assert load_file(work / "painter.safetensors")


def test_instructions_are_encoded_as_the_pipeline_does_once_it_is_told_where_the_pictures_are() -> None:
    tokenizer = build_tokenizer()
    encoder = build_painter(tokenizer, seed=0).text_encoder.eval()
    processor = build_processor(tokenizer)
    pictures = [render(scene, 128, 128) for scene in requests(2)]

    def inject(
        _module: object, args: object, inputs: dict[str, torch.Tensor]
    ) -> tuple[object, dict[str, torch.Tensor]]:
        is_picture = inputs["input_ids"] == encoder.config.image_token_id
        return args, inputs | {"mm_token_type_ids": is_picture.int()}

    hook = encoder.model.register_forward_pre_hook(inject, with_kwargs=True)
    parts = dict.fromkeys(("scheduler", "vae", "transformer"))
    pipeline = QwenImageEditPlusPipeline(
        text_encoder=encoder, tokenizer=tokenizer, processor=processor, **parts
    )
    with torch.no_grad():
        theirs, their_mask = pipeline._get_qwen_prompt_embeds("make the circle green", pictures)
        hook.remove()
        ours, our_mask = encode_instructions(encoder, processor, ["make the circle green"], [pictures])
    assert torch.equal(ours, theirs)
    assert torch.equal(our_mask, their_mask)


def test_both_pictures_of_a_pair_differ_only_where_the_edit_is(tmp_path: Path) -> None:
    scene = Scene("white", (Shape("circle", "red", "left"), Shape("square", "blue", "right")))
    pair = Pair(scene, Remove(scene.shapes[0]), seed=3)
    before, after = (np.asarray(render(s, *SIZE, pair.seed)) for s in (scene, pair.edit.apply(scene)))
    assert (before[:, 64:] == after[:, 64:]).all()
    assert (before[:, :64] != after[:, :64]).any()


def test_the_editor_goes_on_from_the_painter_and_shares_its_autoencoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, out = tmp_path / "work", tmp_path / "editor"
    options = ["--folder", str(work), "--out", str(out), "--steps", "3", "--pairs-share", "0.002"]
    stages = ["--sight-steps", "2", "--understanding-steps", "2"]
    monkeypatch.setattr(sys, "argv", ["train_editor", *options, *stages])
    train_editor.main()
    albums = {"edits-one.safetensors", "edits-one-0.safetensors"}
    assert {path.name for path in work.glob("edits-*")} >= albums
    pipeline = QwenImageEditPlusPipeline.from_pretrained(out, dtype=torch.float32, local_files_only=True)
    before = load_painter(build_tokenizer()).transformer.state_dict()
    after = pipeline.transformer.state_dict()
    assert any(not torch.equal(before[name].bfloat16(), after[name].bfloat16()) for name in before)
    assert all(file.resolve().parent == (CHECKPOINT / "vae").resolve() for file in (out / "vae").iterdir())


def test_layers_that_are_added_change_nothing_at_first() -> None:
    tokenizer = build_tokenizer()
    shallow = build_painter(tokenizer, seed=0).text_encoder.eval()
    deep = copy.deepcopy(shallow)
    deepen(deep, 4)
    with torch.no_grad():
        (before, _), (after, _) = (encode(each, tokenizer, ["a red circle"]) for each in (shallow, deep))
    assert len(deep.model.language_model.layers) == 4
    assert torch.allclose(before, after, atol=1e-5)


def test_the_shipped_editor_is_trained_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "editor"
    options = ["--further", "--folder", str(tmp_path / "work"), "--out", str(out), "--steps", "1"]
    # At no rate, what comes out is what went in.
    still = ["--understanding-steps", "1", "--pairs-share", "0.002", "--learning-rate", "0"]
    monkeypatch.setattr(sys, "argv", ["train_editor", *options, *still])
    train_editor.main()
    weights = Path("transformer") / "diffusion_pytorch_model.safetensors"
    before, after = load_file(EDIT_CHECKPOINT / weights), load_file(out / weights)
    assert all(torch.equal(before[name], after[name]) for name in before)
