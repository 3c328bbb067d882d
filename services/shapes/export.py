"""Writes a checkpoint from a training that still runs: `python -m services.shapes.export`."""

from __future__ import annotations

import argparse
from pathlib import Path

from diffusers import AutoencoderKLQwenImage
from safetensors.torch import load_file
from torch import nn

from services.shapes.architecture import EDITOR_TEXT_LAYERS, TEXT_LAYERS, build_vae
from services.shapes.autoencoder import normalise_once
from services.shapes.checkpoint import CHECKPOINT, EDIT_CHECKPOINT, load_vae, save_editor, save_painter
from services.shapes.decoder import Decoder
from services.shapes.flow import build_painter
from services.shapes.tokens import build_tokenizer


def main() -> None:
    """Exports the averaged weights found in the work folder; a part that was not trained there stays."""
    parser = argparse.ArgumentParser(prog="services.shapes.export", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/shapes"))
    parser.add_argument("--editor", action="store_true", help="what was trained is the editor")
    parser.add_argument("--out", type=Path, help="instead of the shipped checkpoint")
    options = parser.parse_args()
    tokenizer = build_tokenizer()
    layers = EDITOR_TEXT_LAYERS if options.editor else TEXT_LAYERS
    painter = build_painter(tokenizer, 0, layers)
    restore(painter, options.folder / "painter.safetensors")
    if options.editor:
        save_editor(options.out or EDIT_CHECKPOINT, painter, tokenizer, CHECKPOINT)
    else:
        out = options.out or CHECKPOINT
        save_painter(out, painter, read_vae(options.folder) or load_vae(out), tokenizer)


def read_vae(folder: Path) -> AutoencoderKLQwenImage | None:
    """Returns the autoencoder trained in `folder`, if one was."""
    if not (folder / "vae.safetensors").exists():
        return None
    vae = build_vae()
    restore(vae, folder / "vae.safetensors")
    restore(Decoder(vae), folder / "decoder.safetensors")
    return normalise_once(vae.eval(), folder)


def restore(module: nn.Module, path: Path) -> None:
    """Loads the averaged weights that a training saved, if it did."""
    if path.exists():
        prefix = "average."
        module.load_state_dict(
            {k[len(prefix) :]: v for k, v in load_file(path).items() if k.startswith(prefix)}
        )


if __name__ == "__main__":
    main()
