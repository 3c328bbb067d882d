from urllib.parse import urlsplit

import pytest

from limner.models.catalogue import CatalogueBroken, find_entry, parse_catalogue, read_catalogue
from limner.models.entry import Entry, Kind, Mode, Tier

WANTED = {
    "shapes",
    "shapes-edit",
    "Qwen-Image",
    "Qwen-Image-2512",
    "Qwen-Image-Edit-2509",
    "Qwen-Image-Edit-2511",
    "Qwen-Image-Layered",
    "Qwen-Image-Blockwise-ControlNet-Canny",
    "Qwen-Image-Blockwise-ControlNet-Depth",
    "Qwen-Image-Blockwise-ControlNet-Inpaint",
    "Qwen-Image-In-Context-Control-Union",
    "Qwen-Image-EliGen-V2",
    "Qwen-Image-Distill-LoRA",
    "Qwen-Image-Lightning",
    "Qwen-Image-2.1",
    "Qwen-Image-2.1-Turbo",
    "Qwen-Image-2.1-Fun-Controlnet-Union",
}
FAMILY = """
[families.one]
license = "Apache-2.0"
license_url = "https://example.org/licence"
commercial_use = true
native_px = [128, 128]
tiers = ["full", "stream"]
weights = { transformer = 10, vae = 2 }
presets = [
  { name = "draft", steps = 4, guidance_scale = 1.0 },
  { name = "normal", steps = 8, guidance_scale = 4.0 },
  { name = "best", steps = 16, guidance_scale = 4.0 },
]
"""
MODEL = """
[[models]]
name = "Lantern"
title = "Lantern"
family = "one"
skills = ["text_to_image"]
[[models.sources]]
repository = "ada/lantern"
files = [{ path = "vae/w.safetensors" }]
"""


def test_every_model_of_the_family_is_there() -> None:
    assert {entry.name for entry in read_catalogue()} >= WANTED


@pytest.mark.parametrize("entry", read_catalogue(), ids=lambda entry: entry.name)
def test_every_entry_says_what_it_must(entry: Entry) -> None:
    assert urlsplit(entry.license_url).scheme == "https"
    assert entry.is_built_in or all(source.files or source.patterns for source in entry.sources)
    assert entry.tiers[0] is Tier.FULL
    assert entry.kind is not Kind.CHECKPOINT or [preset.name for preset in entry.presets] == list(Mode)
    assert entry.min_side_px <= min(entry.native_width_px, entry.native_height_px) <= entry.max_side_px
    for width_px, height_px in ((entry.native_width_px, entry.native_height_px), *entry.native_sizes_px):
        assert width_px % entry.size_multiple_px == height_px % entry.size_multiple_px == 0


@pytest.mark.parametrize("name", ["Qwen-Image", "Qwen-Image-2512", "Qwen-Image-Edit-2511"])
def test_sizes_of_files_add_up_to_their_parameters(name: str) -> None:
    entry = find_entry(name)
    assert entry is not None
    two_bytes_each = 2 * entry.weights.total
    # What is beyond them are the headers.
    assert 0 < entry.total_bytes - two_bytes_each < 1_000_000
    assert entry.expected_bytes == entry.total_bytes


def test_who_does_not_say_its_sizes_is_weighed_by_its_parameters() -> None:
    entry = find_entry("Qwen-Image-Layered")
    assert entry is not None
    assert entry.total_bytes == 0
    assert entry.expected_bytes == 2 * entry.weights.total > 57e9


def test_non_commercial_models_are_opt_in_and_show_their_licence() -> None:
    found = [entry for entry in read_catalogue() if not entry.commercial_use]
    assert {entry.name for entry in found} == {name for name in WANTED if "2.1" in name}
    assert all(entry.opt_in and entry.license and entry.obstacle for entry in found)


def test_names_are_found_whatever_their_case() -> None:
    found = find_entry("qwen-image-2512")
    assert found is not None
    assert found.name == "Qwen-Image-2512"
    assert find_entry("sdxl") is None


def test_a_model_of_a_known_family_is_one_entry() -> None:
    (entry,) = parse_catalogue(FAMILY + MODEL)
    assert (entry.license, entry.native_width_px, entry.tiers) == (
        "Apache-2.0",
        128,
        (Tier.FULL, Tier.STREAM),
    )
    assert entry.sources[0].revision == "main"
    assert not entry.sources[0].is_pinned
    assert entry.expected_bytes == 2 * 12
    draft = entry.preset("draft")
    assert draft is not None
    assert draft.steps == 4


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('family = "one"', 'family = "two"'), "Lantern is of the unknown family 'two'; known: one"),
        (('name = "Lantern"', 'name = "../x"'), "name: String should match pattern"),
        (('path = "vae/w.safetensors"', 'path = "../w"'), "a path stays inside its repository"),
        (('path = "vae/w.safetensors"', 'path = "w", sha256 = "12"'), "sha256: String should match"),
        (
            ('title = "Lantern"', 'titel = "Lantern"'),
            "Lantern.titel: Extra inputs are not permitted|Field req",
        ),
        (('skills = ["text_to_image"]', "skills = []\ncommercial_use = false"), "is opt-in"),
        (('skills = ["text_to_image"]', 'skills = []\nkind = "lora"'), "names its bases"),
        (('skills = ["text_to_image"]', 'skills = []\nkind = "lora"\nbases = ["X"]'), "names X, which is no"),
        (("[[models]]", "[[models]"), "The catalogue is no TOML"),
    ],
)
def test_what_breaks_the_schema_is_named(change: tuple[str, str], why: str) -> None:
    with pytest.raises(CatalogueBroken, match=why):
        parse_catalogue(FAMILY + MODEL.replace(*change))
