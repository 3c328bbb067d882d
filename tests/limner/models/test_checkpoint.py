import json
from collections.abc import Callable
from pathlib import Path

import pytest

from limner.models.architecture import Part
from limner.models.checkpoint import inspect, usable_controls
from limner.models.completing import complete
from tests.limner.models.folders import (
    control,
    lora,
    text_encoder,
    transformer,
    vae,
    write_model,
    write_sharded,
    write_weights,
)

BUILT_IN = Path(__file__).parents[3] / "services" / "shapes"


@pytest.mark.parametrize("name", ["checkpoint", "edit_checkpoint"])
def test_the_built_in_models_are_whole(name: str) -> None:
    verdict = inspect(BUILT_IN / name)
    assert verdict.is_usable
    assert all(part.is_usable for part in verdict.parts)
    assert verdict.architecture.width == 192


def test_a_whole_folder_is_usable_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    verdict = inspect(write_model(tmp_path / "m"))
    assert (verdict.is_usable, verdict.reason) == (True, "m is a whole QwenImagePipeline.")
    assert verdict.parameters == sum(part.parameters for part in verdict.parts) > 0
    assert [part.name for part in verdict.parts] == ["transformer", "text_encoder", "vae"]


def test_shards_are_one_part(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "transformer" / "transformer.safetensors").unlink()
    names = sorted(transformer())
    halves = [{name: transformer()[name] for name in names[at::2]} for at in (0, 1)]
    write_sharded(folder / "transformer", halves[0], halves[1])
    assert inspect(folder).is_usable
    (folder / "transformer" / "model-2-of-2.safetensors").unlink()
    verdict = inspect(folder)
    assert verdict.reason == (
        "m: transformer/model-2-of-2.safetensors is not there, though transformer names it in its index."
    )
    assert verdict.next_step == "Fetch or copy what is missing."


def spoil_header(folder: Path) -> None:
    file = folder / "vae" / "vae.safetensors"
    file.write_bytes(b"\xff" * 16 + file.read_bytes()[16:])


def truncate(folder: Path) -> None:
    file = folder / "text_encoder" / "text_encoder.safetensors"
    file.write_bytes(file.read_bytes()[:-5])


def pickle(folder: Path) -> None:
    (folder / "vae" / "vae.safetensors").rename(folder / "vae" / "diffusion_pytorch_model.bin")


def half_download(folder: Path) -> None:
    (folder / "vae" / "vae.safetensors").rename(folder / "vae" / "vae.safetensors.incomplete")


def remove_part(folder: Path) -> None:
    (folder / "text_encoder" / "text_encoder.safetensors").unlink()
    (folder / "text_encoder" / "config.json").unlink()
    (folder / "text_encoder").rmdir()


def swap_part(folder: Path) -> None:
    write_weights(folder / "vae" / "vae.safetensors", text_encoder())


def put_foreign_part(folder: Path) -> None:
    write_weights(
        folder / "transformer" / "transformer.safetensors", {"double_blocks.0.img_attn.qkv": (4, 4)}
    )


def spoil_index(folder: Path) -> None:
    (folder / "model_index.json").write_text("{")


def name_other_pipeline(folder: Path) -> None:
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionXLPipeline"}))


def remove_index(folder: Path) -> None:
    (folder / "model_index.json").unlink()


def remove_tokenizer(folder: Path) -> None:
    (folder / "tokenizer").rmdir()


def remove_config(folder: Path) -> None:
    (folder / "vae" / "config.json").unlink()


def contradict(folder: Path) -> None:
    (folder / "transformer" / "config.json").write_text(json.dumps({"num_layers": 60}))


