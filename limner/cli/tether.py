"""Runs a module under a name, as a process that ends when its parent does.

`python -m limner.cli.tether NAME SIGNAL MODULE ARGUMENTS…`, LIMNER_TETHER being the parent's process id.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

import setproctitle

PARENT = "LIMNER_TETHER"

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Becomes the module named on the command line."""
    name, number, module = sys.argv[1], signal.Signals[sys.argv[2]], sys.argv[3]
    _die_with_parent(number, int(os.environ[PARENT]))
    # Children of this process are tethered to it, not to its parent.
    os.environ[PARENT] = str(os.getpid())
    setproctitle.setproctitle(name)
    sys.argv[:] = [module, *sys.argv[4:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _die_with_parent(number: signal.Signals, parent: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number)) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        # It went away before the signal was asked for.
        sys.exit(f"The parent process {parent} is gone.")


if __name__ == "__main__":
    main()
