"""What a request must pass before it reaches the studio, and what every answer carries."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.patience import Patience
from gateway.problems import ProblemError, respond, too_large
from gateway.settings import Settings
from gateway.uploads import body_limit_bytes

# The page loads only what this gateway serves. Its UI kit sets styles inline; previews are data: images.
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]{1,5})?")

# In the scope of a request that another site's page sent, if the settings allow that site.
FOREIGN = "limner.foreign"
# What pages of allowed origins may send and read, besides what any may.
_SENT = ("Authorization", "Idempotency-Key", "If-None-Match", "Last-Event-ID", "Prefer")
_READ = ("ETag", "Location", "Preference-Applied", "Retry-After")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Border:
    """Refuses requests that another site's page made, and sets the security headers.

    A page elsewhere can point its own name at 127.0.0.1 (DNS rebinding): then Host is that name. Or it can
    post here directly: then Origin is its own. Requests that a proxy might read otherwise are refused, too.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._settings = settings
        self._origins = frozenset(settings.allowed_origins)
        self._hosts = _LOOPBACK | {settings.host.strip("[]").lower(), *settings.allowed_hosts}
        self._app = app
        # Without credentials: such pages bring a token, never the cookie of the studio's own page.
        self._app_for_others = CORSMiddleware(app, self._origins, _METHODS, _SENT, expose_headers=_READ)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name for name, _ in given}
                message["headers"] = given + [each for each in _HEADERS if each[0] not in names]
                if scope["path"].startswith("/assets/") and message["status"] == 200:
                    # The names of built files contain their hash.
                    MutableHeaders(scope=message)["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        headers = Headers(scope=scope)
        refusal = self._refuse(scope, headers)
        if refusal is not None:
            await respond(refusal)(scope, receive, send_with_headers)
            return
        scope[FOREIGN] = headers.get("origin") in self._origins and not _is_own(headers)
        app = self._app_for_others if scope[FOREIGN] else self._app
        await app(scope, Patience(receive, self._settings.body_patience_s), send_with_headers)

    def _refuse(self, scope: Scope, headers: Headers) -> ProblemError | None:
        if any(len(headers.getlist(name)) > 1 for name in ("host", "content-length", "origin")) or (
            "transfer-encoding" in headers and "content-length" in headers
        ):
            text = "Host, Origin and Content-Length may be sent once, the last not with Transfer-Encoding."
            return ProblemError(400, "AMBIGUOUS_REQUEST", text, headers={"Connection": "close"})
        host = headers.get("host", "")
        if _hostname(host) not in self._hosts:
            names = ", ".join(sorted(self._hosts))
            text = (
                f"The Host header says {host[:100]!r}; this studio answers to {names}. "
                "LIMNER_GATEWAY_ALLOWED_HOSTS takes more names."
            )
            return ProblemError(421, "WRONG_HOST", text)
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins and not _is_own(headers):
            text = (
                f"The request comes from a page of {origin[:100]!r}; only the studio's own page may call it, "
                "and those of LIMNER_GATEWAY_ALLOWED_ORIGINS."
            )
            return ProblemError(403, "WRONG_ORIGIN", text)
        limit_bytes = body_limit_bytes(scope["method"], scope["path"], self._settings.body_limit_bytes)
        length = headers.get("content-length", "")
        # A body without a length is counted as it is read, by FastAPI.
        return too_large(limit_bytes) if length.isdecimal() and int(length) > limit_bytes else None


def _hostname(host: str) -> str | None:
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found is not None else None


def _is_own(headers: Headers) -> bool:
    """Tells whether the page that sends a request was served under the very Host that it is sent to."""
    try:
        return urlsplit(headers.get("origin", "")).netloc.lower() == headers.get("host", "").lower()
    except ValueError:
        return False
