"""The tokens of record."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.jobs.tables import tokens
from gateway.jobs.transactions import Transactions
from gateway.tokens import Token


class NameTaken(Exception):
    """There is a token of that name that is not revoked."""


class Tokens:
    """Reads the tokens of all who may use the studio."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def valid(self) -> list[Token]:
        """Returns the tokens that are not revoked."""
        return [token for token in await self._transactions.read(all_tokens) if token.revoked_at is None]


def all_tokens(connection: sa.Connection) -> list[Token]:
    """Returns every token, the revoked ones too, by name."""
    found = connection.execute(sa.select(tokens).order_by(tokens.c.name)).mappings()
    return [_to_token(row) for row in found]


def add_token(connection: sa.Connection, token: Token) -> None:
    """Keeps a new token; one of that name that is revoked is replaced. Raises NameTaken."""
    same = tokens.c.name == token.name
    connection.execute(tokens.delete().where(same, tokens.c.revoked_at.is_not(None)))
    if connection.execute(sa.select(sa.exists().where(same))).scalar():
        raise NameTaken
    row = {
        "name": token.name,
        "secret_hash": token.digest,
        "max_waiting_jobs": token.max_waiting_jobs,
        "max_image_bytes": token.max_image_bytes,
        "created_at": token.created_at,
    }
    connection.execute(tokens.insert().values(row))


def revoke_token(connection: sa.Connection, name: str, now: float) -> bool:
    """Refuses a token from now on; returns False where none of that name is valid."""
    valid = (tokens.c.name == name) & tokens.c.revoked_at.is_(None)
    return connection.execute(tokens.update().where(valid).values(revoked_at=now)).rowcount == 1


def _to_token(row: sa.RowMapping) -> Token:
    return Token(
        row["name"],
        row["secret_hash"],
        row["created_at"],
        row["max_waiting_jobs"],
        row["max_image_bytes"],
        row["revoked_at"],
    )
