"""Makes docs/memory.md, what the real models would take: `python -m benchmarks.memory_computed`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from limner.machine.known import imagine
from limner.machine.machine import describe_card
from limner.models.activations import Shape
from limner.models.catalogue import read_catalogue
from limner.models.device import DeviceFacts, host_budget_bytes
from limner.models.entry import Entry, Kind, Tier
from limner.models.planner import Fit, TierPlan, choose, plan
from limner.models.weighing import sizes_of

CARDS = ("RTX 4080", "4GB")
_RAM_BYTES = 64 * 2**30
_GIB = 2**30

_HEAD = """# What models take

**Computed**, not measured: from the published sizes of the weights, parameter by parameter, and what others
have measured of activations, as the planner does it (`limner/models/planner.py`). `limner bench` measures
your own machine, and `limner doctor --as "RTX 4080"` says the same of one model after the other. This page
is made by `python -m benchmarks.memory_computed`; a test holds it to that.

Each picture at the model's native size, on a machine with 64 GiB of memory whose card nobody else uses. GiB
on the card, the process's own context included; **bold** is the tier that is chosen. In `offload` and
`stream` the weights stay in the host's memory or on the disk, and as much of them lies on the card as fits:
the peak is what the card admits, and the least that the tier needs is less.
"""

_TAIL = """## Published figures beside it

| what | published | where |
|---|---|---|
| everything resident in bfloat16 | 56 GB | DiffSynth-Studio, documentation of VRAM management |
| one part after the other on the card, bfloat16 | 40 GB | the same |
| the same with weights stored in 8 bits | 21 GB | the same |
| streamed layer by layer | "min 8 GB"; "within 4 GB" | the same; its page on Qwen-Image |
| 4 bits, resident · streamed in blocks (another engine) | 15 to 17 · 3 to 4 GB | nunchaku, documentation |
| decoding 2560×1440, untiled · in tiles of 256 | 19.9 · 0.55 GiB | InvokeAI, pull request 9427 |

"Everything resident" counts the text encoder, too, which the program drops from the card once the prompt is
read where that lets a better tier fit. The tiers here take a margin for activations and the context, which
those figures leave out.
"""


def main() -> None:
    """Prints the page."""
    sys.stdout.write(write_page())


def write_page() -> str:
    """Returns the page as Markdown."""
    models = [entry for entry in read_catalogue() if _is_wanted(entry)]
    parts = [_HEAD]
    for name in CARDS:
        card = describe_card(imagine(name), host_budget_bytes(_RAM_BYTES))
        parts.append(_write_card(card, models))
    return "\n".join([*parts, _TAIL])


def _is_wanted(entry: Entry) -> bool:
    return entry.kind is Kind.CHECKPOINT and not entry.is_built_in and not entry.obstacle


def _write_card(card: DeviceFacts, models: Iterable[Entry]) -> str:
    tiers = [tier.value for tier in Tier]
    head = f"| model | native size | {' | '.join(tiers)} |\n|---|---|{'---|' * len(tiers)}"
    title = f"## {card.name}: {card.budget_bytes / _GIB:.1f} of {card.total_bytes / _GIB:.1f} GiB for models"
    return "\n".join([title, "", head, *(_write_model(entry, card) for entry in models), ""])


def _write_model(entry: Entry, card: DeviceFacts) -> str:
    width_px, height_px = entry.native_width_px, entry.native_height_px
    sizes = sizes_of(entry)
    assert sizes is not None, "checkpoints of the catalogue tell their weights"
    plans = plan(sizes, card, Shape(width_px, height_px), tiers=entry.tiers)
    cells = " | ".join(_write_cells(plans))
    return f"| {entry.title} | {width_px}×{height_px} | {cells} |"


def _write_cells(plans: tuple[TierPlan, ...]) -> Iterator[str]:
    chosen, by_tier = choose(plans), {each.tier: each for each in plans}
    for tier in Tier:
        found = by_tier.get(tier)
        if found is None:
            yield ""
            continue
        size = f"{found.peak_bytes / _GIB:.1f}"
        if found.fits is Fit.NEVER:
            yield f"{size}, too much"
        else:
            yield f"**{size}**" if found is chosen else size


if __name__ == "__main__":
    main()
