"""The token that Ray demands of everybody who speaks to it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_GIVEN = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}


def present_token(run: Path, address: str) -> None:
    """Has Ray demand a token; to be called before it is imported, for it reads its environment only then.

    Of a cluster that is joined it lies where Ray looks for it (`ray get-auth-token`); for one that is started
    here a new one is drawn into the folder `run`.
    """
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token"}
    if not address and not _GIVEN & os.environ.keys():
        file = run / "ray-token"
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
        os.environ["RAY_AUTH_TOKEN_PATH"] = str(file)
