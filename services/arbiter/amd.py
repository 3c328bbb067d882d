"""AMD cards, seen through sysfs; needs neither ROCm nor privileges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from limner.models.device import card_margin_bytes
from services.arbiter.devices import Foreign, host_pools
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.probes import Sample

_AMD = "0x1002"  # PCI vendor.


@dataclass(frozen=True, slots=True)
class _Card:
    folder: Path  # /sys/class/drm/card<n>
    id: str
    kfd_id: str  # By which the compute driver knows it; empty without one.
    foreign: Foreign = field(default_factory=Foreign)

    @property
    def device(self) -> Path:
        return self.folder / "device"

    def has_display(self) -> bool:
        return any(
            _text(file) == "connected" for file in self.folder.parent.glob(f"{self.folder.name}-*/status")
        )


class AmdProbe:
    """All AMD cards of this machine, and its host memory as pools beside them."""

    def __init__(self, cards: list[_Card], kfd: Path, budget_bytes: int) -> None:
        self._cards, self._kfd, self._budget_bytes = cards, kfd, budget_bytes

    def sample(self, pids: Mapping[Key, int]) -> Sample:
        """Returns every card that still answers; what no worker of ours uses is foreign."""
        present: set[Key] = set()
        devices: list[Device] = []
        for card in self._cards:
            ours = {key: self._held_bytes(card, pid) for key, pid in pids.items()}
            present |= {key for key, held_bytes in ours.items() if held_bytes > 0}
            try:
                devices.append(_look(card, sum(ours.values())))
            except (OSError, ValueError):
                continue
        return Sample((*devices, *host_pools(self._budget_bytes)), frozenset(present))

    def _held_bytes(self, card: _Card, pid: int) -> int:
        # https://docs.kernel.org/gpu/amdgpu: one file per process and GPU, in bytes.
        try:
            return int(_text(self._kfd / "proc" / str(pid) / f"vram_{card.kfd_id}"))
        except ValueError:
            return 0


def find_amd_cards(budget_bytes: int, sysfs: Path = Path("/sys")) -> AmdProbe | None:
    """Returns a probe of this machine's AMD cards; None when it has none."""
    kfd = sysfs / "class" / "kfd" / "kfd"
    kfd_ids = _kfd_ids(kfd)
    cards = [
        _Card(folder, _id(folder / "device"), kfd_ids.get(_render_minor(folder / "device"), ""))
        for folder in sorted((sysfs / "class" / "drm").glob("card*"))
        if _text(folder / "device" / "vendor") == _AMD
        and (folder / "device" / "mem_info_vram_total").exists()
    ]
    return AmdProbe(cards, kfd, budget_bytes) if cards else None


def _look(card: _Card, ours_bytes: int) -> Device:
    total_bytes = int((card.device / "mem_info_vram_total").read_text())
    used_bytes = int((card.device / "mem_info_vram_used").read_text())
    margin = card_margin_bytes(total_bytes, has_display=card.has_display())
    return Device(
        card.id,
        _text(card.device / "product_name") or f"AMD {_text(card.device / 'device')}",
        total_bytes,
        max(0, total_bytes - margin),
        foreign_bytes=card.foreign.add(used_bytes, ours_bytes),
        observed_bytes=ours_bytes,
        margin_bytes=margin,
        frees_at_death=False,
    )


def _id(device: Path) -> str:
    """The name by which ROCR_VISIBLE_DEVICES knows a card, else its slot."""
    unique = _text(device / "unique_id")
    return f"GPU-{unique}" if unique else f"amd:{device.resolve().name}"


def _render_minor(device: Path) -> str:
    return next((node.name.removeprefix("renderD") for node in (device / "drm").glob("renderD*")), "")


def _kfd_ids(kfd: Path) -> dict[str, str]:
    """Returns the compute driver's number of each card by its render minor."""
    ids: dict[str, str] = {}
    for node in (kfd / "topology" / "nodes").glob("*"):
        properties = dict(
            line.split(maxsplit=1) for line in _text(node / "properties").splitlines() if " " in line
        )
        if minor := properties.get("drm_render_minor", ""):
            ids[minor] = _text(node / "gpu_id")
    return ids


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
