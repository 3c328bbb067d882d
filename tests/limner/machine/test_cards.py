"""Cards through an NVML that says what a test wants; the real one needs a real card."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# nvidia-ml-py is not typed.

from __future__ import annotations

from typing import Any

import pynvml
import pytest

from limner.machine.cards import Card, ask_driver
from limner.machine.known import UnknownCard, imagine

GIB = 2**30
LOST: Exception = pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)


class Memory:
    total, reserved, free = 16 * GIB, GIB // 4, 15 * GIB


class Nvml:
    """A driver with one card; it does not know the questions in `unknown`."""

    nvmlMemory_v2 = 2  # noqa: N815 NVML's own name

    def __init__(self, *unknown: str, count: int = 1) -> None:
        self._unknown, self._count = unknown, count
        self.is_open = False

    def nvmlInit(self) -> None:
        self._maybe("nvmlInit")
        self.is_open = True

    def nvmlShutdown(self) -> None:
        self.is_open = False

    def nvmlSystemGetDriverVersion(self) -> str:
        return self._maybe("driver", "580.95.05")

    def nvmlSystemGetCudaDriverVersion(self) -> int:
        return self._maybe("cuda", 13010)

    def nvmlDeviceGetCount(self) -> int:
        return self._maybe("count", self._count)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetMemoryInfo(self, _handle: int, version: int = 1) -> Memory:
        return self._maybe(f"memory {version}", Memory())

    def nvmlDeviceGetUUID(self, _handle: int) -> str:
        return "GPU-1"

    def nvmlDeviceGetName(self, _handle: int) -> str:
        return "NVIDIA GeForce RTX 4080"

    def nvmlDeviceGetCudaComputeCapability(self, _handle: int) -> tuple[int, int]:
        return self._maybe("capability", (8, 9))

    def nvmlDeviceGetMaxPcieLinkGeneration(self, _handle: int) -> int:
        return self._maybe("pcie", 4)

    def nvmlDeviceGetMaxPcieLinkWidth(self, _handle: int) -> int:
        return self._maybe("pcie", 16)

    def nvmlDeviceGetDisplayActive(self, _handle: int) -> int:
        return self._maybe("display", 1)

    def _maybe(self, question: str, answer: Any = None) -> Any:
        if question in self._unknown:
            raise LOST
        return answer


def test_a_card_is_described_as_its_driver_tells_it() -> None:
    nvml = Nvml()
    driver = ask_driver(nvml)
    assert driver.cards == (
        Card(
            "GPU-1", "NVIDIA GeForce RTX 4080", 16 * GIB, GIB // 4, 15 * GIB, (8, 9), 4, 16, has_display=True
        ),
    )
    assert (driver.version, driver.cuda, driver.no_cards_because) == ("580.95.05", (13, 1), "")
    assert not nvml.is_open


def test_what_a_driver_does_not_know_is_left_open() -> None:
    (card,) = ask_driver(Nvml("memory 2", "capability", "pcie", "display", "cuda")).cards
    assert (card.reserved_bytes, card.capability, card.pcie_generation, card.has_display) == (
        0,
        None,
        0,
        False,
    )


@pytest.mark.parametrize(("nvml", "reason"), [(Nvml("nvmlInit"), str(LOST)), (Nvml("count"), str(LOST))])
def test_without_cards_the_driver_says_why(nvml: Nvml, reason: str) -> None:
    driver = ask_driver(nvml)
    assert (driver.cards, driver.no_cards_because) == ((), reason)
    assert not nvml.is_open


def test_a_driver_without_cards_lists_none() -> None:
    assert ask_driver(Nvml(count=0)).no_cards_because == "the driver lists none"


@pytest.mark.parametrize("name", ["RTX 4080", "rtx4080", "NVIDIA GeForce RTX 4080"])
def test_a_known_card_is_found_however_it_is_written(name: str) -> None:
    card = imagine(name)
    assert (card.total_bytes, card.capability) == (16376 * 2**20, (8, 9))
    assert (card.pcie_generation, card.pcie_width) == (4, 16)


@pytest.mark.parametrize(
    ("size", "total_bytes"), [("16GB", 16 * GIB), ("4 GiB", 4 * GIB), ("1.5gb", GIB * 3 // 2)]
)
def test_a_size_alone_is_a_card(size: str, total_bytes: int) -> None:
    assert imagine(size).total_bytes == total_bytes


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("RTX 4008", "RTX 4080"),
        ("Voodoo 2", "a size like 16GB"),
        ("0GB", "1 to 1024 GB"),
        ("", "a size like 16GB"),
    ],
)
def test_an_unknown_card_is_answered_with_what_would_do(name: str, says: str) -> None:
    with pytest.raises(UnknownCard, match=says):
        imagine(name)
