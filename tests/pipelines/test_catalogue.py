import shutil
from pathlib import Path

import pytest
import structlog

from services.pipelines.catalogue import BUILT_IN, BUILT_IN_EDITOR, EDIT, LAYERS, TEXT_TO_IMAGE
from services.pipelines.stock import read_catalogue
from services.rpc.errors import ModelNotFound
from tests.limner.models.folders import control, transformer, vae, write_model, write_weights


def test_the_built_in_model_is_the_default_and_needs_no_folder() -> None:
    catalogue = read_catalogue(None)
    assert catalogue.find("").name == BUILT_IN
    assert catalogue.find("").license == "Apache-2.0"


def test_qwen_image_folders_are_found_and_others_passed_over(tmp_path: Path) -> None:
    write_model(tmp_path / "Qwen-Image")
    write_model(tmp_path / "sdxl", "StableDiffusionXLPipeline")
    write_model(tmp_path / ".part")
    (tmp_path / "notes.txt").write_text("not a model")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model_index.json").write_text("{")
    names = [model.name for model in read_catalogue(tmp_path).models]
    assert names == [BUILT_IN, BUILT_IN_EDITOR, "Qwen-Image"]


def test_a_model_of_a_known_name_has_its_title_and_licence(tmp_path: Path) -> None:
    write_model(tmp_path / "Qwen-Image-2512")
    write_model(tmp_path / "mine")
    catalogue = read_catalogue(tmp_path)
    known, mine = catalogue.find("Qwen-Image-2512"), catalogue.find("mine")
    assert (known.title, known.license, known.commercial_use) == ("Qwen-Image 2512", "Apache-2.0", True)
    assert (mine.title, mine.license, mine.commercial_use) == ("mine", "see the model card", False)


def test_one_bad_folder_hides_no_other(tmp_path: Path) -> None:
    write_model(tmp_path / "good")
    cut = write_model(tmp_path / "cut") / "vae" / "vae.safetensors"
    cut.write_bytes(cut.read_bytes()[:-1])
    (write_model(tmp_path / "half") / "transformer" / "transformer.safetensors").unlink()
    names = [model.name for model in read_catalogue(tmp_path).models]
    assert names == [BUILT_IN, BUILT_IN_EDITOR, "good"]
    without = [model.name for model in read_catalogue(tmp_path / "none").models]
    assert without == [BUILT_IN, BUILT_IN_EDITOR]


def test_only_control_nets_that_fit_are_skills(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    for kind, shapes in (("canny", control()), ("depth", control(width=48))):
        write_weights(folder / "controlnets" / kind / "w.safetensors", shapes)
        (folder / "controlnets" / kind / "config.json").write_text("{}")
    skills = read_catalogue(tmp_path).find("m").skills
    assert {skill for skill in skills if skill.startswith("control.")} == {"control.canny"}


def test_without_a_name_the_first_model_that_can_is_meant() -> None:
    catalogue = read_catalogue(None)
    assert catalogue.find("", EDIT).name == BUILT_IN_EDITOR
    assert catalogue.find("", LAYERS).name == BUILT_IN
    assert catalogue.find(BUILT_IN, EDIT).name == BUILT_IN


@pytest.mark.parametrize("pipeline", ["QwenImageLayeredPipeline", "QwenImagePipeline"])
def test_a_transformer_that_counts_in_layers_can_do_nothing_else(tmp_path: Path, pipeline: str) -> None:
    write_model(tmp_path / "m", pipeline, transformer=transformer(is_layered=True), vae=vae(pixels=4))
    found = read_catalogue(tmp_path).find("m")
    assert found.skills == {"layers"}
    assert (found.limits.native_width_px, found.limits.native_height_px) == (640, 640)


def test_a_transformer_that_does_not_count_in_layers_paints(tmp_path: Path) -> None:
    write_model(tmp_path / "m")
    assert "text_to_image" in read_catalogue(tmp_path).find("m").skills


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(ModelNotFound, match="no model named 'sdxl'; known: shapes, shapes-edit"):
        read_catalogue(None).find("sdxl")


def test_other_weights_are_another_revision(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    before = read_catalogue(tmp_path).find("m").revision
    assert read_catalogue(tmp_path).find("m").revision == before
    weights = folder / "vae" / "vae.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"b")
    assert read_catalogue(tmp_path).find("m").revision != before


def test_models_that_come_and_go_are_noticed(tmp_path: Path) -> None:
    catalogue = read_catalogue(tmp_path, fresh_s=0.0)
    painters = catalogue.that_can(TEXT_TO_IMAGE)
    assert "late" not in {model.name for model in painters.models}
    write_model(tmp_path / ".part" / "late").rename(tmp_path / "late")
    assert catalogue.find("late").path == tmp_path / "late"
    assert "late" in {model.name for model in painters.models}
    shutil.rmtree(tmp_path / "late")
    with pytest.raises(ModelNotFound, match="late"):
        painters.find("late")


def test_what_is_put_into_a_model_later_is_noticed(tmp_path: Path) -> None:
    catalogue = read_catalogue(tmp_path, fresh_s=0.0)
    folder = write_model(tmp_path / "m")
    before = catalogue.find("m")
    write_weights(folder / "controlnets" / "canny" / "w.safetensors", control())
    (folder / "controlnets" / "canny" / "config.json").write_text("{}")
    after = catalogue.find("m")
    assert "control.canny" not in before.skills
    assert "control.canny" in after.skills
    assert after.revision != before.revision


def test_a_folder_is_looked_at_no_more_often_than_was_asked(tmp_path: Path) -> None:
    catalogue = read_catalogue(tmp_path, fresh_s=3600.0)
    known = catalogue.models
    write_model(tmp_path / "late")
    assert catalogue.models == known


def test_what_is_passed_over_is_logged_once(tmp_path: Path) -> None:
    catalogue = read_catalogue(tmp_path, fresh_s=0.0)
    write_model(tmp_path / "sdxl", "StableDiffusionXLPipeline")
    with structlog.testing.capture_logs() as logs:
        for name in ("one", "two"):
            write_model(tmp_path / name)
            assert catalogue.find(name)
    assert [each["event"] for each in logs] == ["model passed over"]
