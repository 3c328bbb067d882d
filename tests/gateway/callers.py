"""Several people at one gateway."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from gateway import desk
from gateway.jobs.database import open_database
from gateway.settings import Settings
from tests.gateway.conftest import running_gateway


@dataclass(frozen=True)
class Callers:
    """Clients of one gateway: of three people with a token each, and of somebody without."""

    ada: httpx.AsyncClient
    bob: httpx.AsyncClient
    admin: httpx.AsyncClient
    nobody: httpx.AsyncClient
    secrets: dict[str, str]


def ask_desk(settings: Settings, *words: str) -> Any:
    """Returns what the desk answers, of the database of `settings`."""
    engine = open_database(settings.database)
    try:
        return desk.answer(engine, words, time.time())
    finally:
        engine.dispose()


def issue(settings: Settings, name: str, quotas: str = "{}") -> str:
    """Returns the secret of a new token."""
    return ask_desk(settings, "add", name, quotas)["secret"]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@asynccontextmanager
async def calling(settings: Settings, quotas: str = "{}") -> AsyncGenerator[Callers]:
    """Yields clients of a running gateway; Ada's token has quotas."""
    secrets = {
        "ada": issue(settings, "ada", quotas),
        "bob": issue(settings, "bob"),
        "admin": issue(settings, "admin"),
    }
    async with running_gateway(settings) as nobody, AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(base_url=nobody.base_url, headers=bearer(secret), timeout=60, verify=False)
            )
            for name, secret in secrets.items()
        }
        yield Callers(**clients, nobody=nobody, secrets=secrets)
