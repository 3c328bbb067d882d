import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.models import lora as loras
from limner.models.architecture import QWEN_IMAGE, QWEN_IMAGE_21, Part, identify
from limner.models.headers import Header, Tensor
from limner.models.recognition import judge, recognise
from tests.limner.models.folders import Shapes, control, lora, text_encoder, transformer, vae, write_weights


def tensors(shapes: Shapes, dtype: str = "BF16") -> dict[str, Tensor]:
    return {name: Tensor(dtype, shape) for name, shape in shapes.items()}


def test_a_transformer_is_known_with_its_numbers() -> None:
    found = identify(tensors(transformer(width=32, text=16, blocks=3)))
    assert (found.family, found.part) == (QWEN_IMAGE, Part.TRANSFORMER)
    assert (found.blocks, found.width, found.text_width, found.channels) == (3, 32, 16, 64)
    assert not found.is_layered


def test_layers_are_known_by_the_key_that_only_they_have() -> None:
    assert identify(tensors(transformer(is_layered=True))).is_layered


@pytest.mark.parametrize("prefix", ["model.diffusion_model.", "transformer."])
def test_what_other_programs_put_in_front_is_looked_past(prefix: str) -> None:
    shapes = {prefix + name: shape for name, shape in transformer().items()}
    assert identify(tensors(shapes)).part is Part.TRANSFORMER


@pytest.mark.parametrize(
    ("shapes", "part"),
    [(text_encoder(), Part.TEXT_ENCODER), (vae(), Part.VAE), (control(), Part.CONTROL)],
)
def test_the_other_parts_are_known(shapes: Shapes, part: Part) -> None:
    found = identify(tensors(shapes))
    assert (found.family, found.part) == (QWEN_IMAGE, part)


def test_a_control_net_that_reads_a_mask_is_told_from_one_that_does_not() -> None:
    assert identify(tensors(control())).extra_channels == 0
    assert identify(tensors(control(channels=68))).extra_channels == 4


def test_the_next_family_is_known_and_not_run() -> None:
    shapes = {"img_in.weight": (64, 64), "txt_in.in_layer.weight": (64, 32), "modulation.1.weight": (64, 64)}
    verdict = judge("w", Header(tensors(shapes), {}))
    assert (verdict.family, verdict.part, verdict.is_usable) == (QWEN_IMAGE_21, Part.TRANSFORMER, False)
    assert "cannot run yet" in verdict.reason


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("conditioner.embedders.0.transformer.text_model.final_layer_norm.weight", "Stable Diffusion XL"),
        ("model.diffusion_model.input_blocks.0.0.weight", "Stable Diffusion"),
        ("double_blocks.0.img_attn.qkv.weight", "FLUX"),
        ("model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight", "Stable Diffusion 3"),
        ("blocks.0.cross_attn.q.weight", "Wan"),
    ],
)
def test_foreign_models_are_called_by_their_names(name: str, family: str) -> None:
    verdict = judge("w.safetensors", Header(tensors({name: (4, 4)}), {}))
    assert verdict.reason == f"w.safetensors is of {family}, and Limner runs the Qwen-Image family."
    assert verdict.next_step


def test_eight_bit_weights_of_comfy_are_refused_with_the_way_to_go(tmp_path: Path) -> None:
    shapes = dict(transformer()) | {"scaled_fp8": (2,)}
    verdict = recognise(write_weights(tmp_path / "qwen_fp8.safetensors", shapes, "F8_E4M3"))
    assert (verdict.is_usable, verdict.dtype, verdict.part) == (False, "F8_E4M3", Part.TRANSFORMER)
    assert "8-bit" in verdict.reason
    assert "tier fp8" in verdict.next_step


