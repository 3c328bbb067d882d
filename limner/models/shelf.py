"""Where models lie: each under its name when it is complete, and out of sight until then.

models/NAME/            a complete one; `limner.json` in it says what was fetched from where
models/.part/NAME/      what a download has fetched so far: `plan.json`, and `files`
models/.part/NAME.lock  held by the process that fetches or removes it
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from limner.models.failure import ModelFailure, Reason
from limner.models.plan import Plan, is_inside

MANIFEST = "limner.json"
PARTIAL_SUFFIX = ".partial"  # of the file that is being fetched


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of models."""

    root: Path

    def finished(self, name: str) -> Path:
        """The folder of a complete model."""
        return self.root / name

    def files(self, name: str) -> Path:
        """The folder in which a model's files are gathered."""
        return self._part(name) / "files"

    def has(self, name: str) -> bool:
        """Whether a model is there and complete."""
        return self.finished(name).is_dir()

    def read_manifest(self, name: str) -> Plan | None:
        """Returns what was fetched for a model that is complete; None for a folder that nobody downloaded."""
        return _read(self.finished(name) / MANIFEST)

    def read_plan(self, name: str) -> Plan | None:
        """Returns what an unfinished download began with, if there is one."""
        return _read(self._plan(name))

    def write_plan(self, plan: Plan) -> None:
        """Writes down what a download consists of. Raises OSError."""
        self.files(plan.name).mkdir(parents=True, exist_ok=True)
        _write(self._plan(plan.name), plan.to_text())

    def discard(self, name: str) -> None:
        """Removes what an unfinished download has left. Raises OSError."""
        if self._part(name).exists():
            shutil.rmtree(self._part(name))

    def unfinished(self) -> list[str]:
        """Returns the names of models of which something was fetched, but not all."""
        try:
            found = sorted(path.parent.name for path in self._parts.glob("*/plan.json"))
        except OSError:
            return []
        return [name for name in found if not self.has(name)]

    def fetched_bytes(self, name: str) -> int:
        """Returns how much of an unfinished download is there."""
        sizes: list[int] = []
        for folder, _, files in os.walk(self.files(name)):
            for file in files:
                try:
                    sizes.append(os.lstat(os.path.join(folder, file)).st_size)
                except FileNotFoundError:
                    continue  # Its download has just gone on.
        return sum(sizes)

    def finish(self, plan: Plan) -> None:
        """Lets a model appear under its name, whose files are all there. Raises OSError."""
        files = self.files(plan.name)
        _write(files / MANIFEST, plan.to_text())
        files.rename(self.finished(plan.name))
        _sync_folder(self.root)
        shutil.rmtree(self._part(plan.name), ignore_errors=True)

    def remove(self, name: str) -> None:
        """Removes a model and what an unfinished download of it has left. Raises OSError."""
        finished = self.finished(name)
        if finished.is_symlink():
            finished.unlink()
        elif finished.is_dir():
            # At once, so that nobody finds half a model.
            self._parts.mkdir(exist_ok=True)
            doomed = Path(tempfile.mkdtemp(dir=self._parts, prefix=f"{name}.removed."))
            finished.rename(doomed / "files")
        for folder in (self._part(name), *self._parts.glob(f"{name}.removed.*")):
            if folder.exists():
                shutil.rmtree(folder)

    @contextmanager
    def held(self, name: str) -> Generator[None]:
        """Keeps other processes from the model of that name. Raises ModelFailure, or OSError."""
        if not is_inside(name) or "/" in name or name.startswith("."):
            raise ModelFailure(Reason.UNKNOWN, f"{name!r} is no name of a model.")
        self._parts.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._lock(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not _lock(descriptor):
                raise ModelFailure(
                    Reason.UNDER_WAY,
                    f"{name} is being downloaded or removed already; wait for that, or cancel it where "
                    "it was begun.",
                )
            yield
        finally:
            os.close(descriptor)

    def is_held(self, name: str) -> bool:
        """Whether a process is at the model of that name."""
        try:
            descriptor = os.open(self._lock(name), os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not _lock(descriptor)
        finally:
            os.close(descriptor)

    @property
    def _parts(self) -> Path:
        # On the same disk as the models, so that renaming is all that is left to do.
        return self.root / ".part"

    def _part(self, name: str) -> Path:
        return self._parts / name

    def _plan(self, name: str) -> Path:
        return self._part(name) / "plan.json"

    def _lock(self, name: str) -> Path:
        return self._parts / f"{name}.lock"


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> Plan | None:
    try:
        return Plan.from_text(path.read_text())
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
