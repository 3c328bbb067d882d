"""What low-rank weights change, and which transformer they fit, by names and shapes. Pure.

Trainers name the same pair differently: `lora_A` and `lora_B` (PEFT, DiffSynth), `lora_down` and `lora_up`
(kohya), with or without what they trained in front.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from limner.models.architecture import QWEN_IMAGE, QWEN_IMAGE_21, Architecture, Part, Tensors

_PAIRED = re.compile(
    r"^(?P<target>.+?)\.(?:(?P<down>lora_A|lora_down)|(?P<up>lora_B|lora_up))(?:\.[A-Za-z_]\w*)??(?:\.weight)?$"
)
_EXTRA = re.compile(r"\.(alpha|dora_scale|diff_b|diff)$|(^|\.)__")
_PREFIXES = ("base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.", "unet.")
_KOHYA = re.compile(r"^lora_(?:unet|transformer)_transformer_blocks_(\d+)_(.+)$")
# kohya writes underscores for points; these names have underscores of their own.
_KOHYA_TARGETS = {
    name.replace(".", "_"): name
    for name in (
        "attn.to_q",
        "attn.to_k",
        "attn.to_v",
        "attn.to_out.0",
        "attn.add_q_proj",
        "attn.add_k_proj",
        "attn.add_v_proj",
        "attn.to_add_out",
        "img_mod.1",
        "txt_mod.1",
        "img_mlp.net.0.proj",
        "img_mlp.net.2",
        "txt_mlp.net.0.proj",
        "txt_mlp.net.2",
    )
}
_FOREIGN = (
    (r"single_transformer_blocks\.|double_blocks\.|single_blocks\.|^lora_unet_(double|single)_", "FLUX"),
    (r"input_blocks[._]|down_blocks[._]|mid_block[._]|lora_te\d?_text_model", "Stable Diffusion"),
    (r"noise_refiner|context_refiner|^layers\.\d+\.attention", "Z-Image or Lumina"),
    (r"^blocks\.\d+\.(self|cross)_attn", "Wan"),
    (r"joint_transformer_blocks|joint_blocks", "Stable Diffusion 3"),
)
_QWEN = re.compile(
    r"^transformer_blocks\.\d+\.(attn\.|img_mod\.1$|txt_mod\.1$|img_mlp\.net\.|txt_mlp\.net\.)"
    r"|^(img_in|txt_in|proj_out|norm_out\.linear|time_text_embed\.timestep_embedder\.linear_[12])$"
)
_QWEN_21 = re.compile(r"^transformer_blocks\.\d+\.img_mlp\.(proj|out|gate_layer)$|^modulation\.1$|^txt_in\.")


@dataclass(frozen=True, slots=True)
class Pair:
    """The two matrices that change one linear layer."""

    down: str  # the tensors' names in the file
    up: str
    rank: int
    inputs: int
    outputs: int


def pairs_of(tensors: Tensors) -> Mapping[str, Pair]:
    """Returns what changes which layer, by the layer's name; only matrices that are whole pairs."""
    halves: dict[str, dict[str, str]] = {}
    for name in tensors:
        if match := _PAIRED.match(name):
            half = "down" if match["down"] else "up"
            halves.setdefault(_plain(match["target"]), {})[half] = name
    found: dict[str, Pair] = {}
    for target, names in halves.items():
        if (pair := _pair(tensors, names.get("down", ""), names.get("up", ""))) is not None:
            found[target] = pair
    return found


def alpha_of(target: str, tensors: Tensors) -> str:
    """Returns the name of the tensor that says how strongly `target` is changed; empty without one."""
    names = (name for name in tensors if name.endswith(".alpha"))
    return next((name for name in names if _plain(name.removesuffix(".alpha")) == target), "")


def identify(tensors: Tensors) -> Architecture | None:
    """Returns what a LoRA is one of; None where the tensors are no LoRA."""
    pairs = pairs_of(tensors)
    if not pairs or not all(_PAIRED.match(name) or _EXTRA.search(name) for name in tensors):
        return None
    return Architecture(
        _family(pairs),
        Part.LORA,
        blocks=len({target.split(".")[1] for target in pairs if target.startswith("transformer_blocks.")}),
        width=_width(pairs),
        rank=max(pair.rank for pair in pairs.values()),
    )


def misfit(tensors: Tensors, transformer: Tensors) -> str:
    """Returns why these low-rank weights do not fit that transformer, in words; empty when they do."""
    pairs = pairs_of(tensors)
    if not pairs:
        return "it has no pair of low-rank matrices"
    for target, pair in sorted(pairs.items()):
        layer = transformer.get(f"{target}.weight")
        if layer is None:
            return f"it changes {target}, which this transformer does not have"
        if layer.shape != (pair.outputs, pair.inputs):
            return (
                f"it changes {target} as {pair.outputs}×{pair.inputs} numbers, and this transformer has "
                f"{'×'.join(map(str, layer.shape))} there"
            )
    return ""


def _pair(tensors: Tensors, down: str, up: str) -> Pair | None:
    if not down or not up:
        return None
    first, second = tensors[down].shape, tensors[up].shape
    if len(first) != 2 or len(second) != 2 or first[0] != second[1] or 0 in (*first, *second):
        return None
    return Pair(down, up, first[0], first[1], second[0])


def _plain(target: str) -> str:
    for _ in _PREFIXES:
        for prefix in _PREFIXES:
            target = target.removeprefix(prefix)
    if (match := _KOHYA.match(target)) and match[2] in _KOHYA_TARGETS:
        return f"transformer_blocks.{match[1]}.{_KOHYA_TARGETS[match[2]]}"
    return target


def _family(pairs: Mapping[str, Pair]) -> str:
    for pattern, family in _FOREIGN:
        if any(re.search(pattern, target) for target in pairs):
            return family
    if any(_QWEN_21.match(target) for target in pairs):
        return QWEN_IMAGE_21
    return QWEN_IMAGE if all(_QWEN.match(target) for target in pairs) else ""


def _width(pairs: Mapping[str, Pair]) -> int:
    widths = [pair.inputs for target, pair in pairs.items() if target.endswith(("attn.to_q", "attn.to_k"))]
    return widths[0] if widths else 0
