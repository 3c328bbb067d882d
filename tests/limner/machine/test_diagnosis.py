from __future__ import annotations

from dataclasses import replace

import pytest

from limner.machine.cards import Driver
from limner.machine.diagnosis import diagnose
from limner.machine.host import Disk
from limner.machine.machine import Machine, describe_devices
from tests.limner.machine.imagined import GIB, LIBRARIES, PLAIN, with_card

FOR_PROCESSORS = {"torch": "2.14.1+cpu"}
OLD = {"torch": "2.9.0", "nvidia-cuda-runtime-cu12": "12.6.77"}


def said(machine: Machine, libraries: dict[str, str] = LIBRARIES) -> list[str]:
    return [f"{finding.what} {finding.next_step}" for finding in diagnose(machine, libraries)]


def test_a_machine_in_order_has_no_findings() -> None:
    assert said(PLAIN) == []
    assert said(with_card("RTX 4080")) == []


def test_a_card_without_a_driver_is_named() -> None:
    (finding,) = said(replace(PLAIN, cards_on_bus=1))
    assert "no driver answers: no driver." in finding
    assert "Install NVIDIA's driver" in finding


@pytest.mark.parametrize(
    ("libraries", "cuda", "update"),
    [(LIBRARIES, (12, 8), "580"), (OLD, (11, 4), "525")],
    ids=["CUDA 13", "CUDA 12"],
)
def test_a_driver_that_is_too_old_for_pytorch_is_named_with_the_one_that_is_not(
    libraries: dict[str, str], cuda: tuple[int, int], update: str
) -> None:
    machine = with_card("RTX 4080")
    (finding,) = said(replace(machine, driver=replace(machine.driver, version="470.1", cuda=cuda)), libraries)
    assert f"Driver 470.1 serves CUDA {cuda[0]}.{cuda[1]}" in finding
    assert f"Update NVIDIA's driver to {update} or later" in finding


def test_a_newer_driver_than_pytorch_needs_is_fine() -> None:
    assert said(with_card("RTX 4080"), OLD) == []


def test_pytorch_for_processors_beside_a_card_is_named() -> None:
    (finding,) = said(with_card("RTX 4080"), FOR_PROCESSORS)
    assert "one for processors" in finding


def test_a_card_that_pytorch_was_not_compiled_for_is_named() -> None:
    (finding,) = said(with_card("4GB", name="GTX 1050 Ti", capability=(6, 1)))
    assert "GTX 1050 Ti has compute capability 6.1" in finding
    assert "compiled for 7.5 and later" in finding


def test_what_others_hold_of_a_card_is_named() -> None:
    (finding,) = said(with_card("16GB", free_bytes=8 * GIB))
    assert "7.61 GiB of a card of 16 GB are in use now." in finding


@pytest.mark.parametrize(
    ("disk", "says"),
    [
        (Disk("/m", 1 * GIB, 9 * GIB, "ext4", True), "has 1.00 GiB left. Free some space"),
        (Disk("/m", 99 * GIB, 99 * GIB, "ext4", True, "/m is no folder; move it away."), "/m is no folder"),
        (Disk("/m", 99 * GIB, 99 * GIB, "ext4", False), "moving parts"),
    ],
    ids=["nearly full", "unusable", "slow"],
)
def test_a_models_folder_in_a_bad_place_is_named(disk: Disk, says: str) -> None:
    (finding,) = said(replace(PLAIN, models=disk))
    assert says in finding


def test_under_windows_the_memory_is_explained_and_a_folder_of_windows_is_named() -> None:
    machine = replace(PLAIN, is_wsl=True, models=replace(PLAIN.models, file_system="9p"))
    folder, memory = said(machine)
    assert "reads several times slower" in folder
    assert "gives this Linux 64.0 GiB" in memory
    assert ".wslconfig" in memory


def test_pipelines_get_of_a_card_what_the_arbiter_would_grant() -> None:
    (card,) = describe_devices(with_card("16GB", reserved_bytes=GIB // 4, has_display=True))
    assert card.budget_bytes == 16 * GIB - GIB // 4 - GIB  # a desktop's margin is the larger one
    assert card.host_budget_bytes == 64 * GIB * 70 // 100
    assert card.is_card
    assert (card.computes_bf16, card.computes_fp8) == (True, False)


def test_without_cards_pipelines_get_most_of_the_hosts_memory() -> None:
    (host,) = describe_devices(replace(PLAIN, ram_limit_bytes=10 * GIB))
    assert (host.id, host.total_bytes, host.budget_bytes) == ("cpu:0", 10 * GIB, 7 * GIB)
    assert (host.is_card, host.computes_bf16, host.link_bytes_per_s) == (False, False, None)
    (told,) = describe_devices(PLAIN, ram_budget_bytes=3 * GIB)
    assert told.budget_bytes == 3 * GIB


def test_the_link_of_a_card_is_as_fast_as_its_lanes() -> None:
    (card,) = describe_devices(with_card("RTX 4080"))
    assert card.link_bytes_per_s == pytest.approx(31.5e9, rel=0.01)
    (unknown,) = describe_devices(
        replace(PLAIN, driver=Driver("1", None, (replace(with_card("T4").driver.cards[0], pcie_width=0),)))
    )
    assert unknown.link_bytes_per_s is None
