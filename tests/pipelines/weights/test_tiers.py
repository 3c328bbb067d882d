"""The built-in model in every tier, through both libraries."""

# pyright: standard
# Torch code.
from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from services.pipelines.frame import hasten
from services.pipelines.weights import conversion
from services.pipelines.weights.loading import Assembly, plan_assembly
from services.pipelines.weights.rounding import Float8Linear, Nf4Linear
from services.rpc.errors import ModelUnreadable
from services.shapes.checkpoint import CFG, CHECKPOINT, NEGATIVE, STEPS
from services.shapes.judge import judge, scene_from_caption
from services.synthesis import compatibility
from services.synthesis.loading import read_pipeline as read_diffsynth
from services.t2i.loading import read_pipeline as read_diffusers

pytestmark = pytest.mark.xdist_group("tiers")

PROMPT = "a red circle on the left and a blue square on the right, white background"
TIERS = ("full", "fp8", "nf4", "offload", "stream")
EXACT = ("full", "offload", "stream")
WEIGHTS = "diffusion_pytorch_model.safetensors"

OnStep = Callable[[int], None]


def in_diffusers(pipeline: Any, seed: int, on_step: OnStep) -> Any:
    def see(_pipeline: object, step: int, _time: object, _tensors: object) -> dict[str, Any]:
        on_step(step)
        return {}

    return pipeline(
        PROMPT, negative_prompt=NEGATIVE, true_cfg_scale=CFG, width=128, height=128,
        num_inference_steps=STEPS, generator=torch.Generator().manual_seed(seed), callback_on_step_end=see,
    ).images[0]  # fmt: skip


def in_diffsynth(pipeline: Any, seed: int, on_step: OnStep) -> Any:
    def count(steps: Any) -> Any:
        for number, step in enumerate(steps):
            yield step
            on_step(number)

    return pipeline(
        PROMPT, negative_prompt=NEGATIVE, cfg_scale=CFG, width=128, height=128, num_inference_steps=STEPS,
        seed=seed, progress_bar_cmd=count,
    )  # fmt: skip


LIBRARIES: dict[str, tuple[Any, Any]] = {
    "diffusers": (read_diffusers, in_diffusers),
    "diffsynth": (read_diffsynth, in_diffsynth),
}
libraries = pytest.mark.parametrize("library", LIBRARIES)


def load(library: str, assembly: Assembly, folder: Path = CHECKPOINT, budget_bytes: int = 0) -> Any:
    pipeline = LIBRARIES[library][0](folder, assembly)
    hasten(pipeline.vae)
    return pipeline, assembly.reside(budget_bytes)


def plan(tier: str, cache_dir: Path | None = None) -> Assembly:
    return plan_assembly(tier, torch.float32, torch.device("cpu"), cache_dir)


def paint(library: str, pipeline: Any, on_step: OnStep = lambda _: None) -> np.ndarray:
    image = LIBRARIES[library][1](pipeline, 1, on_step)
    assert judge(image, scene_from_caption(PROMPT)).right
    return np.asarray(image)


@pytest.fixture(scope="module", autouse=True)
def trained_activation() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        from diffsynth.models.qwen_image_dit import ApproximateGELU

        # Given back, as other tests want DiffSynth as it comes.
        patch.setattr(ApproximateGELU, "forward", ApproximateGELU.forward)
        compatibility.mend_activation()
        yield


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def exact(cache_dir: Path) -> dict[str, np.ndarray]:
    """The picture of each library with all of its weights resident."""
    # From the same files: in memory of its own a matrix may begin elsewhere in a cache line, which the last
    # digits of a product show.
    return {library: paint(library, load(library, plan("full", cache_dir))[0]) for library in LIBRARIES}


@libraries
@pytest.mark.parametrize("tier", TIERS)
def test_every_tier_paints_what_is_asked_for(
    library: str, tier: str, cache_dir: Path, exact: dict[str, np.ndarray]
) -> None:
    pipeline, residency = load(library, plan(tier, cache_dir))
    image = paint(library, pipeline)
    assert np.array_equal(image, exact[library]) == (tier in EXACT)
    if tier in {"offload", "stream"}:
        assert residency.held_bytes < residency.whole_bytes / 3


