"""Trains the built-in model from nothing: `python -m services.shapes.train`.

Stop it at any time and start it again: it goes on from `build/shapes/`. Three to four hours on two free
cores. `--checkpoint FOLDER` trains a finished checkpoint's transformer and text encoder further instead.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import torch
from diffusers import AutoencoderKLQwenImage

from services.shapes.autoencoder import normalise_once, train_vae
from services.shapes.checkpoint import CHECKPOINT, load_painter, load_vae, save_painter
from services.shapes.decoder import train_decoder
from services.shapes.flow import LEARNING_RATE, build_painter, train_painter
from services.shapes.latents import SIZES
from services.shapes.text_course import TextCourse, fill_shelves
from services.shapes.tokens import build_tokenizer

STAGES = ("vae", "painter", "export")


def main() -> None:
    """Runs the stages in order; a finished one takes no more time."""
    options = parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    sizes = {size: max(1, round(count * options.scenes_share)) for size, count in SIZES.items()}
    tokenizer = build_tokenizer(options.seed)
    vae = load_vae(options.checkpoint) if options.checkpoint else train_both_halves(options)
    if options.until == "vae":
        return
    course = TextCourse(tokenizer, fill_shelves(vae, sizes, options.folder, options.seed))
    if options.checkpoint:
        start = load_painter(tokenizer, options.checkpoint)
    else:
        start = build_painter(tokenizer, options.seed)
    painter = train_painter(
        start, course, options.folder, options.steps,
        learning_rate=options.learning_rate, seed=options.seed,
    )  # fmt: skip
    if options.until == "painter":
        return
    save_painter(options.out, painter, vae, tokenizer)


def train_both_halves(options: argparse.Namespace) -> AutoencoderKLQwenImage:
    """Trains the autoencoder, then its decoder alone, and gives its latents Qwen-Image's moments."""
    vae = train_vae(options.folder, options.vae_steps, options.seed)
    vae = train_decoder(vae, options.folder, options.decoder_steps)
    return normalise_once(vae, options.folder, max(8, round(256 * options.scenes_share)))


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="services.shapes.train", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path("build/shapes"), help="unfinished work, loss curves"
    )
    parser.add_argument("--checkpoint", type=Path, help="train this one's painter further")
    parser.add_argument("--out", type=Path, default=CHECKPOINT, help="where the finished checkpoint goes")
    parser.add_argument("--until", choices=STAGES, default="export", help="the last stage to run")
    parser.add_argument("--vae-steps", type=int, default=5600)
    parser.add_argument("--decoder-steps", type=int, default=5600)
    parser.add_argument("--steps", type=int, default=20_000, help="steps of transformer and text encoder")
    parser.add_argument("--learning-rate", type=float, default=LEARNING_RATE, help="of the painter")
    parser.add_argument("--scenes-share", type=float, default=1.0, help="less than 1 for a quick trial")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
