"""Issues and revokes tokens for `limner token`, which knows no database; works beside a running gateway.

`python -m gateway.desk add NAME QUOTAS | list | revoke NAME` answers with JSON, or with a sentence and
status 1.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from gateway.jobs.database import open_database
from gateway.jobs.tokens import NameTaken, add_token, all_tokens, revoke_token
from gateway.settings import Settings
from gateway.tokens import Token, WrongName, check_name, digest, draw_secret


class Impossible(Exception):
    """What was asked cannot be done; the message says why and what to do."""


def answer(engine: sa.Engine, words: Sequence[str], now: float) -> Any:
    """Does what `words` ask, and returns what there is to be told. Raises Impossible."""
    with engine.begin() as connection:
        match words:
            case ["add", name, quotas]:
                return _add(connection, name, json.loads(quotas), now)
            case ["list"]:
                return [_show(token) for token in all_tokens(connection)]
            case ["revoke", name]:
                return _revoke(connection, name, now)
            case _:
                raise Impossible(f"Nothing is known of {' '.join(words)!r}; ask for add, list or revoke.")


def _add(connection: sa.Connection, name: str, quotas: dict[str, int], now: float) -> dict[str, Any]:
    secret = draw_secret()
    try:
        check_name(name)
        add_token(connection, token := Token(name, digest(secret), now, **quotas))
    except WrongName as error:
        raise Impossible(str(error)) from error
    except NameTaken as error:
        text = f"There is a token {name!r} already; choose another name, or revoke it first."
        raise Impossible(text) from error
    return {**_show(token), "secret": secret}


def _revoke(connection: sa.Connection, name: str, now: float) -> dict[str, Any]:
    if not revoke_token(connection, name, now):
        names = ", ".join(token.name for token in all_tokens(connection) if token.revoked_at is None)
        raise Impossible(f"There is no valid token {name[:100]!r}; valid are: {names or 'none'}.")
    return {"name": name, "left": sum(token.revoked_at is None for token in all_tokens(connection))}


def _show(token: Token) -> dict[str, Any]:
    shown = asdict(token)
    del shown["digest"]
    return shown


def main(words: Sequence[str]) -> None:
    """Answers on stdout. Raises Impossible."""
    try:
        engine = open_database(Settings().database)
    except (SQLAlchemyError, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        why = "it is no URL of a database" if isinstance(error, ArgumentError) else f"{cause}"
        raise Impossible(f"LIMNER_GATEWAY_DATABASE cannot be opened: {why}.") from error
    try:
        print(json.dumps(answer(engine, words, time.time())))
    finally:
        engine.dispose()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Impossible as refusal:
        sys.exit(str(refusal))
