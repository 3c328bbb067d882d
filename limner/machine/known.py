"""Cards that a user may ask about without having one."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from limner.machine.cards import Card

_MIB, _GIB = 2**20, 2**30


class UnknownCard(ValueError):
    """No card has that name; the message says what would do."""


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    mib: int  # as its driver tells them, of which some hundred are reserved
    capability: tuple[int, int]
    pcie_generation: int
    pcie_width: int


# Memory as nvidia-smi shows it; capabilities from developer.nvidia.com/cuda-gpus; PCIe from the data sheets.
_KINDS = (
    _Kind("GTX 1650", 4096, (7, 5), 3, 16),
    _Kind("RTX 2060", 6144, (7, 5), 3, 16),
    _Kind("RTX 2080 Ti", 11264, (7, 5), 3, 16),
    _Kind("RTX 3050 Laptop", 4096, (8, 6), 4, 8),
    _Kind("RTX 3050", 8192, (8, 6), 4, 8),
    _Kind("RTX 3060", 12288, (8, 6), 4, 16),
    _Kind("RTX 3070", 8192, (8, 6), 4, 16),
    _Kind("RTX 3080", 10240, (8, 6), 4, 16),
    _Kind("RTX 3090", 24576, (8, 6), 4, 16),
    _Kind("RTX 4060", 8188, (8, 9), 4, 8),
    _Kind("RTX 4060 Ti 16GB", 16380, (8, 9), 4, 8),
    _Kind("RTX 4070", 12282, (8, 9), 4, 16),
    _Kind("RTX 4070 Ti SUPER", 16376, (8, 9), 4, 16),
    _Kind("RTX 4080", 16376, (8, 9), 4, 16),
    _Kind("RTX 4090", 24564, (8, 9), 4, 16),
    _Kind("RTX 5060", 8151, (12, 0), 5, 8),
    _Kind("RTX 5060 Ti 16GB", 16311, (12, 0), 5, 8),
    _Kind("RTX 5070", 12227, (12, 0), 5, 16),
    _Kind("RTX 5070 Ti", 16303, (12, 0), 5, 16),
    _Kind("RTX 5080", 16303, (12, 0), 5, 16),
    _Kind("RTX 5090", 32607, (12, 0), 5, 16),
    _Kind("T4", 15360, (7, 5), 3, 16),
    _Kind("L4", 23034, (8, 9), 4, 16),
    _Kind("L40S", 46068, (8, 9), 4, 16),
    _Kind("A100 40GB", 40960, (8, 0), 4, 16),
    _Kind("A100 80GB", 81920, (8, 0), 4, 16),
    _Kind("H100", 81559, (9, 0), 5, 16),
)
# For a size alone.
_USUAL = _Kind("", 0, (8, 6), 4, 16)
# What the driver keeps for itself is near this on all of them.
_RESERVED_BYTES = 400 * _MIB
_ROUGHLY = re.compile(r"(\d+(?:\.\d+)?)\s*gi?b", re.IGNORECASE)
_LARGEST_GIB = 1024


def imagine(text: str) -> Card:
    """Returns the card of a name like `RTX 4080`, or one of `16GB` that is else like many.

    Raises UnknownCard.
    """
    if _ROUGHLY.fullmatch(text.strip()):
        total_bytes = read_size(text)
        return Card(
            "simulated", f"a card of {total_bytes / _GIB:g} GB",
            total_bytes, _RESERVED_BYTES, total_bytes - _RESERVED_BYTES,
            _USUAL.capability, _USUAL.pcie_generation, _USUAL.pcie_width,
        )  # fmt: skip
    kinds = {_plain(kind.name): kind for kind in _KINDS}
    kind = kinds.get(_plain(text))
    if kind is None:
        near = difflib.get_close_matches(_plain(text), kinds, n=3, cutoff=0.5) or list(kinds)
        names = ", ".join(kinds[each].name for each in near)
        raise UnknownCard(f"No card {text!r} is known; name one of {names}, or a size like 16GB.")
    total_bytes = kind.mib * _MIB
    return Card(
        "simulated", f"NVIDIA {kind.name}", total_bytes, _RESERVED_BYTES, total_bytes - _RESERVED_BYTES,
        kind.capability, kind.pcie_generation, kind.pcie_width,
    )  # fmt: skip


def read_size(text: str) -> int:
    """Returns the bytes of a memory as sellers write it, e.g. 16GB, which is GiB. Raises UnknownCard."""
    found = _ROUGHLY.fullmatch(text.strip())
    if found is None or not 1 <= float(found[1]) <= _LARGEST_GIB:
        raise UnknownCard(f"{text!r} is no size of a memory; name 1 to {_LARGEST_GIB} GB, e.g. 16GB.")
    return int(float(found[1]) * _GIB)


def _plain(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", " ", name.lower()).split()
    return "".join(word for word in words if word not in {"nvidia", "geforce", "gpu"})
