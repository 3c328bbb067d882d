"""Who is calling."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated, cast

import structlog
from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError

from gateway.jobs.tokens import Tokens
from gateway.tokens import ADMIN, Token, find

log = structlog.get_logger(__name__)

# How long a revoked token may go on, and how often the table is read at most.
FRESH_S = 1.0
_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request; without tokens everybody is the same one, whose name is empty."""

    owner: str
    token: Token | None = None

    @property
    def is_admin(self) -> bool:
        """Whether what concerns everybody may be changed."""
        return self.token is None or self.token.name == ADMIN


class Roster:
    """Knows the valid tokens, as they were a second ago at the most."""

    def __init__(self, tokens: Tokens, *, is_loopback: bool) -> None:
        self._tokens = tokens
        self._is_loopback = is_loopback
        self._by_digest: dict[str, Token] = {}
        self._by_name: dict[str, Token] = {}
        self._read_at = -FRESH_S  # monotonic, s
        self._reading = asyncio.Lock()

    @property
    def is_empty(self) -> bool:
        """Whether there is no valid token."""
        return not self._by_digest

    async def refresh(self) -> None:
        """Reads the tokens. Raises SQLAlchemyError."""
        found = await self._tokens.valid()
        self._by_digest = {token.digest: token for token in found}
        self._by_name = {token.name: token for token in found}
        self._read_at = time.monotonic()

    async def identify(self, secret: str | None) -> Caller | None:
        """Returns whose secret it is; None for a wrong one, or for none where one is demanded."""
        await self._see_to_freshness()
        if self._is_loopback and self.is_empty:
            return Caller("")
        token = find(self._by_digest, secret) if secret is not None else None
        return Caller(token.name, token) if token is not None else None

    async def is_valid(self, caller: Caller) -> bool:
        """Tells whether a caller who was let in may still be answered."""
        await self._see_to_freshness()
        if caller.token is None:
            return self._is_loopback and self.is_empty
        return caller.token.digest in self._by_digest

    def token_of(self, owner: str) -> Token | None:
        """Returns the token of that name, None where there is none, or none any more."""
        return self._by_name.get(owner)

    async def _see_to_freshness(self) -> None:
        if self._is_fresh():
            return
        async with self._reading:
            if self._is_fresh():
                return
            try:
                await asyncio.wait_for(self.refresh(), _PATIENCE_S)
            except (SQLAlchemyError, TimeoutError) as error:
                # The last known ones stay: without the database nobody gets at anybody's jobs or pictures.
                log.warning("tokens cannot be read", error=str(error))
                self._read_at = time.monotonic()

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._read_at < FRESH_S


async def _caller(request: Request) -> Caller:
    return cast("Caller", request.state.caller)


async def _owner(request: Request) -> str:
    return cast("Caller", request.state.caller).owner


CallerDep = Annotated[Caller, Depends(_caller)]
Owner = Annotated[str, Depends(_owner)]
