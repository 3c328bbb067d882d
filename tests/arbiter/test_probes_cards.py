"""Probes against an imagined sysfs, imagined figures and described cards; real ones need real cards."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pydantic import ValidationError

from limner.models.device import card_margin_bytes
from services.arbiter.amd import AmdProbe, find_amd_cards
from services.arbiter.apple import AppleProbe, working_set_bytes
from services.arbiter.apple import Memory as AppleMemory
from services.arbiter.cards import Memory
from services.arbiter.devices import Foreign
from services.arbiter.discovery import looking
from services.arbiter.leases import Key
from services.arbiter.observer import observe
from services.arbiter.probes import RamProbe
from services.arbiter.static import StaticCard
from services.arbiter.testimony import decode_sample, encode_question
from tests.arbiter.holder import MIB

GIB = 1024 * MIB
KEY = Key("t2i", "1")
PID = 4242


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    """One AMD card of 24 GiB with a screen, beside one of another vendor."""
    write(tmp_path, "class/drm/card0/device/vendor", "0x8086\n")
    device = "class/drm/card1/device"
    write(tmp_path, f"{device}/vendor", "0x1002\n")
    write(tmp_path, f"{device}/device", "0x744c\n")
    write(tmp_path, f"{device}/unique_id", "9f3a57e1c0de0001\n")
    write(tmp_path, f"{device}/mem_info_vram_total", f"{24 * GIB}\n")
    write(tmp_path, f"{device}/mem_info_vram_used", f"{3 * GIB}\n")
    write(tmp_path, f"{device}/drm/renderD129/uevent", "")
    write(tmp_path, "class/drm/card1-DP-1/status", "disconnected\n")
    write(tmp_path, "class/kfd/kfd/topology/nodes/0/properties", "cpu_cores_count 16\n")
    write(tmp_path, "class/kfd/kfd/topology/nodes/1/properties", "simd_count 192\ndrm_render_minor 129\n")
    write(tmp_path, "class/kfd/kfd/topology/nodes/1/gpu_id", "51234\n")
    return tmp_path


def write(root: Path, path: str, text: str) -> None:
    """Writes one file of an imagined sysfs."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def found(sysfs: Path) -> AmdProbe:
    """Returns the probe of an imagined sysfs."""
    probe = find_amd_cards(1 << 45, sysfs)
    assert probe is not None
    return probe


def test_an_amd_card_is_named_as_its_runtime_names_it(sysfs: Path) -> None:
    card, *pools = found(sysfs).sample({}).devices
    assert (card.id, card.name) == ("GPU-9f3a57e1c0de0001", "AMD 0x744c")
    assert card.total_bytes == 24 * GIB
    assert card.limit_bytes == 24 * GIB - card_margin_bytes(24 * GIB, has_display=False)
    assert [pool.id for pool in pools] == ["host:pageable", "host:pinned"]


def test_what_workers_use_of_an_amd_card_is_not_foreign(sysfs: Path) -> None:
    write(sysfs, f"class/kfd/kfd/proc/{PID}/vram_51234", f"{2 * GIB}\n")
    sample = found(sysfs).sample({KEY: PID, Key("edit", "1"): 77})
    card = sample.devices[0]
    assert (card.observed_bytes, card.foreign_bytes) == (2 * GIB, GIB)
    assert sample.present == {KEY}


def test_a_screen_doubles_an_amd_cards_margin(sysfs: Path) -> None:
    before = found(sysfs).sample({}).devices[0]
    write(sysfs, "class/drm/card1-DP-1/status", "connected\n")
    after = found(sysfs).sample({}).devices[0]
    assert (before.margin_bytes, after.margin_bytes) == (24 * GIB * 4 // 100, GIB)


def test_an_amd_card_that_stops_answering_is_not_named(sysfs: Path) -> None:
    probe = found(sysfs)
    (sysfs / "class/drm/card1/device/mem_info_vram_used").write_text("")
    assert [device.id for device in probe.sample({}).devices] == ["host:pageable", "host:pinned"]


def test_a_machine_without_amd_cards_has_no_amd_probe(tmp_path: Path) -> None:
    write(tmp_path, "class/drm/card0/device/vendor", "0x8086\n")
    assert find_amd_cards(GIB, tmp_path) is None


@pytest.mark.parametrize(
    ("reserved", "free", "used", "is_included"),
    [(600, 20_000, 4_000, True), (600, 20_000, 3_400, False), (0, 20_000, 4_000, False)],
)
def test_the_meaning_of_used_is_the_one_that_adds_up(
    reserved: int, free: int, used: int, is_included: bool
) -> None:
    assert Memory(24_000, reserved, free, used).counts_reserved_as_used() is is_included


def test_others_use_counts_for_a_minute() -> None:
    foreign = Foreign()
    assert foreign.add(10 * GIB, 4 * GIB) == 6 * GIB
    for _ in range(59):
        assert foreign.add(4 * GIB, 4 * GIB) == 6 * GIB
    assert foreign.add(4 * GIB, 4 * GIB) == 0


def test_a_margin_is_never_more_than_the_card() -> None:
    assert card_margin_bytes(256 * MIB, has_display=True) == 256 * MIB


def test_apples_gpu_gives_up_what_others_take_of_its_share() -> None:
    used_by_others = 20 * GIB
    memory = AppleMemory(32 * GIB, 32 * GIB - used_by_others - GIB, {PID: GIB})
    (gpu,) = AppleProbe(lambda pids: memory).sample({KEY: PID}).devices
    share_bytes = working_set_bytes(32 * GIB)
    assert gpu.observed_bytes == GIB
    assert gpu.foreign_bytes == used_by_others - (32 * GIB - share_bytes)
    assert gpu.capacity_bytes + gpu.margin_bytes + used_by_others == 32 * GIB


def test_described_cards_stand_beside_host_memory() -> None:
    with looking("auto", [StaticCard(id="GPU-1", total_bytes=16 * GIB)], 8 * GIB) as probe:
        card, *pools = probe.sample({KEY: PID}).devices
    assert (card.id, card.total_bytes - card.limit_bytes) == ("GPU-1", card.margin_bytes)
    assert len(pools) == 2


def test_a_described_card_without_memory_is_refused() -> None:
    with pytest.raises(ValidationError):
        StaticCard(id="GPU-1", total_bytes=0)


def test_a_machine_whose_driver_names_no_card_computes_on_its_host_memory() -> None:
    with looking("apple", (), GIB) as probe:
        assert isinstance(probe, RamProbe)


def test_the_observer_says_what_its_probe_sees(sysfs: Path) -> None:
    probe = found(sysfs)
    answers = io.BytesIO()
    observe(probe, io.BytesIO(encode_question({KEY: PID}) * 2), answers)
    first, second = answers.getvalue().splitlines()
    assert decode_sample(first) == decode_sample(second) == probe.sample({KEY: PID})
