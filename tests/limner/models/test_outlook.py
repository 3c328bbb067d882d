"""What users of a 16 GB and of a 4 GB card are told of the real Qwen-Image, which is not here."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from limner.machine.known import imagine
from limner.machine.machine import describe_card
from limner.models.device import DeviceFacts, host_budget_bytes
from limner.models.entry import Entry, Tier, Weights
from limner.models.outlook import Candidate, foresee
from limner.models.profiles import Profiles, Row, bucket_of
from limner.models.weighing import sizes_of

GIB = 2**30
# As published: 60 blocks of 340 million parameters, Qwen2.5-VL-7B, and the autoencoder.
WEIGHTS = Weights(transformer=20_430_401_088, text_encoder=8_292_166_656, vae=126_892_531)
QWEN_IMAGE = Entry(
    name="Qwen-Image",
    title="Qwen-Image",
    family="qwen-image",
    license="Apache-2.0",
    license_url="",
    commercial_use=True,
    opt_in=False,
    sources=(),
    skills=frozenset({"text_to_image"}),
    native_width_px=1328,
    native_height_px=1328,
    weights=WEIGHTS,
)
CANDIDATE = Candidate("Qwen-Image", "Qwen-Image", False, 1328, 1328, sizes_of(QWEN_IMAGE))


def card(name: str, ram_bytes: int = 64 * GIB) -> DeviceFacts:
    return describe_card(imagine(name), host_budget_bytes(ram_bytes))


@pytest.mark.parametrize("name", ["RTX 4080", "16GB"])
def test_a_16_gb_card_keeps_the_weights_in_fewer_bits_and_says_why(name: str) -> None:
    found = foresee(CANDIDATE, card(name))
    assert found.tier is Tier.NF4
    assert found.sentence.startswith("Qwen-Image: nf4. full needs ")
    needed = {tier: float(gb) for tier, gb in re.findall(r"(\w+) needs (\d+\.\d) GB", found.sentence)}
    assert needed.keys() == {"full", "fp8"}
    assert 55 < needed["full"] < 75
    assert 20 < needed["fp8"] < 40


@pytest.mark.parametrize("name", ["GTX 1650", "4GB"])
def test_a_4_gb_card_reads_block_by_block_and_says_why_nothing_else_fits(name: str) -> None:
    found = foresee(CANDIDATE, card(name, 16 * GIB))
    assert found.tier is Tier.STREAM
    assert found.sentence.startswith("Qwen-Image: stream. full needs ")
    assert [tier for tier, _ in re.findall(r"(\w+) needs (\d+\.\d) GB", found.sentence)] == [
        *("full", "fp8", "nf4", "offload")
    ]
    assert max(each.peak_bytes for each in found.plans if each.tier is Tier.STREAM) < 4 * GIB


def test_a_large_card_has_nothing_to_explain() -> None:
    found = foresee(CANDIDATE, card("A100 80GB", 256 * GIB))
    assert found.tier is Tier.FULL
    assert "needs" not in found.sentence


def test_little_host_memory_is_named_where_it_is_what_is_missing() -> None:
    held = replace(CANDIDATE, tiers=(Tier.FULL, Tier.OFFLOAD, Tier.STREAM))
    found = foresee(held, card("RTX 4080", 16 * GIB))
    assert found.tier is Tier.STREAM
    assert "of the host's memory" in found.sentence
    assert foresee(held, card("RTX 4080", 128 * GIB)).tier is Tier.OFFLOAD


def test_a_card_on_which_nothing_fits_is_told_what_would() -> None:
    found = foresee(CANDIDATE, card("1GB"))
    assert found.tier is None
    assert found.sentence.startswith("Qwen-Image: does not run. ")
    assert "stream needs" in found.sentence


def test_what_was_computed_and_not_read_from_files_says_so() -> None:
    assert foresee(CANDIDATE, card("4GB")).sentence.endswith("Computed from published sizes.")


def test_what_was_measured_on_this_machine_is_told() -> None:
    row = Row("Qwen-Image", "", "stream", bucket_of(1328 * 1328), step_s=31.4)
    found = foresee(CANDIDATE, card("4GB"), Profiles(rows=(row,)))
    assert found.sentence.endswith("Measured here: 31.4 s a step.")


def test_a_model_of_unknown_size_is_not_judged() -> None:
    found = foresee(replace(CANDIDATE, sizes=None), card("RTX 4080"))
    assert (found.tier, found.plans) == (None, ())
    assert "not known before it is downloaded" in found.sentence
