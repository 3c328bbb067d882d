"""Batches compute what DiffSynth computes for one picture at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from diffsynth.diffusion.base_pipeline import ControlNetInput
from diffsynth.models.qwen_image_dit import ApproximateGELU, QwenImageDiT
from diffsynth.pipelines.qwen_image import QwenImageBlockwiseMultiControlNet, model_fn_qwen_image
from PIL import Image

from services.shapes.areas import Area
from services.shapes.conditioned import Control, Text, load_dit, predict
from services.shapes.controls import build_control
from services.shapes.latents import pack

SIZE = (96, 64)
SIGMAS = torch.tensor([0.9, 0.4])
RANDOM = torch.Generator().manual_seed(0)
LATENTS = torch.randn(2, 16, 8, 12, generator=RANDOM)
# Both prompts end in padding: of five and seven words.
WORDS = Text(torch.randn(2, 8, 128, generator=RANDOM), torch.arange(8) < torch.tensor([[5], [7]]))


@pytest.fixture(scope="module")
def dit() -> Iterator[QwenImageDiT]:
    stock = ApproximateGELU.forward
    yield load_dit()
    ApproximateGELU.forward = stock


def alone(dit: QwenImageDiT, index: int, **more: object) -> torch.Tensor:
    """What DiffSynth computes for one picture of the batch."""
    embeddings = WORDS.embeddings[index : index + 1, : WORDS.mask[index].sum()]
    found = model_fn_qwen_image(
        dit,
        latents=LATENTS[index : index + 1],
        timestep=SIGMAS[index : index + 1] * 1000,
        prompt_emb=embeddings,
        prompt_emb_mask=torch.ones(embeddings.shape[:2], dtype=torch.long),
        width=SIZE[0],
        height=SIZE[1],
        **more,
    )
    return pack(found)[0]


@pytest.mark.parametrize("index", [0, 1])
def test_a_padded_batch_gives_the_same_velocities(dit: QwenImageDiT, index: int) -> None:
    with torch.no_grad():
        found = predict(dit, pack(LATENTS), SIGMAS, SIZE, [WORDS])
    assert torch.allclose(found[index], alone(dit, index), atol=1e-4)


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize(("kind", "channels"), [("canny", 16), ("inpaint", 17)])
def test_control_is_applied_after_every_block_as_diffsynth_does(
    dit: QwenImageDiT, index: int, kind: str, channels: int
) -> None:
    net = build_control(kind, seed=0).requires_grad_(False)
    for block in net.controlnet_blocks:
        torch.nn.init.normal_(block.output_proj.weight, std=0.05)
    shown = torch.randn(2, channels, 8, 12, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = predict(dit, pack(LATENTS), SIGMAS, SIZE, [WORDS], Control(net, pack(shown)))
        without = predict(dit, pack(LATENTS), SIGMAS, SIZE, [WORDS])
    theirs = alone(
        dit,
        index,
        blockwise_controlnet=QwenImageBlockwiseMultiControlNet([net]),
        blockwise_controlnet_conditioning=[shown[index : index + 1]],
        blockwise_controlnet_inputs=[ControlNetInput(controlnet_id=0)],
    )
    assert torch.allclose(found[index], theirs, atol=1e-4)
    assert (found - without).abs().max() > 0.1


@pytest.mark.parametrize("index", [0, 1])
def test_a_picture_in_context_is_read_as_diffsynth_reads_it(dit: QwenImageDiT, index: int) -> None:
    shown = torch.randn(2, 16, 8, 12, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = predict(dit, pack(LATENTS), SIGMAS, SIZE, [WORDS], context=pack(shown))
    theirs = alone(dit, index, context_latents=shown[index : index + 1])
    assert found.shape == pack(LATENTS).shape
    assert torch.allclose(found[index], theirs, atol=1e-4)


def shrink(area: Area) -> torch.Tensor:
    """An entity's mask as DiffSynth's pipeline brings it to the transformer."""
    latent = area.image().resize((SIZE[0] // 8, SIZE[1] // 8), Image.Resampling.NEAREST)
    return torch.from_numpy(np.asarray(latent)[..., 0] > 127).float()[None, None]


def test_regions_are_heard_where_diffsynth_lets_them(dit: QwenImageDiT) -> None:
    areas = Area(SIZE, (0, 0, 40, 64)), Area(SIZE, (50, 10, 96, 60), is_round=True)
    # The first picture has both regions, the second only one: the other is padding throughout.
    words = [torch.randn(2, 6, 128, generator=torch.Generator().manual_seed(seed)) for seed in (2, 3)]
    counts = torch.tensor([[[4], [6]], [[6], [0]]])
    texts = [
        Text(embeddings, torch.arange(6) < count, torch.from_numpy(area.tokens()).expand(2, -1))
        for embeddings, count, area in zip(words, counts, areas, strict=True)
    ]
    with torch.no_grad():
        found = predict(dit, pack(LATENTS), SIGMAS, SIZE, [*texts, WORDS])
    for index, present in ((0, 2), (1, 1)):
        lengths = [int(counts[turn, index]) for turn in range(present)]
        masks = [shrink(area) for area in areas[:present]]
        theirs = alone(
            dit,
            index,
            entity_prompt_emb=[
                words[turn][index : index + 1, :length] for turn, length in enumerate(lengths)
            ],
            entity_prompt_emb_mask=[torch.ones(1, length, dtype=torch.long) for length in lengths],
            entity_masks=torch.stack(masks, dim=1),
        )
        assert torch.allclose(found[index], theirs, atol=1e-4)
