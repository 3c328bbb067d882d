"""Lets in who may use the studio, before anything of a request is read."""

from __future__ import annotations

from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import cast

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.border import FOREIGN
from gateway.identity import Caller, Roster
from gateway.problems import ProblemError, respond
from gateway.studio import Studio

COOKIE = "limner_session"

_FREE = frozenset({("GET", "/healthz"), ("HEAD", "/healthz"), ("POST", "/session"), ("DELETE", "/session")})
_PROBES = frozenset({("GET", "/readyz"), ("GET", "/metrics")})


class Gate:
    """Demands a token of everybody, but for the page's own files, the sign-in and the sign of life.

    Without tokens, on loopback, it lets everybody in. Whose token is revoked hears nothing more, not even of
    a stream that is open.
    """

    def __init__(self, app: ASGIApp, page: Path, probe_secret: str | None) -> None:
        self._app = app
        self._page_files = _files(page)
        self._probe_secret = probe_secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or self._is_free(scope):
            await self._app(scope, receive, send)
            return
        roster = cast("Studio", scope["app"].state.studio).roster
        secret = presented_secret(scope)
        caller = await roster.identify(secret)
        if caller is None and self._is_probe(scope, secret):
            await self._app(scope, receive, send)
        elif caller is None:
            await respond(refuse(secret))(scope, receive, send)
        else:
            scope.setdefault("state", {})["caller"] = caller
            await self._serve(caller, roster, scope, receive, send)

    async def _serve(
        self, caller: Caller, roster: Roster, scope: Scope, receive: Receive, send: Send
    ) -> None:
        has_started = is_cut = False

        async def send_while_valid(message: Message) -> None:
            nonlocal has_started, is_cut
            if not is_cut and await roster.is_valid(caller):
                has_started = True
                await send(message)
            elif not is_cut:
                is_cut = True
                answering.cancel()
                # Even so the client shall see an end.
                with anyio.CancelScope(shield=True):
                    if has_started:
                        await send({"type": "http.response.body"})
                    else:
                        await respond(refuse(""))(scope, receive, send)

        with anyio.CancelScope() as answering:
            await self._app(scope, receive, send_while_valid)

    def _is_free(self, scope: Scope) -> bool:
        method, path = scope["method"], scope["path"]
        is_page = method in {"GET", "HEAD"} and (path in self._page_files or path.startswith("/assets/"))
        return is_page or (method, path) in _FREE

    def _is_probe(self, scope: Scope, secret: str | None) -> bool:
        if self._probe_secret is None or secret is None or (scope["method"], scope["path"]) not in _PROBES:
            return False
        return compare_digest(self._probe_secret.encode(), secret.encode())


def presented_secret(scope: Scope) -> str | None:
    """Returns the token that a request carries, in its Authorization header or the page's cookie."""
    headers = Headers(scope=scope)
    given = headers.getlist("authorization")
    if given:
        scheme, _, secret = given[0].partition(" ")
        return secret.strip() if len(given) == 1 and scheme.lower() == "bearer" else ""
    # A page of an allowed origin signs its requests itself; the cookie is the studio's own page's.
    return None if scope.get(FOREIGN) else _from_cookie(headers.get("cookie", ""))


def _from_cookie(header: str) -> str | None:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None else None


def refuse(secret: str | None) -> ProblemError:
    """Returns the problem for a request with a wrong token, or with None."""
    if secret is None:
        text = (
            "This studio wants a token: send it as `Authorization: Bearer …`, set LIMNER_TOKEN, or sign in "
            "on the page. `limner token add NAME` on the studio's machine makes one."
        )
        return ProblemError(401, "TOKEN_MISSING", text, headers={"WWW-Authenticate": "Bearer"})
    text = "The token is wrong or revoked; ask for a new one (`limner token add NAME`)."
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return ProblemError(401, "TOKEN_REFUSED", text, headers=headers)


def _files(page: Path) -> frozenset[str]:
    """Returns the paths of the page but for what is in /assets, whose names change with each build."""
    return frozenset({"/", *(f"/{file.name}" for file in page.glob("*") if file.is_file())})
