"""Tiles denoised together: a cover of one tile is the plain pipeline, regions count only where they are."""

# pyright: standard
# Torch code.
from __future__ import annotations

import numpy as np
import pytest
import torch

from services.pipelines.frame import hasten
from services.shapes.checkpoint import CHECKPOINT
from services.synthesis import compatibility
from services.synthesis.denoising import install
from services.synthesis.loading import load_pipeline
from services.tiling.base import Base
from services.tiling.job import Job
from services.tiling.joint import Ground, Piece, lay_pieces
from services.tiling.layout import cover
from services.tiling.pipeline import TiledPipeline
from services.tiling.plan import plan_joint
from services.tiling.reading import to_job
from tests.tiling.test_reading import CATALOGUE, generate

PLAIN = {"negative_prompt": " ", "cfg_scale": 4.0, "seed": 1, "num_inference_steps": 4}


@pytest.fixture(scope="module")
def pipeline() -> TiledPipeline:
    compatibility.mend()
    read = load_pipeline(CHECKPOINT, torch.float32, "cpu")
    hasten(read.vae)
    install(read, TiledPipeline)
    assert isinstance(read, TiledPipeline)
    return read


def short_job(width: int) -> Job:
    task = generate(width, 128)
    task.generate.settings.steps = 4
    return to_job(task, CATALOGUE)


def test_a_cover_of_one_tile_is_the_untiled_picture_bit_for_bit(pipeline: TiledPipeline) -> None:
    job = short_job(128)
    (stage,) = job.plan().stages
    base = Base(pipeline, job, stage, seed=1)
    with torch.inference_mode():
        latents = base.denoise(0, None, lambda *_: None, lambda: None)
        tiled = base.decode(latents, stage.tiles[0])
        plain = pipeline("a red circle", width=128, height=128, **PLAIN)
    assert (tiled == np.asarray(plain)).all()


def test_a_joint_run_goes_on_from_its_checkpoint_to_the_same_latents(pipeline: TiledPipeline) -> None:
    job = short_job(256)
    stage = plan_joint((256, 128), 128, 32).stages[0]
    kept: dict[int, torch.Tensor] = {}
    with torch.inference_mode():
        whole = Base(pipeline, job, stage, 1).denoise(
            0, None, lambda step, latents, _: kept.update({step: latents.clone()}), lambda: None
        )
        rest = Base(pipeline, job, stage, 1).denoise(2, kept[2], lambda *_: None, lambda: None)
    assert torch.equal(whole, rest)


def test_tiles_that_go_through_the_transformer_together_come_out_as_if_alone(
    pipeline: TiledPipeline,
) -> None:
    job = short_job(512)
    base = Base(pipeline, job, plan_joint((512, 128), 128, 32).stages[0], 1)
    with torch.inference_mode():
        alone = base.denoise(0, None, lambda *_: None, lambda: None)
        pipeline.at_once, batches = 4, list[None]()
        together = base.denoise(0, None, lambda *_: None, lambda: batches.append(None))
        pipeline.at_once = 1
    assert torch.allclose(alone, together, atol=1e-4)
    assert len(batches) == 4 * 2, "five tiles, or at every other step six, are two batches"


def test_every_latent_has_weight_and_seams_move_at_every_other_step() -> None:
    stage = plan_joint((512, 256), 128, 32).stages[0]
    layouts = [lay_pieces(stage, 32, [], step) for step in (0, 1, 2)]
    for pieces in layouts:
        assert weigh(pieces).min() > 0
    places = [{(piece.tile.left, piece.tile.top) for piece in pieces} for pieces in layouts]
    assert places[0] == places[2] != places[1]


def test_inside_a_region_only_its_own_pieces_count() -> None:
    stage = plan_joint((512, 128), 128, 32).stages[0]
    coverage = np.zeros((16, 64), np.float32)
    coverage[:, 16:32] = 1
    ground = Ground(coverage, {"prompt_emb": torch.zeros(1)})
    pieces = lay_pieces(stage, 32, [ground], step=0)
    own = [piece for piece in pieces if piece.prompt is not None]
    assert [piece.tile.box for piece in own] == [(16, 0, 32, 16)]
    others = weigh([piece for piece in pieces if piece.prompt is None])
    assert others[:, 16:32].max() == 0
    assert weigh(pieces).min() > 0


def test_the_tiles_that_are_decoded_cover_the_plane() -> None:
    (stage,) = plan_joint((512, 128), 128, 32).stages
    assert stage.tiles == cover((512, 128), (128, 128), 32, grain=16)


def weigh(pieces: list[Piece]) -> np.ndarray:
    rows, columns = max(p.tile.bottom for p in pieces), max(p.tile.right for p in pieces)
    total = np.zeros((rows, columns), np.float32)
    for piece in pieces:
        tile = piece.tile
        total[tile.top : tile.bottom, tile.left : tile.right] += piece.weight
    return total
