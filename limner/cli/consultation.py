"""What `limner doctor` found, for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from limner.cli.sizes import in_words
from limner.machine.cards import Card
from limner.machine.diagnosis import Finding
from limner.machine.host import Disk
from limner.machine.machine import Machine
from limner.models.device import DeviceFacts
from limner.models.outlook import Outlook


@dataclass(frozen=True, slots=True)
class Consultation:
    """Everything that was found."""

    machine: Machine
    devices: tuple[DeviceFacts, ...]  # where pipelines would run
    libraries: dict[str, str]  # versions; empty where absent
    models: tuple[Outlook, ...]  # on the first device
    problems: tuple[Finding, ...]


def show(found: Consultation) -> Group:
    """Returns the machine, and what to do next."""
    return Group(*_parts(found))


def _parts(found: Consultation) -> Iterator[RenderableType]:
    yield _pairs(_rows(found))
    for outlook in found.models:
        yield Text()
        yield Text(outlook.sentence if outlook.is_present else f"{outlook.sentence} Not downloaded.")
    for problem in found.problems:
        yield Text()
        yield Text(problem.what, style="yellow")
        yield Text(f"→ {problem.next_step}")


def _pairs(rows: Iterator[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows:
        table.add_row(Text(name, style="bold"), Text(value))
    return table


def _rows(found: Consultation) -> Iterator[tuple[str, str]]:
    machine = found.machine
    windows = ", under Windows" if machine.is_wsl else ""
    yield "system", f"{machine.system}{windows}, Python {machine.python}"
    quota = f", container limited to {machine.core_quota:g}" if machine.core_quota else ""
    yield "cores", f"{machine.cores}{quota}"
    limit = f", container limited to {in_words(machine.ram_limit_bytes)}" if machine.ram_limit_bytes else ""
    free = f"{in_words(machine.ram_bytes)}, {in_words(machine.ram_available_bytes)} available"
    yield "memory", f"{free}{limit}, {_swap(machine)}"
    yield from (("card", describe_card(card)) for card in machine.driver.cards)
    if machine.driver.cards:
        cuda = machine.driver.cuda
        yield "driver", machine.driver.version + (f", CUDA {cuda[0]}.{cuda[1]}" if cuda else "")
    else:
        yield "card", f"none ({machine.driver.no_cards_because})"
    yield from (("runs on", _describe_device(device)) for device in found.devices)
    yield "home", _describe_disk(machine.home)
    yield "models", _describe_disk(machine.models)
    versions = (f"{name} {version}" for name, version in found.libraries.items() if version)
    yield "libraries", ", ".join(versions)


def describe_card(card: Card) -> str:
    """Returns a card in one line."""
    parts = [card.name, f"{in_words(card.free_bytes)} of {in_words(card.total_bytes)} free"]
    if card.capability is not None:
        parts.append(f"compute capability {card.capability[0]}.{card.capability[1]}")
    if card.pcie_generation and card.pcie_width:
        parts.append(f"PCIe {card.pcie_generation}.0 ×{card.pcie_width}")
    return ", ".join(parts)


def _describe_device(device: DeviceFacts) -> str:
    name = device.name if device.is_card else device.id
    text = f"{name}, where models may hold {in_words(device.budget_bytes)}"
    if not device.is_card:
        return text
    able = [
        f"{'computes' if can else 'does not compute'} in {what}"
        for can, what in ((device.computes_bf16, "bfloat16"), (device.computes_fp8, "8-bit floats"))
    ]
    return f"{text}, and {in_words(device.host_budget_bytes)} beside it; {', '.join(able)}"


def _describe_disk(disk: Disk) -> str:
    kinds = {True: ", SSD", False: ", a disk with moving parts", None: ""}
    system = f", {disk.file_system}" if disk.file_system else ""
    return f"{disk.folder}, {in_words(disk.free_bytes)} free{system}{kinds[disk.is_solid]}"


def _swap(machine: Machine) -> str:
    return f"{in_words(machine.swap_bytes)} of swap" if machine.swap_bytes else "no swap"
