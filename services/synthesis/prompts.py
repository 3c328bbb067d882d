"""Embeddings that DiffSynth would compute again for every image of a job."""

# pyright: standard
# Torch code.
from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from diffsynth.pipelines.qwen_image import QwenImageUnit_EntityControl, QwenImageUnit_PromptEmbedder
from PIL import Image

Embedding: TypeAlias = dict[str, torch.Tensor]
Key: TypeAlias = tuple[str, ...]


class PromptMemory:
    """What the text encoder said of prompts, with the pictures they are about, since `forget`."""

    def __init__(self) -> None:
        self._known: dict[Key, Embedding] = {}

    def recall(self, key: Key, embed: Callable[[], Embedding]) -> Embedding:
        """Returns the embedding of `key`, asking `embed` the first time."""
        if key not in self._known:
            self._known[key] = embed()
        return self._known[key]

    def knows(self, key: Key) -> bool:
        """Tells whether the text encoder is not needed for `key`."""
        return key in self._known

    def forget(self) -> None:
        """Frees the embeddings; call it when a job ends."""
        self._known.clear()


def remember_prompts(pipeline: Any) -> PromptMemory:
    """Lets a loaded pipeline encode each prompt and entity once, until its memory is told to forget."""
    memory = PromptMemory()
    replaced = {
        QwenImageUnit_PromptEmbedder: _RememberingPrompts(memory),
        QwenImageUnit_EntityControl: _RememberingEntities(memory),
    }
    pipeline.units[:] = [replaced.get(type(unit), unit) for unit in pipeline.units]
    return memory


class _RememberingPrompts(QwenImageUnit_PromptEmbedder):
    def __init__(self, memory: PromptMemory) -> None:
        super().__init__()
        self._memory = memory

    def process(self, pipe: Any, prompt: str, edit_image: Any = None) -> Embedding:
        """Leaves the text encoder where it is for a prompt that is known."""
        key = ("prompt", prompt, *_digests(edit_image))
        embed = super().process
        return self._memory.recall(key, lambda: embed(pipe, prompt, edit_image))


class _RememberingEntities(QwenImageUnit_EntityControl):
    def __init__(self, memory: PromptMemory) -> None:
        super().__init__()
        self._memory = memory

    def process(self, pipe: Any, inputs_shared: Any, inputs_posi: Any, inputs_nega: Any) -> Any:
        """Brings no text encoder to the device when every entity is known."""
        prompts = inputs_shared.get("eligen_entity_prompts") or []
        known = all(self._memory.knows(("entity", prompt)) for prompt in prompts)
        # Annotated as tuples of one.
        needed: Any = () if known else ("text_encoder",)
        self.onload_model_names = needed
        return super().process(pipe, inputs_shared, inputs_posi, inputs_nega)

    def get_prompt_emb(self, pipe: Any, prompt: str) -> Embedding:
        """Answers one entity's prompt from memory."""
        embed = super().get_prompt_emb
        return self._memory.recall(("entity", prompt), lambda: embed(pipe, prompt))


def _digests(pictures: Any) -> Key:
    if pictures is None:
        return ()
    if isinstance(pictures, Image.Image):
        # One picture and a list of one are worded differently for the text encoder.
        return ("alone", *_digests([pictures]))
    return tuple(
        f"{picture.mode} {picture.size} {hashlib.sha256(picture.tobytes()).hexdigest()}"
        for picture in pictures
    )
