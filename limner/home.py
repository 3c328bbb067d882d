"""Where a studio keeps its state: one folder, named by LIMNER_HOME."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

# sun_path of sockaddr_un holds 108 bytes with its closing zero (unix(7)).
_SOCKET_PATH_BYTES = 107
# The longest name below the socket folder: supervisord binds `<name>.<pid>` first and then renames it.
_LONGEST_SOCKET_NAME = "supervisor.sock.4194304"
# Room for the database and its journal, a few hundred pictures and the logs of a first day.
_LEAST_FREE_BYTES = 50_000_000


class HomeUnusable(Exception):
    """The home cannot be used; the message is one sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """The paths and local addresses of one studio."""

    root: Path  # absolute, without symbolic links
    sockets: Path  # root/run, or a short folder named after root

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the jobs."""
        return f"sqlite:///{self.root / 'jobs.db'}"

    @property
    def images(self) -> Path:
        """Finished pictures, by content."""
        return self.root / "images"

    @property
    def models(self) -> Path:
        """Downloaded models; the built-in one is part of the package."""
        return self.root / "models"

    @property
    def tiling(self) -> Path:
        """Pictures that are being made tile by tile, and large results on their way to `images`."""
        return self.root / "tiling"

    @property
    def cache(self) -> Path:
        """What can be made again: weights as they are computed with; removing it costs time only."""
        return self.root / "cache"

    @property
    def profiles(self) -> Path:
        """What was measured of models on this machine (`limner bench`)."""
        return self.root / "profiles"

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What only matters while the studio runs: ledger, lock, process ids."""
        return self.root / "run"

    @property
    def holders(self) -> Path:
        """Files that workers keep locked, as proof of life for the arbiter."""
        return self.run / "holders"

    def address(self, service: str) -> str:
        """Returns the gRPC address of `service`, e.g. `unix:/home/ada/.limner/run/arbiter.sock`."""
        return f"unix:{self.sockets / service}.sock"


def locate(root: Path) -> Home:
    """Returns the home at `root` without touching it."""
    root = Path(os.path.realpath(root.expanduser()))
    beside = root / "run"
    if _fits(beside):
        return Home(root, beside)
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"limner-{digest}"
    return Home(root, short if _fits(short) else beside)


def prepare(home: Home) -> None:
    """Creates what is missing of `home`, readable by its owner alone.

    Raises HomeUnusable when it cannot be written, is somebody else's, or the disk is full.
    """
    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (home.images, home.models, home.tiling, home.cache, home.logs, home.run, home.holders):
            folder.mkdir(mode=0o700, exist_ok=True)
        _probe(home.run)
    except OSError as error:
        raise HomeUnusable(_sentence(home.root, error)) from error
    free_bytes = shutil.disk_usage(home.root).free
    if free_bytes < _LEAST_FREE_BYTES:
        raise HomeUnusable(
            f"The disk of LIMNER_HOME {home.root} has {free_bytes // 1_000_000} MB left and Limner needs "
            f"{_LEAST_FREE_BYTES // 1_000_000} MB; free some space or set LIMNER_HOME to another disk."
        )
    if home.sockets != home.run:
        _own(home.sockets)
    if not _fits(home.sockets):
        raise HomeUnusable(
            f"LIMNER_HOME {home.root} and the temporary folder {tempfile.gettempdir()} are both too long for "
            f"unix sockets ({_SOCKET_PATH_BYTES} bytes); set LIMNER_HOME or TMPDIR to a shorter path."
        )


def tidy(home: Home) -> None:
    """Removes what `home` has outside its root; only after its studio has ended."""
    if home.sockets != home.run:
        shutil.rmtree(home.sockets, ignore_errors=True)


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / _LONGEST_SOCKET_NAME)) <= _SOCKET_PATH_BYTES


def _probe(folder: Path) -> None:
    """Writes, reads and removes a file, because permissions alone do not show full or broken disks."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0" * 65_536)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        file.read()


def _own(folder: Path) -> None:
    """Creates `folder` in the shared temporary folder, or makes sure that it is ours alone."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise HomeUnusable(_sentence(folder, error)) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise HomeUnusable(f"{folder} is not a private folder of this user; remove it or set TMPDIR.")


def _sentence(path: Path, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    where = f" ({error.filename})" if error.filename and str(error.filename) != str(path) else ""
    return f"LIMNER_HOME {path} cannot be used: {reason}{where}; set it to a folder that you can write to."
