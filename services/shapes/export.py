"""Writes the checkpoint from a training that still runs: `python -m services.shapes.export`."""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from services.shapes.architecture import build_scheduler, build_vae
from services.shapes.autoencoder import normalise_once
from services.shapes.checkpoint import CHECKPOINT, save_checkpoint
from services.shapes.decoder import Decoder
from services.shapes.flow import build_painter
from services.shapes.tokens import build_tokenizer


def main() -> None:
    """Exports the averaged weights found in the work folder; a stage without any stays untrained."""
    parser = argparse.ArgumentParser(prog="services.shapes.export", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/shapes"))
    parser.add_argument("--out", type=Path, default=CHECKPOINT)
    options = parser.parse_args()
    tokenizer = build_tokenizer()
    vae, painter = build_vae(), build_painter(tokenizer, seed=0)
    restore(vae, options.folder / "vae.safetensors")
    restore(Decoder(vae), options.folder / "decoder.safetensors")
    restore(painter, options.folder / "painter.safetensors")
    save_checkpoint(
        options.out,
        painter.transformer,
        normalise_once(vae.eval(), options.folder),
        painter.text_encoder,
        tokenizer,
        build_scheduler(),
    )


def restore(module: nn.Module, path: Path) -> None:
    """Loads the averaged weights that a training saved, if it did."""
    if path.exists():
        prefix = "average."
        module.load_state_dict(
            {k[len(prefix) :]: v for k, v in load_file(path).items() if k.startswith(prefix)}
        )


if __name__ == "__main__":
    main()
