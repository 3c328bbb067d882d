"""Asks the gateway's desk about tokens, in a process of its own: clients know no database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from limner.cli.failure import CommandFailed
from limner.cli.options import DEFAULT_HOST, DEFAULT_PORT
from limner.cli.programs import environment, package_root
from limner.home import Home, prepare

_ANSWER_S = 60.0


def ask(home: Home, words: Sequence[str], given: Mapping[str, str]) -> Any:
    """Returns the desk's answer; see `gateway.desk`."""
    prepare(home)
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "gateway.desk", *words],
            env=environment(home, DEFAULT_HOST, DEFAULT_PORT, given),
            cwd=package_root(),
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip() or "it says nothing").splitlines()[-1]
        raise CommandFailed(said) from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(
            f"The job database did not answer within {_ANSWER_S:.0f} s; try again."
        ) from error
    return json.loads(answer.stdout)


def has_tokens(home: Home, given: Mapping[str, str]) -> bool:
    """Tells whether anybody has a valid token."""
    return any(token["revoked_at"] is None for token in ask(home, ["list"], given))
