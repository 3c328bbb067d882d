import json
from pathlib import Path

import pytest

from services.pipelines.catalogue import BUILT_IN, BUILT_IN_EDITOR, EDIT, LAYERS, read_catalogue
from services.rpc.errors import ModelNotFound


def write_model(folder: Path, pipeline: str) -> None:
    folder.mkdir()
    (folder / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))


def test_the_built_in_model_is_the_default_and_needs_no_folder() -> None:
    catalogue = read_catalogue(None)
    assert catalogue.find("").name == BUILT_IN
    assert catalogue.find("").license == "Apache-2.0"


def test_qwen_image_folders_are_found_and_others_passed_over(tmp_path: Path) -> None:
    write_model(tmp_path / "Qwen-Image", "QwenImagePipeline")
    write_model(tmp_path / "sdxl", "StableDiffusionXLPipeline")
    (tmp_path / "notes.txt").write_text("not a model")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model_index.json").write_text("{")
    names = [model.name for model in read_catalogue(tmp_path).models]
    assert names == [BUILT_IN, BUILT_IN_EDITOR, "Qwen-Image"]


def test_without_a_name_the_first_model_that_can_is_meant() -> None:
    catalogue = read_catalogue(None)
    assert catalogue.find("", EDIT).name == BUILT_IN_EDITOR
    assert catalogue.find("", LAYERS).name == BUILT_IN
    assert catalogue.find(BUILT_IN, EDIT).name == BUILT_IN


@pytest.mark.parametrize("pipeline", ["QwenImageLayeredPipeline", "QwenImagePipeline"])
def test_a_transformer_that_counts_in_layers_can_do_nothing_else(tmp_path: Path, pipeline: str) -> None:
    write_model(tmp_path / "m", pipeline)
    for part in ("transformer", "processor"):
        (tmp_path / "m" / part).mkdir()
    (tmp_path / "m" / "transformer" / "config.json").write_text(json.dumps({"use_layer3d_rope": True}))
    found = read_catalogue(tmp_path).find("m")
    assert found.skills == {"layers"}
    assert (found.limits.native_width_px, found.limits.native_height_px) == (640, 640)


def test_a_transformer_that_does_not_count_in_layers_paints(tmp_path: Path) -> None:
    write_model(tmp_path / "m", "QwenImagePipeline")
    (tmp_path / "m" / "transformer").mkdir()
    (tmp_path / "m" / "transformer" / "config.json").write_text(json.dumps({"use_layer3d_rope": False}))
    assert "text_to_image" in read_catalogue(tmp_path).find("m").skills


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(ModelNotFound, match="no model named 'sdxl'; known: shapes, shapes-edit"):
        read_catalogue(None).find("sdxl")


def test_other_weights_are_another_revision(tmp_path: Path) -> None:
    write_model(tmp_path / "m", "QwenImagePipeline")
    weights = tmp_path / "m" / "w.safetensors"
    weights.write_bytes(b"a" * 100_000)
    before = read_catalogue(tmp_path).find("m").revision
    assert read_catalogue(tmp_path).find("m").revision == before
    weights.write_bytes(b"a" * 99_999 + b"b")
    assert read_catalogue(tmp_path).find("m").revision != before
