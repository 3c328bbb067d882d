from pathlib import Path

from limner.models.adapters import Lora, list_loras, read_transformer
from tests.limner.models.folders import lora, transformer, write_model, write_weights


def listed(folder: Path, **models: Path) -> dict[str, Lora]:
    found = list_loras(folder, {name: read_transformer(path) for name, path in models.items()})
    return {each.name: each for each in found}


def test_loras_are_listed_with_the_models_that_they_fit(tmp_path: Path) -> None:
    small, large = write_model(tmp_path / "s"), write_model(tmp_path / "l", transformer=transformer(width=48))
    write_weights(tmp_path / "loras" / "ink.safetensors", lora(width=32))
    write_weights(tmp_path / "loras" / "oil" / "adapter_model.safetensors", lora(width=48))
    write_weights(tmp_path / "loras" / "far.safetensors", lora(width=64))
    found = listed(tmp_path / "loras", small=small, large=large)
    assert list(found) == ["far", "ink", "oil"]
    assert (found["ink"].fits, found["oil"].fits, found["far"].fits) == (("small",), ("large",), ())
    assert found["ink"].verdict.reason == "ink is a LoRA of rank 4 for small."
    assert found["ink"].misfits["large"].startswith("it changes transformer_blocks.0.attn.to_q as 32×32")
    assert not found["far"].verdict.is_usable
    assert found["far"].verdict.next_step == "Fetch the model that it was trained for."


def test_what_is_no_lora_is_listed_with_its_verdict_and_hides_nothing(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m")
    folder = tmp_path / "loras"
    write_weights(folder / "ink.safetensors", lora())
    write_weights(folder / "whole.safetensors", transformer())
    (folder / "old.pt").write_bytes(b"\x80\x04")
    (folder / "cut.safetensors").write_bytes(b"abc")
    (folder / "ink.json").write_text("{}")
    (folder / ".part").mkdir()
    found = listed(folder, m=model)
    assert {name: each.verdict.is_usable for name, each in found.items()} == {
        "cut": False,
        "ink": True,
        "old": False,
        "whole": False,
    }
    assert found["whole"].verdict.reason == "whole is a transformer of qwen-image, and no LoRA."
    assert "pickled" in found["old"].verdict.reason


def test_a_folder_that_is_not_there_holds_none(tmp_path: Path) -> None:
    assert list_loras(tmp_path / "none", {}) == ()
    assert list_loras(None, {}) == ()
    assert read_transformer(tmp_path / "none") == {}