@pytest.mark.parametrize("suffix", [".bin", ".pt", ".ckpt", ".pth"])
def test_pickled_files_are_refused_unopened(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"model{suffix}"
    file.write_bytes(b"\x80\x04")
    file.chmod(0)
    verdict = recognise(file)
    assert not verdict.is_usable
    assert "stays closed" in verdict.reason


def test_gguf_files_are_refused_with_the_way_to_go(tmp_path: Path) -> None:
    (tmp_path / "qwen-image-Q4_K_M.gguf").write_bytes(b"GGUF")
    verdict = recognise(tmp_path / "qwen-image-Q4_K_M.gguf")
    assert "is a GGUF file" in verdict.reason
    assert "tiers fp8 and nf4" in verdict.next_step


def test_a_file_that_is_not_there_gets_a_verdict(tmp_path: Path) -> None:
    verdict = recognise(tmp_path / "none.safetensors")
    assert verdict.reason == "none.safetensors cannot be read: no such file or directory."


@pytest.mark.parametrize(
    "style",
    [
        "{}.lora_{}.weight",
        "{}.lora_{}.default.weight",
        "transformer.{}.lora_{}.weight",
        "diffusion_model.{}.lora_{}.weight",
        "base_model.model.{}.lora_{}.weight",
    ],
)
def test_loras_are_known_whatever_program_trained_them(style: str) -> None:
    found = loras.identify(tensors(lora(rank=8, style=style)))
    assert found is not None
    assert (found.family, found.part, found.rank, found.blocks) == (QWEN_IMAGE, Part.LORA, 8, 2)
    assert loras.misfit(tensors(lora(style=style)), tensors(transformer())) == ""


def test_loras_of_kohya_are_known() -> None:
    stem = "lora_unet_transformer_blocks_1_attn_to_out_0"
    shapes = {f"{stem}.lora_down.weight": (4, 32), f"{stem}.lora_up.weight": (32, 4), f"{stem}.alpha": ()}
    assert set(loras.pairs_of(tensors(shapes))) == {"transformer_blocks.1.attn.to_out.0"}
    assert loras.misfit(tensors(shapes), tensors(transformer())) == ""
    assert loras.alpha_of("transformer_blocks.1.attn.to_out.0", tensors(shapes)) == f"{stem}.alpha"


def test_a_lora_for_another_size_says_where_it_does_not_fit() -> None:
    why = loras.misfit(tensors(lora(width=48)), tensors(transformer(width=32)))
    assert why == (
        "it changes transformer_blocks.0.attn.to_q as 48×48 numbers, and this transformer has 32×32 there"
    )
    why = loras.misfit(tensors(lora(blocks=3)), tensors(transformer(blocks=2)))
    assert why == "it changes transformer_blocks.2.attn.to_q, which this transformer does not have"


def test_a_lora_for_another_family_is_called_by_its_name() -> None:
    shapes = {
        "transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight": (4, 32),
        "transformer.single_transformer_blocks.0.attn.to_q.lora_B.weight": (32, 4),
    }
    verdict = judge("style.safetensors", Header(tensors(shapes), {}))
    assert verdict.reason == ("style.safetensors is a LoRA for FLUX, and Limner runs the Qwen-Image family.")


names = st.sampled_from([*transformer(), *text_encoder(), *vae(), *control(), *lora()]) | st.text(max_size=30)
sides = st.lists(st.integers(0, 9), max_size=5).map(tuple)


@given(st.dictionaries(names, sides, max_size=12))
def test_any_tensors_get_a_verdict(shapes: Shapes) -> None:
    verdict = judge("w", Header(tensors(shapes), {}))
    assert verdict.reason
    assert verdict.is_usable or verdict.next_step


@given(st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_a_file_with_bytes_changed_anywhere_gets_a_verdict(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: bytes
) -> None:
    text = json.dumps({"img_in.weight": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}).encode()
    content = bytearray(struct.pack("<Q", len(text)) + text + bytes(8))
    place %= len(content)
    content[place : place + len(change)] = change
    file = tmp_path_factory.getbasetemp() / "mutated.safetensors"
    file.write_bytes(content)
    assert recognise(file).reason
