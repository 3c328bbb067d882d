"""Lets one model's files be seen in another's folder, where services look for them, without a second copy."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from limner.models.shelf import MANIFEST


def attach(guest: Path, slot: Path) -> bool:
    """Has `slot` show the files of the folder `guest`; False when something else is there. Raises OSError."""
    if slot.exists():
        return _shows(slot, guest)
    slot.parent.mkdir(parents=True, exist_ok=True)
    # Names with a point in front are passed over by whoever lists adapters and ControlNets.
    draft = Path(tempfile.mkdtemp(dir=slot.parent, prefix=".new."))
    try:
        for file in guest.rglob("*"):
            if file.is_file() and file.name != MANIFEST:
                place = file.relative_to(guest)
                (draft / place).parent.mkdir(parents=True, exist_ok=True)
                # Relative, so that a studio's folder can be moved.
                (draft / place).symlink_to(os.path.relpath(file, (slot / place).parent))
        draft.rename(slot)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return True


def detach(guest: Path, slot: Path) -> None:
    """Removes `slot` if it shows the files of the folder `guest`. Raises OSError."""
    if slot.is_dir() and _shows(slot, guest):
        shutil.rmtree(slot)


def _shows(slot: Path, guest: Path) -> bool:
    files = [path for path in slot.rglob("*") if not path.is_dir()]
    return bool(files) and all(
        path.is_symlink() and path.resolve().is_relative_to(guest.resolve()) for path in files
    )
