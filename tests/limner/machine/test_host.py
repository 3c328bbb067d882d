"""The host against imagined /proc and /sys; the real ones are read once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from limner.machine.host import (
    count_nvidia_cards,
    find_core_quota,
    find_ram_limit,
    find_usable_ram,
    is_wsl,
    look_at,
    parse_limit,
    parse_quota,
)
from tests.limner.machine.imagined import write

GIB = 2**30


@pytest.mark.parametrize(("text", "cores"), [("150000 100000\n", 1.5), ("max 100000\n", None), ("", None)])
def test_the_share_of_a_container_is_read(text: str, cores: float | None) -> None:
    assert parse_quota(text) == cores


@pytest.mark.parametrize(
    ("text", "limit_bytes"),
    [("1048576\n", 1_048_576), ("max\n", None), ("", None), ("9223372036854771712\n", None)],
    ids=["limited", "unlimited", "no file", "unlimited in version 1"],
)
def test_the_memory_limit_of_a_container_is_read(text: str, limit_bytes: int | None) -> None:
    assert parse_limit(text) == limit_bytes


def test_a_limit_of_any_group_above_binds(tmp_path: Path) -> None:
    write(tmp_path, "proc/self/cgroup", "0::/user.slice/studio.service\n")
    write(tmp_path, "sys/fs/cgroup/user.slice/memory.max", f"{4 * GIB}\n")
    write(tmp_path, "sys/fs/cgroup/user.slice/studio.service/memory.max", f"{8 * GIB}\n")
    assert find_ram_limit(tmp_path) == 4 * GIB


def test_what_is_usable_is_the_least_of_limit_and_memory(tmp_path: Path) -> None:
    total_bytes = find_usable_ram(tmp_path)
    write(tmp_path, "sys/fs/cgroup/memory.max", f"{2 * total_bytes}\n")
    assert find_usable_ram(tmp_path) == total_bytes
    write(tmp_path, "sys/fs/cgroup/memory.max", "1048576\n")
    assert find_usable_ram(tmp_path) == 1_048_576


def test_the_limit_of_a_group_of_version_1_is_found(tmp_path: Path) -> None:
    write(tmp_path, "proc/self/cgroup", "5:devices:/\n4:cpu,memory:/box\n0::/\n")
    write(tmp_path, "sys/fs/cgroup/memory/box/memory.limit_in_bytes", f"{2 * GIB}\n")
    assert find_ram_limit(tmp_path) == 2 * GIB


def test_a_host_without_groups_has_no_limits(tmp_path: Path) -> None:
    assert (find_ram_limit(tmp_path), find_core_quota(tmp_path)) == (None, None)


def test_linux_under_windows_is_noticed(tmp_path: Path) -> None:
    assert not is_wsl(tmp_path)
    write(tmp_path, "proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n")
    assert is_wsl(tmp_path)


def test_cards_on_the_bus_are_counted_whether_or_not_they_have_a_driver(tmp_path: Path) -> None:
    for slot, vendor, kind in (
        ("1", "0x10de", "0x030000"),
        ("2", "0x10de", "0x040300"),
        ("3", "0x8086", "0x030000"),
    ):
        write(tmp_path, f"sys/bus/pci/devices/{slot}/vendor", f"{vendor}\n")
        write(tmp_path, f"sys/bus/pci/devices/{slot}/class", f"{kind}\n")
    assert count_nvidia_cards(tmp_path) == 1


@pytest.mark.parametrize(
    ("rotational", "model", "is_solid"),
    [("0", "Samsung SSD", True), ("1", "WDC WD40", False), ("1", "Virtual Disk", None), ("0", "QEMU", True)],
)
def test_a_disk_is_solid_when_its_queue_says_so(
    tmp_path: Path, rotational: str, model: str, is_solid: bool | None
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    device = os.stat(folder).st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    root = tmp_path / "root"
    # As in sysfs: the number is a link to the partition, whose queue is at its disk.
    write(root, "sys/devices/sda/queue/rotational", f"{rotational}\n")
    write(root, "sys/devices/sda/device/model", f"{model}\n")
    (root / "sys/devices/sda/sda1").mkdir()
    (root / "sys/dev/block").mkdir(parents=True)
    (root / "sys/dev/block" / number).symlink_to(root / "sys/devices/sda/sda1")
    write(root, "proc/self/mountinfo", f"29 1 {number} / / rw,noatime shared:1 - xfs /dev/sda1 rw\n")
    disk = look_at(folder, root)
    assert (disk.is_solid, disk.file_system, disk.problem) == (is_solid, "xfs", "")
    assert 0 < disk.free_bytes <= disk.total_bytes


def test_a_folder_that_does_not_exist_yet_lies_where_it_will_be_made(tmp_path: Path) -> None:
    disk = look_at(tmp_path / "deep" / "down")
    assert disk.folder == str(tmp_path / "deep" / "down")
    assert (disk.free_bytes > 0, disk.problem) == (True, "")


def test_a_file_in_place_of_a_folder_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    assert "is no folder" in look_at(tmp_path / "models").problem


def test_a_folder_that_may_not_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Asked, not tried: tests may run as root, who may everything.
    def denies(denied: int) -> Callable[[Path, int], bool]:
        return lambda _path, mode: not mode & denied

    monkeypatch.setattr(os, "access", denies(os.R_OK))
    assert "cannot be read" in look_at(tmp_path).problem
    monkeypatch.setattr(os, "access", denies(os.W_OK))
    assert "cannot be written" in look_at(tmp_path).problem
