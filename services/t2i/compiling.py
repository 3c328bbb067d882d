"""Has torch compile a transformer's blocks, where somebody asked for it."""

# pyright: standard
# Torch code: diffusers is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

import os
import shutil
from typing import Any

import structlog

log = structlog.get_logger(__name__)

_COMPILERS = ("g++", "clang++")


def compile_blocks(transformer: Any) -> bool:
    """Has the blocks, which are all alike, compiled at their first use; False where nothing can compile them.

    The first picture of each size then takes a minute or more longer; see diffusers' "regional compilation".
    """
    wanted = os.environ.get("CXX")
    if not any(shutil.which(each) for each in ((wanted,) if wanted else _COMPILERS)):
        log.warning(
            "blocks are not compiled",
            reason="there is no C++ compiler",
            next_step="install g++, or unset LIMNER_T2I_COMPILE",
        )
        return False
    transformer.compile_repeated_blocks(fullgraph=True)
    return True