@libraries
def test_a_live_pipeline_that_shrinks_and_grows_paints_the_same(
    library: str, cache_dir: Path, exact: dict[str, np.ndarray]
) -> None:
    pipeline, residency = load(library, plan("full", cache_dir))
    held: list[int] = []
    budgets = {2: residency.floor_bytes, 7: int(residency.whole_bytes * 0.6), 12: 0}

    def change(step: int) -> None:
        if step in budgets:
            residency.set_budget(budgets[step])
        held.append(residency.held_bytes)

    assert np.array_equal(paint(library, pipeline, change), exact[library])
    assert max(held[2:7]) <= residency.floor_bytes
    assert max(held[7:12]) <= budgets[7]
    assert held[-1] > budgets[7]


def test_both_libraries_map_the_same_converted_files(
    cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tier in ("fp8", "nf4", "full"):
        for library in LIBRARIES:
            load(library, plan(tier, cache_dir))
    entries = [path for path in (cache_dir / "weights").iterdir() if path.is_dir()]
    # In each tier a transformer, a text encoder and, for DiffSynth, two ControlNets; the autoencoder is as it
    # has to be.
    assert len(entries) == 3 * (2 + 2)
    monkeypatch.setattr(conversion, "round_weight", pytest.fail)
    load("diffusers", plan("fp8", cache_dir))


@libraries
@pytest.mark.parametrize(("tier", "kind"), [("fp8", Float8Linear), ("nf4", Nf4Linear)])
def test_only_linear_weights_of_blocks_are_rounded(library: str, tier: str, kind: type) -> None:
    pipeline, _ = load(library, plan(tier))
    transformer = pipeline.transformer if library == "diffusers" else pipeline.dit
    rounded = {
        name for name, module in transformer.named_modules() if isinstance(module, Float8Linear | Nf4Linear)
    }
    assert rounded
    assert all(name.startswith("transformer_blocks.") for name in rounded)
    assert not any(isinstance(module, kind) for module in pipeline.vae.modules())
    kept = {each.dtype for each in transformer.parameters() if each.is_floating_point()}
    assert kept == {torch.float32}
    rotary = pipeline.text_encoder.model.language_model.rotary_emb
    assert torch.equal(rotary.inv_freq, type(rotary)(rotary.config).inv_freq)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "broken"
    shutil.copytree(CHECKPOINT, folder)
    return folder


def truncate(folder: Path) -> None:
    path = folder / "transformer" / WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])


def overwrite(folder: Path) -> None:
    (folder / "transformer" / WEIGHTS).write_bytes(b"\x00" * 4096)


def pickle(folder: Path) -> None:
    path = folder / "transformer" / WEIGHTS
    path.rename(path.with_suffix(".bin"))


def change(folder: Path, name: str, tensor: torch.Tensor | None) -> None:
    path = folder / "transformer" / WEIGHTS
    state = load_file(path)
    state.pop(name, None)
    save_file(state if tensor is None else state | {name: tensor}, path)


def lose_one(folder: Path) -> None:
    change(folder, "proj_out.bias", None)


def reshape_one(folder: Path) -> None:
    change(folder, "proj_out.bias", torch.zeros(3))


def add_one(folder: Path) -> None:
    change(folder, "double_blocks.0.bias", torch.zeros(3))


def lose_a_shard(folder: Path) -> None:
    (folder / "transformer" / "model.safetensors.index.json").write_text(
        '{"weight_map": {"a": "model-00002.safetensors"}}'
    )


def lose_the_config(folder: Path) -> None:
    (folder / "transformer" / "config.json").unlink()


def garble_the_config(folder: Path) -> None:
    (folder / "transformer" / "config.json").write_text('{"num_layers": "six"}')


@libraries
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (truncate, r"broken/transformer/diffusion_pytorch_model.safetensors cannot be read: .*; download"),
        (overwrite, r"broken/transformer/diffusion_pytorch_model.safetensors cannot be read: .*; download"),
        (pickle, r"diffusion_pytorch_model.bin is pickled, which may run code; convert it to safetensors"),
        (lose_one, r"broken/transformer lacks 1 weights, the first of them proj_out.bias; download"),
        (reshape_one, r"proj_out.bias is \(3,\) where config.json says \(64,\)"),
        (add_one, r"has 1 weights of another model, the first of them double_blocks.0.bias"),
        (lose_a_shard, r"broken/transformer/model-00002.safetensors is missing; download"),
        (lose_the_config, r"broken/transformer/config.json cannot be read: No such file"),
        (garble_the_config, r"broken/transformer cannot be read: .*; download"),
    ],
)
def test_files_that_cannot_be_used_are_named_with_what_to_do(
    library: str, broken: Path, spoil: Callable[[Path], None], says: str
) -> None:
    spoil(broken)
    with pytest.raises(ModelUnreadable, match=says) as caught:
        load(library, plan("full"), broken)
    assert str(broken.parent) not in caught.value.message
