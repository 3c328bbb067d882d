"""What /proc and /sys say of the host: its limits, whether Windows is below, and where folders lie."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Disk:
    """Where a folder lies, and what room there is."""

    folder: str
    free_bytes: int
    total_bytes: int
    file_system: str  # as mounted; empty when unknown
    is_solid: bool | None  # without moving parts; None when nothing says so
    problem: str = ""  # why the folder cannot be used; empty when it can


def find_ram_limit(root: Path = Path("/")) -> int | None:
    """Returns the least memory that any group of this process, e.g. a container, allows; None without one."""
    limits = [limit for file in _limit_files(root) if (limit := parse_limit(_read(file))) is not None]
    return min(limits, default=None)


def find_usable_ram(root: Path = Path("/")) -> int:
    """Returns the memory that this process may use at most: the machine's, or less in a container."""
    ram_bytes = psutil.virtual_memory().total
    return min(ram_bytes, find_ram_limit(root) or ram_bytes)


def find_core_quota(root: Path = Path("/")) -> float | None:
    """Returns the cores that the container allows; None without a limit."""
    return parse_quota(_read(root / "sys/fs/cgroup/cpu.max"))


def count_nvidia_cards(root: Path = Path("/")) -> int:
    """Returns how many NVIDIA display devices are on the bus, whether or not a driver serves them."""
    found = (root / "sys/bus/pci/devices").glob("*")
    return sum(
        _read(device / "vendor").strip() == "0x10de" and _read(device / "class").startswith("0x03")
        for device in found
    )


def is_wsl(root: Path = Path("/")) -> bool:
    """Tells whether this is Linux under Windows."""
    return "microsoft" in _read(root / "proc/sys/kernel/osrelease").lower()


def parse_quota(cpu_max: str) -> float | None:
    """Returns the cores that `cpu.max` grants, e.g. 1.5 for `150000 100000` (cgroup-v2.rst)."""
    match cpu_max.split():
        case [quota, period] if quota.isdecimal():
            return int(quota) / int(period)
        case _:
            return None


def parse_limit(memory_max: str) -> int | None:
    """Returns the bytes of `memory.max`; None for `max`, no limit file, or version 1's 'no limit'."""
    text = memory_max.strip()
    return int(text) if text.isdecimal() and int(text) < _NO_LIMIT_BYTES else None


def look_at(folder: Path, root: Path = Path("/")) -> Disk:
    """Returns where `folder` lies, or will lie once it is made."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    usage = shutil.disk_usage(there)
    file_system, source = _mount_of(there, root)
    return Disk(
        str(folder),
        usage.free,
        usage.total,
        file_system,
        _is_solid(there, source, root),
        _why_unusable(folder),
    )


_NO_LIMIT_BYTES = 2**60  # Version 1 of control groups writes the largest page-aligned number.


def _limit_files(root: Path) -> list[Path]:
    groups = root / "sys/fs/cgroup"
    files = [groups / "memory.max", groups / "memory/memory.limit_in_bytes"]
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        name = "memory.max" if not controllers else "memory.limit_in_bytes"
        if controllers and "memory" not in controllers.split(","):
            continue
        base = groups if not controllers else groups / "memory"
        group = base / path.lstrip("/")
        # A limit anywhere above binds as well.
        files += [each / name for each in (group, *group.parents) if each.is_relative_to(base)]
    return files


def _mount_of(folder: Path, root: Path) -> tuple[str, str]:
    """Returns the file system and its source as /proc/self/mountinfo has them, e.g. ext4 and /dev/sda1."""
    device = os.stat(folder).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in _read(root / "proc/self/mountinfo").splitlines():
        # Optional fields of any number end with a hyphen (proc_pid_mountinfo(5)).
        place, _, rest = line.partition(" - ")
        if place.split()[2:3] == [wanted] and len(parts := rest.split()) >= 2:
            return parts[0], parts[1]
    return "", ""


def _is_solid(folder: Path, source: str, root: Path) -> bool | None:
    device = os.stat(folder).st_dev
    if os.major(device) == 0 and source.startswith("/dev/"):
        # Some file systems, like btrfs, number their volumes themselves.
        try:
            device = os.stat(source).st_rdev
        except OSError:
            return None
    block = (root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve()
    # A partition has its queue at its disk, one folder above.
    for place in (block, block.parent):
        if text := _read(place / "queue/rotational").strip():
            return True if text == "0" else None if _is_virtual(place) else False
    return None


def _is_virtual(block: Path) -> bool:
    """Tells whether a hypervisor stands in for the disk: those say that it turns whatever there is below."""
    made_by = _read(block / "device/vendor") + _read(block / "device/model")
    return block.name.startswith(("vd", "xvd")) or any(
        name in made_by for name in ("QEMU", "Virtual", "Msft")
    )


def _why_unusable(folder: Path) -> str:
    if not folder.exists():
        return ""
    if not folder.is_dir():
        return f"{folder} is no folder; move it away or name another one."
    if not os.access(folder, os.R_OK | os.X_OK):
        return f"{folder} cannot be read by this user; `chmod u+rx` it or name another one."
    if not os.access(folder, os.W_OK):
        return f"{folder} cannot be written by this user; nothing can be downloaded into it."
    return ""


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
