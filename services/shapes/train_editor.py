"""Trains the editor, which goes on from the painter: `python -m services.shapes.train_editor`.

Stop it at any time and start it again: it goes on from `build/editor/`. Two hours on two free cores.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import torch

from services.shapes.architecture import EDITOR_TEXT_LAYERS
from services.shapes.checkpoint import CHECKPOINT, EDIT_CHECKPOINT, load_painter, load_vae, save_editor
from services.shapes.edit_course import PAIRS, EditCourse, fill_albums
from services.shapes.flow import BATCH
from services.shapes.lookout import hold_gaze, look_across
from services.shapes.tokens import build_processor, build_tokenizer
from services.shapes.tuition import Tutor, train_with_tutor
from services.shapes.understanding import SIGHT_STEPS, STEPS, deepen, train_sight, train_understanding

LEARNING_RATE = 3e-4


def main() -> None:
    """Trains a copy of the painter on instructions alone, and writes it with the painter's autoencoder."""
    options = parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    # Always the painter's own: with another the words would mean other things, whatever the lessons are.
    tokenizer = build_tokenizer()
    pairs = max(BATCH, round(PAIRS * options.pairs_share))
    albums = fill_albums(load_vae(options.checkpoint), pairs, options.folder, options.seed)
    start = load_painter(tokenizer, EDIT_CHECKPOINT if options.further else options.checkpoint)
    if not options.further:
        look_across(start.transformer)
    hold_gaze(start.transformer)
    deepen(start.text_encoder, EDITOR_TEXT_LAYERS)
    processor = build_processor(tokenizer)
    if not options.further:
        train_sight(
            start.text_encoder, processor, options.folder, steps=options.sight_steps, seed=options.seed
        )
    train_understanding(
        start.text_encoder, processor, options.folder, steps=options.understanding_steps, seed=options.seed
    )
    # What it has understood, the flow's error would only blur.
    start.text_encoder.requires_grad_(False)
    editor = train_with_tutor(
        start, EditCourse(processor, albums), Tutor(load_painter(tokenizer, options.checkpoint), tokenizer),
        options.folder, options.steps, learning_rate=options.learning_rate, seed=options.seed,
    )  # fmt: skip
    save_editor(options.out, editor, tokenizer, options.checkpoint)


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="services.shapes.train_editor", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path("build/editor"), help="unfinished work, loss curve"
    )
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="whose painter goes on")
    parser.add_argument("--further", action="store_true", help="the shipped editor goes on instead")
    parser.add_argument("--out", type=Path, default=EDIT_CHECKPOINT, help="where the editor goes")
    parser.add_argument("--steps", type=int, default=12_000, help="of 16 edits")
    parser.add_argument("--sight-steps", type=int, default=SIGHT_STEPS, help="of 64 pictures")
    parser.add_argument("--understanding-steps", type=int, default=STEPS, help="of 48 instructions")
    parser.add_argument(
        "--learning-rate", type=float, default=LEARNING_RATE, help="more makes it forget how to paint"
    )
    parser.add_argument("--pairs-share", type=float, default=1.0, help="less than 1 for a quick trial")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
