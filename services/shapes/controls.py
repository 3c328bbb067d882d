"""The parts beside the painter, as DiffSynth loads them: ControlNets, adapters for regions and context."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffsynth.models.qwen_image_controlnet import QwenImageBlockWiseControlNet
from diffsynth.models.qwen_image_dit import QwenImageDiT
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import nn

from services.shapes.architecture import HEAD_WIDTH, HEADS, LAYERS

# Channels beyond the packed latents' 64: a hole's mask has one for each of a token's four latent pixels.
ADDITIONAL = {"canny": 0, "inpaint": 4}
RANK = 32
PROJECTIONS = (
    "to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out",
)  # fmt: skip
_CONTROL_FILE, _ADAPTER_FILE = "diffusion_pytorch_model.safetensors", "adapter_model.safetensors"


def build_control(kind: str, seed: int) -> QwenImageBlockWiseControlNet:
    """Returns an untrained ControlNet that changes nothing yet."""
    torch.manual_seed(seed)
    net = QwenImageBlockWiseControlNet(**sizes(kind))
    # The last projections alone: with its first one zero too, as DiffSynth has it, nothing could begin.
    for block in net.controlnet_blocks:
        block.init_weights()
    return net


def sizes(kind: str) -> dict[str, int]:
    """Returns the arguments of DiffSynth's constructor."""
    return {
        "num_layers": LAYERS,
        "in_dim": 64,
        "additional_in_dim": ADDITIONAL[kind],
        "dim": HEADS * HEAD_WIDTH,
    }


def save_control(net: QwenImageBlockWiseControlNet, kind: str, checkpoint: Path) -> None:
    """Writes a ControlNet in bfloat16 beside the arguments that build it."""
    folder = checkpoint / "controlnets" / kind
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in net.state_dict().items()}
    save_file(weights, folder / _CONTROL_FILE, {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(sizes(kind), indent=2) + "\n")


def add_adapter(dit: QwenImageDiT, name: str, seed: int) -> nn.ParameterList:
    """Gives every attention projection an untrained adapter that changes nothing yet; returns its weights."""
    torch.manual_seed(seed)
    config = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=list(PROJECTIONS))
    inject_adapter_in_model(config, dit, adapter_name=name)
    return nn.ParameterList(weight for weight in dit.parameters() if weight.requires_grad)


def take_up_adapter(dit: QwenImageDiT, name: str, checkpoint: Path) -> None:
    """Has an adapter that was added begin as the one of that name in `checkpoint`."""
    weights = load_file(checkpoint / "adapters" / name / _ADAPTER_FILE)
    set_peft_model_state_dict(dit, {key: tensor.float() for key, tensor in weights.items()}, name)


def save_adapter(dit: QwenImageDiT, name: str, checkpoint: Path) -> None:
    """Writes an adapter of a transformer in PEFT's layout and bfloat16."""
    folder = checkpoint / "adapters" / name
    folder.mkdir(parents=True, exist_ok=True)
    weights = get_peft_model_state_dict(dit, adapter_name=name)
    save_file(
        {key: tensor.to(torch.bfloat16).contiguous() for key, tensor in weights.items()},
        folder / _ADAPTER_FILE,
        {"format": "pt"},
    )
    config = dit.peft_config[name].to_dict() | {"inference_mode": True, "target_modules": PROJECTIONS}
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
