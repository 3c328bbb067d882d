"""Trains what the painter is controlled with: `python -m services.shapes.train_controls --part canny`.

The painter stays as it is. Stop it at any time and start it again: it goes on from `build/controls/`.
"""

from __future__ import annotations

import argparse
import copy
import logging
import random
from collections.abc import Callable
from pathlib import Path

import torch
from diffsynth.models.qwen_image_controlnet import QwenImageBlockWiseControlNet
from diffsynth.models.qwen_image_dit import QwenImageDiT
from torch import nn

from services.shapes.checkpoint import CHECKPOINT, load_painter, load_vae
from services.shapes.conditioned import Control, Lesson, load_dit, predict
from services.shapes.control_course import SIZES, ControlCourse, Kind, fill_shelf
from services.shapes.controls import add_adapter, build_control, save_adapter, save_control, take_up_adapter
from services.shapes.detail_course import COUNT, DetailCourse, plan_details
from services.shapes.flow import disturb
from services.shapes.loop import Trainee, fit
from services.shapes.precision import lower_precision
from services.shapes.region_course import RegionCourse
from services.shapes.text_course import fill_shelves
from services.shapes.tokens import build_tokenizer

PARTS = ("canny", "inpaint", "entities", "context", "detail")
ADAPTERS = ("entities", "context", "detail")
LEARNING_RATES = dict.fromkeys(PARTS, 2e-3)
# What DiffSynth's in-context control wants at the head of a prompt.
CONTEXT_PREFIX = "Context_Control. "


def main() -> None:
    """Trains the parts one after the other and puts each into the checkpoint."""
    options = parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    for part in options.part or PARTS:
        dit = load_dit(options.checkpoint)
        if part in ADAPTERS:
            train_adapter(part, dit, options)
            save_adapter(dit, part, options.checkpoint)
        else:
            save_control(train_control(part, dit, options), part, options.checkpoint)


def train_control(kind: Kind, dit: QwenImageDiT, options: argparse.Namespace) -> QwenImageBlockWiseControlNet:
    """Trains, or goes on training, a ControlNet of a frozen transformer and returns it, averaged."""
    course = plan_controls(kind, options)
    net = build_control(kind, options.seed)
    average = copy.deepcopy(net)

    def loss(lesson: Lesson, generator: torch.Generator) -> torch.Tensor:
        return error(dit, lesson, generator, net)

    train(kind, net, average, course.draw, loss, options)
    return average


def train_adapter(name: str, dit: QwenImageDiT, options: argparse.Namespace) -> None:
    """Gives a frozen transformer an adapter and trains it, or goes on; its averaged weights stay in place."""
    course = plan_course(name, options)
    weights = add_adapter(dit, name, options.seed)
    if options.further:
        take_up_adapter(dit, name, options.checkpoint)
    average = copy.deepcopy(weights)
    tutor = load_dit(options.checkpoint)

    def loss(lesson: Lesson, generator: torch.Generator) -> torch.Tensor:
        if lesson.whole is None:
            return error(dit, lesson, generator)
        return distance(dit, tutor, lesson, generator)

    train(name, weights, average, course.draw, loss, options)
    weights.load_state_dict(average.state_dict())


def plan_course(name: str, options: argparse.Namespace) -> RegionCourse | ControlCourse | DetailCourse:
    """Returns what an adapter learns from."""
    match name:
        case "entities":
            return plan_regions(options)
        case "context":
            return plan_controls("canny", options, prefix=CONTEXT_PREFIX)
        case _:
            tokenizer = build_tokenizer()
            encoder = load_painter(tokenizer, options.checkpoint).text_encoder
            count = round(COUNT * options.scenes_share)
            vae = load_vae(options.checkpoint)
            return plan_details(vae, encoder, tokenizer, count, options.folder, options.seed)


def plan_controls(kind: Kind, options: argparse.Namespace, prefix: str = "") -> ControlCourse:
    """Returns the course of a kind of control, painted and encoded."""
    tokenizer, vae = build_tokenizer(), load_vae(options.checkpoint)
    shelves = [
        fill_shelf(kind, vae, size, round(count * options.scenes_share), options.folder, options.seed)
        for size, count in SIZES.items()
    ]
    text_encoder = load_painter(tokenizer, options.checkpoint).text_encoder
    return ControlCourse(text_encoder, tokenizer, shelves, prefix)


def plan_regions(options: argparse.Namespace) -> RegionCourse:
    """Returns the course of regions, painted and encoded."""
    tokenizer, vae = build_tokenizer(), load_vae(options.checkpoint)
    sizes = {size: round(count * options.scenes_share) for size, count in SIZES.items()}
    shelves = fill_shelves(vae, sizes, options.folder, options.seed)
    text_encoder = load_painter(tokenizer, options.checkpoint).text_encoder
    return RegionCourse(text_encoder, tokenizer, shelves)


def train(
    part: str, model: nn.Module, average: nn.Module, draw: Callable[[random.Random], Lesson],
    loss: Callable[[Lesson, torch.Generator], torch.Tensor], options: argparse.Namespace,
) -> None:  # fmt: skip
    """Fits a part to the lessons drawn for it."""
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=0.01, fused=True)

    def step(index: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        with lower_precision():
            return {"loss": loss(draw(random.Random(options.seed * 10_000_019 + index)), generator)}

    rate = options.learning_rate or LEARNING_RATES[part]
    fit(
        part, Trainee(model, average, optimizer), step, options.steps, rate, options.folder, seed=options.seed
    )


def error(
    dit: QwenImageDiT, lesson: Lesson, generator: torch.Generator,
    net: QwenImageBlockWiseControlNet | None = None,
) -> torch.Tensor:  # fmt: skip
    """Returns the weighted squared error of the predicted velocity."""
    noisy, sigmas, velocity = disturb(lesson.latents, generator, lesson.noise_most)
    shown = lesson.conditioning
    control = Control(net, shown) if net and shown is not None else None
    context = None if net else shown
    predicted = predict(dit, noisy, sigmas, lesson.size, lesson.texts, control, context)
    return (lesson.weights * (predicted - velocity) ** 2).mean()


def distance(
    dit: QwenImageDiT, tutor: QwenImageDiT, lesson: Lesson, generator: torch.Generator
) -> torch.Tensor:
    """Returns the weighted squared distance from what the bare transformer makes of the whole prompt.

    It knows how every scene is painted; noise and picture say little about which kind of shape was meant.
    """
    assert lesson.whole is not None
    noisy, sigmas, _ = disturb(lesson.latents, generator, lesson.noise_most)
    with torch.no_grad():
        shown = predict(tutor, noisy, sigmas, lesson.size, (lesson.whole,))
    return (lesson.weights * (predict(dit, noisy, sigmas, lesson.size, lesson.texts) - shown) ** 2).mean()


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="services.shapes.train_controls", description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="may be repeated; without it, all")
    parser.add_argument("--steps", type=int, default=4000, help="of each part")
    parser.add_argument("--folder", type=Path, default=Path("build/controls"), help="unfinished work")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="whose painter, and where to")
    parser.add_argument("--further", action="store_true", help="an adapter goes on from the shipped one")
    parser.add_argument("--learning-rate", type=float, help="instead of the part's own")
    parser.add_argument("--scenes-share", type=float, default=1.0, help="less than 1 for a quick trial")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
