"""What the painter is controlled with: learnt from scenes of training alone, saved as DiffSynth loads it."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from diffsynth.diffusion.base_pipeline import ControlNetInput
from diffsynth.models.qwen_image_dit import ApproximateGELU, QwenImageDiT
from diffsynth.pipelines.qwen_image import QwenImagePipeline, QwenImageUnit_BlockwiseControlNet
from PIL import Image

from services.shapes import train_controls
from services.shapes.areas import LOOSE, SNUG, draw_anywhere, draw_area
from services.shapes.checkpoint import CHECKPOINT, load_painter, load_vae
from services.shapes.conditioned import Lesson, load_dit
from services.shapes.control_course import ControlCourse, areas_of, fill_shelf
from services.shapes.control_images import encode_edges, encode_holes
from services.shapes.controls import (
    add_adapter,
    build_control,
    save_adapter,
    save_control,
    take_up_adapter,
)
from services.shapes.edges import draw_edges
from services.shapes.latents import paint_all, scenes_of
from services.shapes.pictures import render
from services.shapes.region_course import RegionCourse, ask
from services.shapes.scenes import COLOURS, KINDS, PLACES, Scene, Shape, draw_scene, is_unseen
from services.shapes.text_course import Shelf
from services.shapes.tokens import build_tokenizer
from services.synthesis.adapters import Adapters
from services.synthesis.loading import load_pipeline

SIZE = (128, 128)


@pytest.fixture(autouse=True)
def unmended() -> Iterator[None]:
    stock = ApproximateGELU.forward
    yield
    ApproximateGELU.forward = stock


@pytest.fixture
def dit() -> QwenImageDiT:
    return load_dit()


@pytest.fixture(scope="module")
def pipeline() -> QwenImagePipeline:
    return load_pipeline(CHECKPOINT, torch.float32, "cpu")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHECKPOINT, tmp_path / "checkpoint"))


@pytest.mark.parametrize("reaches", [SNUG, LOOSE])
def test_an_area_has_room_for_any_shape_in_its_place(reaches: tuple[float, float]) -> None:
    rng = random.Random(0)
    for place in PLACES:
        for kind in KINDS:
            bare = np.asarray(Image.new("RGB", SIZE, COLOURS["white"]))
            shown = np.asarray(
                render(Scene("white", (Shape(kind, "red", place),)), *SIZE, seed=rng.randrange(99))
            )
            outside = draw_area(place, SIZE, rng, reaches).draw() == 0
            assert (shown[outside] == bare[outside]).all()


def test_an_area_covers_the_tokens_that_it_touches() -> None:
    rng = random.Random(0)
    for _ in range(50):
        area = draw_anywhere(SIZE, rng)
        tokens = area.tokens().reshape(8, 8)
        inside = area.draw().reshape(8, 16, 8, 16).max((1, 3)) > 0
        assert not (tokens & ~inside).any()
        assert (tokens != inside).mean() < 0.35


def test_holes_and_edges_are_encoded_as_diffsynth_does(pipeline: QwenImagePipeline) -> None:
    scenes = list(scenes_of(SIZE, 2, seed=0))
    pictures, areas = paint_all(scenes, SIZE), areas_of(scenes, SIZE, seed=0)
    vae, unit = load_vae(), QwenImageUnit_BlockwiseControlNet()
    holes = encode_holes(vae, pictures, np.stack([area.draw() for area in areas]))
    edges = encode_edges(vae, pictures)
    for index, (picture, area) in enumerate(zip(pictures, areas, strict=True)):
        inputs = [
            ControlNetInput(image=Image.fromarray(picture), inpaint_mask=area.image()),
            ControlNetInput(image=Image.fromarray(draw_edges(picture, grey=index == 1))),
        ]
        shown = unit.process(pipeline, inputs, False, 128, 64)["blockwise_controlnet_conditioning"]
        for ours, theirs in zip((holes[index], edges[index]), shown, strict=True):
            packed = theirs.view(-1, 8, 2, 8, 2).permute(1, 3, 0, 2, 4).reshape(64, -1)
            assert torch.allclose(ours, packed, atol=1e-3)


def test_no_part_is_trained_on_a_scene_that_requests_asks_for() -> None:
    for size in train_controls.SIZES:
        assert not any(is_unseen(scene) for scene, _ in scenes_of(size, 500, seed=0))


def test_mostly_the_regions_alone_tell_what_to_paint() -> None:
    rng, tokenizer, silent = random.Random(0), build_tokenizer(), 0
    for _ in range(300):
        scene = draw_scene(rng)
        prompt, regions = ask(scene, SIZE, rng)
        silent += bool(regions) and not any(kind in prompt for kind in KINDS)
        said = [region.prompt for region in regions]
        assert len(set(said)) <= len(scene.shapes)
        assert all(f"{s.colour} {s.kind}" in " and ".join([prompt, *said]) for s in scene.shapes) or not said
        words = prompt.rstrip(".").replace(",", "").split()[1:]
        assert all(len(tokenizer.tokenize(" " + word)) == 1 for word in words)
    assert 150 < silent < 240


def control_lesson(folder: Path) -> Lesson:
    tokenizer = build_tokenizer()
    shelf = fill_shelf("canny", load_vae(), SIZE, 8, folder, seed=0)
    return ControlCourse(load_painter(tokenizer).text_encoder, tokenizer, [shelf]).draw(random.Random(0))


def region_lesson(folder: Path) -> Lesson:
    tokenizer, scenes = build_tokenizer(), list(scenes_of(SIZE, 8, seed=0))
    shelf = Shelf(SIZE, [scene for scene, _ in scenes], torch.zeros(8, 64, 64))
    return RegionCourse(load_painter(tokenizer).text_encoder, tokenizer, [shelf]).draw(random.Random(0))


@pytest.mark.parametrize(
    ("make_lesson", "part"),
    [(control_lesson, "canny"), (region_lesson, "entities"), (control_lesson, "context")],
)
def test_a_lesson_is_learnt_by_heart(
    make_lesson: Callable[[Path], Lesson], part: str, dit: QwenImageDiT, tmp_path: Path
) -> None:
    lesson = make_lesson(tmp_path)
    net = build_control("canny", seed=0) if part == "canny" else None
    weights = net.parameters() if net else add_adapter(dit, part, seed=0)
    optimizer = torch.optim.AdamW(weights, lr=1e-3)
    losses: list[float] = []
    for _ in range(6):
        loss = train_controls.error(dit, lesson, torch.Generator().manual_seed(0), net)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.95 * losses[0], losses


def test_an_adapter_learns_from_the_painter_that_is_told_all_in_one_prompt(
    dit: QwenImageDiT, tmp_path: Path
) -> None:
    lesson, tutor = region_lesson(tmp_path), load_dit()
    optimizer = torch.optim.AdamW(add_adapter(dit, "entities", seed=0), lr=1e-3)
    losses: list[float] = []
    for _ in range(6):
        loss = train_controls.distance(dit, tutor, lesson, torch.Generator().manual_seed(0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0], losses


def test_an_adapter_goes_on_from_the_shipped_one(dit: QwenImageDiT) -> None:
    add_adapter(dit, "entities", seed=0)
    take_up_adapter(dit, "entities", CHECKPOINT)
    shipped = load_dit()
    Adapters.inject(shipped, CHECKPOINT / "adapters")
    ours, theirs = dict(dit.named_parameters()), dict(shipped.named_parameters())
    names = [name for name in ours if ".entities." in name]
    assert len(names) == 2 * 8 * 6
    assert all(torch.equal(ours[name], theirs[name]) for name in names)


def test_saved_controls_load_through_diffsynth_in_the_order_of_their_names(checkpoint: Path) -> None:
    nets = {kind: build_control(kind, seed=1) for kind in ("inpaint", "canny")}
    for kind, net in nets.items():
        save_control(net, kind, checkpoint)
    loaded = load_pipeline(checkpoint, torch.float32, "cpu").blockwise_controlnet.models
    for net, kind in zip(loaded, ("canny", "inpaint"), strict=True):
        weights = nets[kind].state_dict()
        assert all(torch.allclose(w, weights[name], atol=1e-2) for name, w in net.state_dict().items())


def test_a_saved_adapter_loads_through_peft(dit: QwenImageDiT, tmp_path: Path) -> None:
    weights = add_adapter(dit, "entities", seed=0)
    with torch.no_grad():
        for weight in weights:
            weight.normal_(generator=torch.Generator().manual_seed(0))
    save_adapter(dit, "entities", tmp_path)
    other = load_dit()
    Adapters.inject(other, tmp_path / "adapters")
    ours, theirs = dict(dit.named_parameters()), dict(other.named_parameters())
    assert ours.keys() == theirs.keys()
    assert len(weights) == 2 * 8 * 6
    assert all(torch.allclose(ours[name], theirs[name], rtol=1e-2) for name in ours)


def test_one_command_trains_every_part(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    options = ["--folder", str(work), "--checkpoint", str(checkpoint), "--steps", "1", "--threads", "1"]
    monkeypatch.setattr(sys, "argv", ["train_controls", *options, "--scenes-share", "0.002"])
    train_controls.main()
    for part in train_controls.PARTS:
        assert (work / f"{part}.csv").read_text().startswith("step,seconds,loss\n1,")
    assert {path.name for path in (checkpoint / "controlnets").iterdir()} == {"canny", "inpaint"}
    for name in train_controls.ADAPTERS:
        assert (checkpoint / "adapters" / name / "adapter_config.json").exists()