def escape(folder: Path) -> None:
    (folder / "vae" / "x.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../../x"}}))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (spoil_header, "vae/vae.safetensors claims a header of"),
        (truncate, "text_encoder/text_encoder.safetensors is cut off"),
        (pickle, "vae/diffusion_pytorch_model.bin is pickled"),
        (half_download, "vae/vae.safetensors.incomplete is half a download"),
        (remove_part, "text_encoder holds no safetensors file"),
        (swap_part, "its vae should be the autoencoder of a model of qwen-image, and is text encoder"),
        (
            put_foreign_part,
            "its transformer should be the transformer of a model of qwen-image, and is of FLUX",
        ),
        (spoil_index, "m/model_index.json cannot be used"),
        (name_other_pipeline, "m is a StableDiffusionXLPipeline, and Limner runs"),
        (remove_index, "m has a transformer and no model_index.json"),
        (remove_tokenizer, "m has no tokenizer"),
        (remove_config, "m/vae/config.json is not there"),
        (contradict, "m/transformer/config.json speaks of 60 blocks, and the weights have 2"),
        (escape, "vae/x.safetensors.index.json is no index: it names files outside its folder"),
    ],
)
def test_what_is_wrong_is_said_with_the_next_step(
    tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    folder = write_model(tmp_path / "m")
    spoil(folder)
    verdict = inspect(folder)
    assert not verdict.is_usable
    assert why in verdict.reason
    assert verdict.next_step.endswith(".")


def test_parts_of_two_models_are_told_apart(tmp_path: Path) -> None:
    verdict = inspect(write_model(tmp_path / "m", text_encoder=text_encoder(width=24)))
    assert verdict.reason == (
        "m: its transformer reads prompts 16 numbers wide, and its text_encoder writes 24."
    )
    verdict = inspect(write_model(tmp_path / "n", vae=vae(channels=4)))
    assert verdict.reason == "n: its transformer paints 16 channels of latents, and its vae decodes 4."
    layered = write_model(tmp_path / "o", transformer=transformer(is_layered=True))
    assert "knows no transparency" in inspect(layered).reason


def test_a_control_net_for_another_size_is_left_out_and_the_model_stays(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    for kind, shapes in (("canny", control()), ("depth", control(width=48)), ("pose", control(blocks=5))):
        write_weights(folder / "controlnets" / kind / "w.safetensors", shapes)
        (folder / "controlnets" / kind / "config.json").write_text("{}")
    verdict = inspect(folder)
    assert verdict.is_usable
    assert usable_controls(folder) == [folder / "controlnets" / "canny"]
    depth = next(part for part in verdict.parts if part.name == "controlnets/depth")
    assert depth.reason == (
        "controlnets/depth is for a transformer of 2 blocks, 48 wide, and this one has 2, 32 wide."
    )


def test_a_control_net_without_configuration_is_told_it(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    write_weights(folder / "controlnets" / "canny" / "model.safetensors", control(channels=68))
    assert usable_controls(folder) == []
    said = inspect(folder).parts[-1].next_step
    assert said == ('Write {"num_layers": 2, "in_dim": 64, "additional_in_dim": 4, "dim": 32} into it.')
    complete(folder / "controlnets" / "canny")
    assert usable_controls(folder) == [folder / "controlnets" / "canny"]


def test_only_control_nets_are_completed(tmp_path: Path) -> None:
    write_weights(tmp_path / "lora" / "model.safetensors", lora())
    complete(tmp_path / "lora")
    assert [path.name for path in (tmp_path / "lora").iterdir()] == ["model.safetensors"]


def test_a_loose_file_is_judged_by_itself(tmp_path: Path) -> None:
    write_weights(tmp_path / "canny" / "model.safetensors", control())
    loose = inspect(tmp_path / "canny")
    assert (loose.name, loose.part, loose.is_usable) == ("canny", Part.CONTROL, True)
    assert loose.reason.endswith("for transformers of 2 blocks, 32 wide.")
    (tmp_path / "empty").mkdir()
    assert inspect(tmp_path / "empty").reason == "empty holds no model."
    assert not inspect(tmp_path / "nowhere").is_usable
