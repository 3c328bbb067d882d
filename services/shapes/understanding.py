"""Has the editor's text encoder learn to see, and then what instructions mean, before anything is painted."""

from __future__ import annotations

import copy
import logging
import random
from pathlib import Path

import torch
from torch import nn
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor

from services.shapes.architecture import TEXT_WIDTH
from services.shapes.edit_course import Pair, draw_pair, show
from services.shapes.edit_draws import edit_requests
from services.shapes.latents import paint_all
from services.shapes.loop import Trainee, fit
from services.shapes.precision import lower_precision
from services.shapes.prompts import encode_instructions, see
from services.shapes.readout import Readout, count_understood, readout_loss, take_answers
from services.shapes.scenes import PLACES, draw_scene

log = logging.getLogger(__name__)
SIGHT_BATCH, BATCH = 64, 48
SIGHT_STEPS, STEPS = 1_600, 3_000
LEARNING_RATE = 1e-3
EXAMINED = 100
# Tokens of 28x28 px that the encoder sees of a picture of 128x128.
_SEEN_TOKENS = 16


class Sight(nn.Module):
    """The eyes of a text encoder, and what reads the scene from all that they see."""

    def __init__(self, eyes: nn.Module) -> None:
        super().__init__()
        self.eyes = eyes
        self.join = nn.Linear(_SEEN_TOKENS * TEXT_WIDTH, len(PLACES) * TEXT_WIDTH)
        self.readout = Readout()


class Understanding(nn.Module):
    """A text encoder, and what reads the scene from its answer."""

    def __init__(self, text_encoder: Qwen2_5_VLForConditionalGeneration) -> None:
        super().__init__()
        self.text_encoder, self.readout = text_encoder, Readout()


def deepen(encoder: Qwen2_5_VLForConditionalGeneration, layers: int) -> None:
    """Adds layers that change nothing until they are trained: telling, comparing and changing take more."""
    language, config = encoder.model.language_model, encoder.config.text_config
    for index in range(len(language.layers), layers):
        layer = copy.deepcopy(language.layers[-1])
        layer.self_attn.layer_idx = index
        nn.init.zeros_(layer.self_attn.o_proj.weight)
        nn.init.zeros_(layer.mlp.down_proj.weight)
        language.layers.append(layer)
    for each in (config, language.config):
        each.num_hidden_layers, each.layer_types = layers, ["full_attention"] * layers


def train_sight(
    encoder: Qwen2_5_VLForConditionalGeneration, processor: Qwen2_5_VLProcessor, folder: Path,
    *, steps: int = SIGHT_STEPS, seed: int = 0,
) -> None:  # fmt: skip
    """Has the eyes of `encoder` learn what is where in a picture."""
    sight = Sight(encoder.model.visual)
    average = copy.deepcopy(sight)

    def step(index: int, _: torch.Generator) -> dict[str, torch.Tensor]:
        rng = random.Random(f"{seed} sight {index}")
        scenes = [draw_scene(rng) for _ in range(SIGHT_BATCH)]
        pictures = paint_all([(scene, rng.randrange(2**31)) for scene in scenes], (128, 128))
        with lower_precision():
            seen = see(encoder.model.visual, processor, pictures)
        joined = sight.join(seen.float().flatten(1)).unflatten(1, (len(PLACES), TEXT_WIDTH))
        return {"loss": readout_loss(sight.readout, joined, scenes)}

    optimizer = torch.optim.AdamW(sight.parameters(), betas=(0.9, 0.99), weight_decay=0.01)
    fit("sight", Trainee(sight, average, optimizer), step, steps, LEARNING_RATE, folder, seed=seed)
    encoder.model.visual.load_state_dict(average.eyes.state_dict())


def train_understanding(
    encoder: Qwen2_5_VLForConditionalGeneration, processor: Qwen2_5_VLProcessor, folder: Path,
    *, steps: int = STEPS, seed: int = 0,
) -> None:  # fmt: skip
    """Has `encoder` learn which scene an instruction leads to."""
    model = Understanding(encoder)
    average = copy.deepcopy(model)

    def step(index: int, _: torch.Generator) -> dict[str, torch.Tensor]:
        rng = random.Random(f"{seed} understanding {index}")
        # Fresh ones each time: of 18,000 it learns a part by heart.
        chosen = [draw_pair(rng) for _ in range(BATCH)]
        said = [pair.word(rng) for pair in chosen]
        with lower_precision():
            embeddings, mask = encode_instructions(encoder, processor, said, [show(pair) for pair in chosen])
        answers, wanted = take_answers(embeddings, mask), [pair.edit.apply(pair.scene) for pair in chosen]
        return {"loss": readout_loss(model.readout, answers, wanted)}

    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=0.01)
    fit("understanding", Trainee(model, average, optimizer), step, steps, LEARNING_RATE, folder, seed=seed)
    encoder.load_state_dict(average.text_encoder.state_dict())
    log.info("understands %d of %d unseen instructions", examine(average, processor), EXAMINED)


@torch.no_grad()
def examine(understanding: Understanding, processor: Qwen2_5_VLProcessor) -> int:
    """Returns how many of EXAMINED unseen instructions are understood, as linearly read from the answer."""
    rng, right = random.Random(1), 0
    for seed, (scene, edit) in enumerate(edit_requests(EXAMINED)):
        pair = Pair(scene, edit, seed)
        encoded = encode_instructions(understanding.text_encoder, processor, [pair.word(rng)], [show(pair)])
        right += count_understood(understanding.readout, take_answers(*encoded), [edit.apply(scene)])
    return right
