"""What is wrong with a machine, or could be better, each with the next step. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from limner.cli.sizes import in_words
from limner.machine.cards import Card, Driver
from limner.machine.host import Disk
from limner.machine.machine import Machine

_GIB = 2**30
_LITTLE_FREE_BYTES = 5 * _GIB  # A day's pictures and a converted text encoder want more.
_OTHERS_SHARE_PERCENT = 10  # What a desktop takes is no news.
# By the CUDA release for which PyTorch was built: the oldest driver on Linux (CUDA release notes, "minor
# version compatibility") and the oldest cards that are compiled for.
_OLDEST_DRIVERS = {12: "525", 13: "580"}
_OLDEST_CAPABILITIES = {12: (5, 0), 13: (7, 5)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that stands in the way."""

    what: str  # one sentence
    next_step: str


def diagnose(machine: Machine, libraries: Mapping[str, str]) -> tuple[Finding, ...]:
    """Returns what to look at first, the gravest first; `libraries` are versions, empty where absent."""
    return (
        *_missing_driver(machine),
        *_old_driver(machine.driver, libraries),
        *(finding for card in machine.driver.cards for finding in _card(card, libraries)),
        *_disks(machine),
        *_windows(machine),
    )


def cuda_of(libraries: Mapping[str, str]) -> int | None:
    """Returns the CUDA release of the installed PyTorch, as its runtime's package tells; None without one."""
    for name in ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12"):
        if version := libraries.get(name):
            return int(version.partition(".")[0])
    return None


def _missing_driver(machine: Machine) -> Iterator[Finding]:
    if machine.cards_on_bus and not machine.driver.version:
        yield Finding(
            f"There is an NVIDIA card and no driver answers: {machine.driver.no_cards_because}.",
            "Install NVIDIA's driver for it and restart the machine; until then the processor computes.",
        )


def _old_driver(driver: Driver, libraries: Mapping[str, str]) -> Iterator[Finding]:
    wanted = cuda_of(libraries)
    if driver.cards and wanted is None:
        yield Finding(
            "The installed PyTorch is one for processors, and would not use the card.",
            "Remove .venv and let `make run` install the one for NVIDIA cards.",
        )
    if driver.cuda is not None and wanted is not None and driver.cuda[0] < wanted:
        at_least = _OLDEST_DRIVERS.get(wanted, "a newer release")
        yield Finding(
            f"Driver {driver.version} serves CUDA {_dotted(driver.cuda)} and the installed PyTorch needs "
            f"CUDA {wanted}.",
            f"Update NVIDIA's driver to {at_least} or later.",
        )


def _card(card: Card, libraries: Mapping[str, str]) -> Iterator[Finding]:
    oldest = _OLDEST_CAPABILITIES.get(cuda_of(libraries) or 0)
    if card.capability is not None and oldest is not None and card.capability < oldest:
        yield Finding(
            f"{card.name} has compute capability {_dotted(card.capability)} and the installed PyTorch is "
            f"compiled for {_dotted(oldest)} and later.",
            "Set LIMNER_ARBITER_PROBE=ram to compute on the processor, or use a newer card.",
        )
    others_bytes = card.total_bytes - card.reserved_bytes - card.free_bytes
    if others_bytes * 100 > card.total_bytes * _OTHERS_SHARE_PERCENT:
        yield Finding(
            f"{in_words(others_bytes)} of {card.name} are in use now.",
            "Unless it is a studio of yours, close what uses the card; `nvidia-smi` says what that is.",
        )


def _disks(machine: Machine) -> Iterator[Finding]:
    for disk, what, setting in (
        (machine.home, "home", "LIMNER_HOME"),
        (machine.models, "models folder", "LIMNER_T2I_MODELS_DIR"),
    ):
        if disk.problem:
            folder = f"The {what} cannot be used as it is: {disk.problem}"
            yield Finding(folder, f"Then start again, or set {setting} to another folder.")
        elif disk.free_bytes < _LITTLE_FREE_BYTES:
            yield Finding(
                f"The disk of the {what} has {in_words(disk.free_bytes)} left.",
                f"Free some space or set {setting} to another disk.",
            )
    if machine.models.is_solid is False:
        yield Finding(
            "The models folder is on a disk with moving parts: a large model loads for minutes, and what is "
            "streamed from it is slower still.",
            "Set LIMNER_T2I_MODELS_DIR, LIMNER_EDIT_MODELS_DIR and LIMNER_TILING_MODELS_DIR to a folder on "
            "an SSD.",
        )


def _windows(machine: Machine) -> Iterator[Finding]:
    if not machine.is_wsl:
        return
    if _is_of_windows(machine.models):
        yield Finding(
            "The models folder is one of Windows, which Linux under Windows reads several times slower.",
            "Move the models below the home of Linux, e.g. into ~/.limner/models.",
        )
    yield Finding(
        f"Windows gives this Linux {in_words(machine.ram_bytes)} of memory, by default half of the "
        "machine's, and does not say which program uses how much of the card.",
        "Give it more with `memory=` in %UserProfile%\\.wslconfig, then `wsl --shutdown`.",
    )


def _is_of_windows(disk: Disk) -> bool:
    return disk.file_system in {"9p", "drvfs", "virtiofs"}


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
