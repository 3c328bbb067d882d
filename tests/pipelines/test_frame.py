# pyright: standard
# Torch code.
from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from diffsynth.models.qwen_image_vae import QwenImageVAE

from services.pipelines.frame import hasten
from services.shapes.checkpoint import load_vae

PICTURE = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1


class Diffusers:
    """diffusers' autoencoder; (1, 3, h, w) to latents (1, 16, h/8, w/8) and back."""

    def __init__(self) -> None:
        self.vae: Any = load_vae()

    def encode(self, picture: torch.Tensor) -> torch.Tensor:
        return self.vae.encode(picture[:, :, None]).latent_dist.mode()[:, :, 0]

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return self.vae.decode(latents[:, :, None]).sample[:, :, 0]


class DiffSynth:
    """DiffSynth's, with the same weights."""

    def __init__(self) -> None:
        self.vae: Any = QwenImageVAE(base_dim=12, num_res_blocks=1).eval()
        self.vae.load_state_dict(load_vae().state_dict())

    def encode(self, picture: torch.Tensor) -> torch.Tensor:
        return self.vae.encode(picture)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return self.vae.decode(latents)


@pytest.fixture(params=[Diffusers, DiffSynth])
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """The same autoencoder as its library has it, and hastened."""
    stock = request.param()
    fast = copy.deepcopy(stock)
    hasten(fast.vae)
    return stock, fast


def count_3d(work: Callable[[], object]) -> int:
    """How many 3-D convolutions `work` runs."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        work()
    return [event.name for event in profile.events() or []].count("aten::conv3d")


@torch.no_grad()
def test_a_picture_is_encoded_and_decoded_to_the_same_numbers(pair: tuple[Any, Any]) -> None:
    stock, fast = pair
    latents = stock.encode(PICTURE)
    assert (fast.encode(PICTURE) - latents).abs().max() <= 1e-4
    assert (fast.decode(latents) - stock.decode(latents)).abs().max() <= 1e-4


@torch.no_grad()
def test_a_picture_needs_no_convolution_over_time(pair: tuple[Any, Any]) -> None:
    stock, fast = pair
    latents = fast.encode(PICTURE)
    assert count_3d(lambda: stock.encode(PICTURE)) > 0
    assert count_3d(lambda: fast.encode(PICTURE)) == 0
    assert count_3d(lambda: stock.decode(latents)) > 0
    assert count_3d(lambda: fast.decode(latents)) == 0


@torch.no_grad()
def test_a_video_is_encoded_and_decoded_as_before() -> None:
    stock, fast = Diffusers().vae, hasten(Diffusers().vae)
    video = torch.rand(1, 3, 5, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    latents = stock.encode(video).latent_dist.mode()
    assert latents.shape[2] == 2
    assert (fast.encode(video).latent_dist.mode() - latents).abs().max() <= 1e-4
    assert (fast.decode(latents).sample - stock.decode(latents).sample).abs().max() <= 1e-4


def test_it_holds_no_weights_of_its_own(pair: tuple[Any, Any]) -> None:
    stock, fast = pair
    assert fast.vae.state_dict().keys() == stock.vae.state_dict().keys()
    names = {id(tensor) for tensor in fast.vae.state_dict().values()}
    held = [t for m in fast.vae.modules() for t in vars(m).values() if isinstance(t, torch.Tensor)]
    # DiffSynth keeps the moments of its latents, (1, 16), as attributes.
    assert all(tensor.numel() == 16 for tensor in held if id(tensor) not in names)


@torch.no_grad()
def test_weights_replaced_afterwards_are_the_ones_used(pair: tuple[Any, Any]) -> None:
    stock, fast = pair
    changed = {name: value * 1.01 for name, value in stock.vae.state_dict().items()}
    for each in pair:
        each.vae.load_state_dict(changed, assign=True)
    assert (fast.encode(PICTURE) - stock.encode(PICTURE)).abs().max() <= 1e-4


def test_the_gradient_is_the_same(pair: tuple[Any, Any]) -> None:
    gradients: list[torch.Tensor] = []
    for each in pair:
        each.encode(PICTURE).square().sum().backward()
        gradients.append(each.vae.encoder.conv_in.weight.grad)
    assert torch.allclose(*gradients, rtol=1e-3, atol=1e-3 * float(gradients[0].abs().max()))


def test_hastening_twice_is_hastening_once(pair: tuple[Any, Any]) -> None:
    _, fast = pair
    kinds = [type(module) for module in fast.vae.modules()]
    hasten(fast.vae)
    assert [type(module) for module in fast.vae.modules()] == kinds
