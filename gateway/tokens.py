"""Who may use the studio: names with a secret each, of which only a digest is kept."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

# Whoever has the token of this name may also do what concerns everybody, e.g. pause the queue.
ADMIN = "admin"

_PREFIX = "lim_"  # so that a secret that was published by mistake can be found
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class WrongName(Exception):
    """A token cannot be called so; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a caller; everything that is made with it belongs to its name."""

    name: str
    digest: str
    created_at: float
    max_waiting_jobs: int | None = None
    max_image_bytes: int | None = None
    revoked_at: float | None = None


def draw_secret() -> str:
    """Returns a new secret."""
    return _PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Returns what is kept of a secret.

    Of 256 random bits nothing can be guessed: a slow hash would only cost time with every request.
    """
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def check_name(name: str) -> None:
    """Raises WrongName for what cannot be the name of a token."""
    if not _NAME.fullmatch(name):
        raise WrongName(
            f"NAME is {name[:100]!r}; it must be 1 to 64 letters, digits, dots, dashes and underscores, "
            "the first a letter or a digit."
        )


def find(tokens: Mapping[str, Token], secret: str) -> Token | None:
    """Returns the token of a secret, of those by digest."""
    presented = digest(secret)
    token = tokens.get(presented)
    return token if token is not None and hmac.compare_digest(token.digest, presented) else None
