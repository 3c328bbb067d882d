import json
from pathlib import Path
from typing import Any

import pytest

from limner.cli.failure import CommandFailed
from limner.cli.models_check import check
from limner.cli.models_list import list_models
from tests.limner.models.folders import lora, transformer, write_model, write_weights


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder of a home that nobody's settings reach."""
    monkeypatch.delenv("LIMNER_T2I_MODELS_DIR", raising=False)
    return tmp_path / "models"


def listed(home: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    list_models(home, as_json=True)
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_the_catalogue_is_listed_with_licence_size_and_presence(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(models / "Qwen-Image-2512")
    write_model(models / "mine")
    write_weights(models.parent / "loras" / "ink.safetensors", lora())
    rows = listed(models.parent, capsys)
    assert rows["shapes"]["is_present"]
    assert rows["Qwen-Image-2512"]["is_present"]
    assert not rows["Qwen-Image"]["is_present"]
    assert rows["Qwen-Image"]["size_bytes"] > 57e9
    assert rows["mine"]["license"] == "see the model card"
    assert rows["ink"]["note"] == "ink is a LoRA of rank 4 for Qwen-Image-2512."
    research = rows["Qwen-Image-2.1"]
    assert (research["license"], research["commercial_use"], research["tier"]) == (
        "Qwen Research License",
        False,
        "",
    )
    assert "no pipeline" in research["note"]


def test_the_table_shows_who_may_not_be_used_commercially(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    list_models(models.parent)
    assert "Qwen Research License, not commercial" in capsys.readouterr().out


def test_a_sound_model_passes_its_check(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_model(models / "mine")
    check("mine", models.parent)
    out = capsys.readouterr().out
    assert out.startswith("ok   mine is a whole QwenImagePipeline.")
    assert "transformer: transformer of the qwen-image family, 2 blocks, 32 wide." in out


def test_a_bad_model_fails_its_check_and_the_others_are_still_checked(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(models / "good")
    (write_model(models / "half") / "vae" / "vae.safetensors").unlink()
    with pytest.raises(CommandFailed, match="cannot be used"):
        check("", models.parent)
    out = capsys.readouterr().out
    assert "ok   good is a whole" in out
    assert "BAD  half: vae holds no safetensors file." in out


def test_files_other_than_the_promised_ones_are_named(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(models / "Qwen-Image-Edit-2511", "QwenImageEditPlusPipeline")
    with pytest.raises(CommandFailed):
        check("qwen-image-edit-2511", models.parent, as_json=True)
    (found,) = json.loads(capsys.readouterr().out)
    assert found["is_usable"]
    assert found["complaints"][0] == {
        "file": "text_encoder/model-00001-of-00004.safetensors",
        "what": "cannot be read: no such file or directory",
    }


def test_any_file_can_be_checked(tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_weights(tmp_path / "w.safetensors", transformer())
    with pytest.raises(CommandFailed):
        check(str(file), tmp_path)
    assert "w.safetensors is a transformer of the qwen-image family, and no whole model." in (
        capsys.readouterr().out
    )
    with pytest.raises(CommandFailed, match="There is no model, file or folder 'nothing'"):
        check("nothing", tmp_path)
