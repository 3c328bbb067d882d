"""What a request must pass before it reaches the studio, and what every answer carries."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import ProblemError, respond, too_large
from gateway.uploads import body_limit_bytes

# The page loads only what this gateway serves. Its UI kit sets styles inline; previews are data: images.
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Border:
    """Refuses requests that another site's page made, and sets the security headers.

    A page elsewhere can point its own name at 127.0.0.1 (DNS rebinding): then Host is that name. Or it can
    post here directly: then Origin is its own.
    """

    def __init__(self, app: ASGIApp, host: str, body_limit_bytes: int) -> None:
        self._app = app
        self._body_limit_bytes = body_limit_bytes
        self._hosts = _LOOPBACK | {host.strip("[]").lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/assets/") and message["status"] == 200:
                    # The names of built files contain their hash.
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        limit_bytes = body_limit_bytes(scope["method"], scope["path"], self._body_limit_bytes)
        refusal = self._refuse(Headers(scope=scope), limit_bytes)
        answer = self._app if refusal is None else respond(refusal)
        await answer(scope, receive, send_with_headers)

    def _refuse(self, headers: Headers, limit_bytes: int) -> ProblemError | None:
        host = headers.get("host", "")
        if _hostname(f"//{host}") not in self._hosts:
            names = ", ".join(sorted(self._hosts))
            text = f"The Host header says {host[:100]!r}; this studio answers to {names}."
            return ProblemError(421, "WRONG_HOST", text)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            text = (
                f"The request comes from a page of {origin[:100]!r}; only the studio's own page may call it."
            )
            return ProblemError(403, "WRONG_ORIGIN", text)
        length = headers.get("content-length", "")
        # A body without a length is counted as it is read, by FastAPI.
        if length.isdecimal() and int(length) > limit_bytes:
            return too_large(limit_bytes)
        return None


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
